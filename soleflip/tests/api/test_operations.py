"""Every operation of the original is accounted for, and every operation of ours asks who is there."""

from __future__ import annotations

import re
from pathlib import Path

import httpx2
import pytest
from fastapi import FastAPI

from tests.people import Person
from tests.unit.test_house import PUBLIC

TABLE = Path(__file__).resolve().parents[1] / "data" / "operations.txt"
PATH_NAME = re.compile(r"\{[^}]*\}")


def rows() -> list[tuple[str, str, str]]:
    lines = [line for line in TABLE.read_text(encoding="utf-8").splitlines() if line and not line.startswith("#")]
    parts = [[part.strip() for part in line.split("|")] for line in lines]
    return [(*asked.split(maxsplit=1), verdict) for asked, verdict in parts]  # type: ignore[misc]  # two words by the file's form


def shape(method: str, path: str) -> tuple[str, str]:
    return method.upper(), PATH_NAME.sub("{}", path)


@pytest.fixture
def served(app: FastAPI) -> dict[tuple[str, str], str]:
    paths = app.openapi()["paths"]
    return {shape(method, path): path for path, methods in paths.items() for method in methods}


def test_every_operation_of_the_original_is_accounted_for(served: dict[tuple[str, str], str]) -> None:
    wrong = []
    for method, path, verdict in rows():
        kind, _, more = verdict.partition(": ")
        there = shape(method, path) in served
        if kind == "served" and not there:
            wrong.append(f"{method} {path} is said to be served")
        if kind in ("later", "left out") and there:
            wrong.append(f"{method} {path} is served; say so")
        if kind == "replaced" and shape(*more.split(maxsplit=1)) not in served and "later" not in verdict:
            replacing = next((v for m, p, v in rows() if (m, p) == tuple(more.split(maxsplit=1))), "")
            if not replacing.startswith("later"):
                wrong.append(f"{method} {path}: {more} does not exist")
        if kind not in ("served", "later", "left out", "replaced"):
            wrong.append(f"{method} {path}: {verdict}?")
    assert not wrong


async def test_every_operation_but_the_public_ones_asks_who_is_there(
    client: httpx2.AsyncClient, served: dict[tuple[str, str], str]
) -> None:
    open_ones = []
    for (method, _), path in served.items():
        if (method, path) in PUBLIC:
            continue
        answer = await client.request(method, PATH_NAME.sub("00000000-0000-4000-8000-000000000000", path))
        if answer.status_code != 401:
            open_ones.append((method, path, answer.status_code))
    assert not open_ones


async def test_who_may_only_look_changes_nothing(viewer: Person, served: dict[tuple[str, str], str]) -> None:
    own = {"/auth/logout", "/auth/change-password", "/auth/api-keys", "/auth/api-keys/{key_id}"}
    changed = []
    for (method, _), path in served.items():
        if method == "GET" or path in own or (method, path) in PUBLIC:
            continue
        answer = await viewer.ask(method, PATH_NAME.sub("00000000-0000-4000-8000-000000000000", path), json={})
        if answer.status_code not in (403, 422):
            changed.append((method, path, answer.status_code))
    assert not changed


async def test_unknown_paths_and_bad_ids_are_errors_of_one_shape(admin: Person) -> None:
    for path, status in (("/nowhere", 404), ("/auth/users/not-an-id/activate", 405)):
        answer = await admin.get(path)
        assert answer.status_code == status
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["error"]["request_id"] == answer.headers["x-request-id"] == answer.json()["problem_id"]


async def test_health_speaks_the_houses_language_and_the_documents(client: httpx2.AsyncClient) -> None:
    found = (await client.get("/health")).json()
    assert (found["status"], found["system"]) == ("ok", "soleflip")
    assert found["checks"]["database"]["status"] == "ok"
    assert found["checks_summary"]["healthy"] == found["checks_summary"]["total"] == 2
    assert (await client.get("/health/ready")).json()["status"] == "ready"
    assert (await client.get("/health/live")).json() == {"status": "alive"}


async def test_metrics_have_a_histogram_per_route(client: httpx2.AsyncClient) -> None:
    await client.get("/health/live")
    text = (await client.get("/metrics")).text
    assert 'soleflip_request_seconds_bucket{le="0.005",method="GET",route="/health/live"}' in text
    hidden = await client.get("/metrics", headers={"x-forwarded-for": "203.0.113.9"})
    assert hidden.status_code == 401
