"""The health endpoint: worst state, status code, time limits, no secrets."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.test import Client

from webshell import health
from webshell.health import Check

pytestmark = pytest.mark.django_db


@pytest.fixture
def check() -> Iterator[Callable[..., None]]:
    """Return a function that registers a check for this test."""
    names = []

    def add(name: str, function: Callable[[], Check], **limits: Any) -> None:
        health.register(name, function, **limits)
        names.append(name)

    yield add
    for name in names:
        health.unregister(name)


def test_all_well(client: Client) -> None:
    answer = client.get("/health/")
    assert answer.status_code == 200
    body = answer.json()
    assert (body["status"], body["system"], body["version"]) == ("ok", "demosite", "1.2.3")
    assert body["checks"]["database"]["status"] == "ok"
    assert set(body["checks"]["cache"]) == {"status", "text", "seconds"}
    assert "no-store" in answer.headers["Cache-Control"]


@pytest.mark.parametrize(
    ("found", "status", "code"), [(Check.degraded("slow"), "degraded", 200), (Check.failed("gone"), "failed", 503)]
)
def test_worst_check_decides(client: Client, check: Callable[..., None], found: Check, status: str, code: int) -> None:
    check("odd", lambda: found)
    answer = client.get("/health/")
    assert (answer.status_code, answer.json()["status"]) == (code, status)
    assert answer.json()["checks"]["odd"]["text"] == found.text


def test_broken_check_is_a_finding_without_its_words(
    client: Client, check: Callable[..., None], caplog: pytest.LogCaptureFixture
) -> None:
    def explode() -> Check:
        raise RuntimeError("postgres://user:hunter2@db/")

    check("odd", explode)
    answer = client.get("/health/")
    assert answer.status_code == 503
    assert "RuntimeError" in answer.json()["checks"]["odd"]["text"]
    assert "hunter2" not in answer.content.decode()
    assert "hunter2" in caplog.text


def test_hanging_check_is_given_up_and_never_started_twice(client: Client, check: Callable[..., None]) -> None:
    release = threading.Event()
    starts = []

    def hang() -> Check:
        starts.append(1)
        release.wait(30)
        return Check.ok("back")

    check("odd", hang, limit=0.05)
    try:
        for _ in range(3):
            body = client.get("/health/").json()
            assert body["checks"]["odd"]["status"] == "failed"
            assert "0.05 s" in body["checks"]["odd"]["text"]
            assert body["checks"]["database"]["status"] == "ok"
        assert len(starts) == 1
    finally:
        release.set()


def test_only_reading_is_allowed(client: Client) -> None:
    assert client.post("/health/").status_code == 405
