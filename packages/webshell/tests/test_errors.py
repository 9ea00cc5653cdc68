"""Error pages and problem details: what happened, what to do, the id; nothing that the exception said."""

from __future__ import annotations

import logging
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.test import AsyncClient, Client, RequestFactory

from webshell import errors
from webshell.problems import problem, wants_json

HTML = {"accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
JSON = {"accept": "application/json"}
REFUSED = [
    ("/suspicious/", 400, "cannot be read"),
    ("/refuse/", 403, "role “Operator”"),
    ("/nowhere/", 404, "There is nothing here"),
    ("/only-post/", 405, "does not take GET"),
]
"""Addresses of the test site, how they are answered, and words of the page."""


@pytest.fixture
def lenient() -> Client:
    """Return a client that shows the 500 page instead of raising the view's exception."""
    return Client(raise_request_exception=False)


@pytest.mark.parametrize(("path", "status", "words"), [*REFUSED, ("/break/", 500, "The fault is ours")])
def test_page_says_what_happened_and_names_the_problem(lenient: Client, path: str, status: int, words: str) -> None:
    answer = lenient.get(path, headers={**HTML, "x-request-id": "problem-4711"})
    assert answer.status_code == status
    text = answer.content.decode()
    assert words in text
    assert "problem-4711" in text
    assert path in text
    assert "hunter2" not in text


@pytest.mark.parametrize(
    ("path", "status"),
    [("/suspicious/", 400), ("/refuse/", 403), ("/nowhere/", 404), ("/only-post/", 405), ("/api/break/", 500)],
)
def test_program_gets_problem_details(lenient: Client, path: str, status: int) -> None:
    answer = lenient.get(path, headers={**JSON, "x-request-id": "problem-4711"})
    assert answer.status_code == status
    assert answer.headers["Content-Type"] == "application/problem+json"
    body = answer.json()
    assert body["status"] == status
    assert body["problem_id"] == "problem-4711"
    assert body["instance"] == path
    assert body["title"]
    assert body["detail"]
    assert "hunter2" not in answer.content.decode()


def test_csrf_failure_has_a_page_and_a_log_line(caplog: pytest.LogCaptureFixture) -> None:
    answer = Client(enforce_csrf_checks=True).post("/form/", headers=HTML)
    assert answer.status_code == 403
    assert "reload the page and send the form again" in answer.content.decode()
    assert "CSRF check failed" in caplog.text


def test_who_is_signed_in_keeps_the_frame(client: Client) -> None:
    assert b'class="rail-item' in client.get("/nowhere/", headers=HTML).content
    client.cookies["nobody"] = "1"
    assert b'class="rail-item' not in client.get("/nowhere/", headers=HTML).content


def test_500_needs_no_context_processor(lenient: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(_request: object) -> None:
        raise ConnectionError("the database is away")

    monkeypatch.setattr("webshell.context_processors.build", away)
    answer = lenient.get("/break/", headers=HTML)
    assert answer.status_code == 500
    assert "The fault is ours" in answer.content.decode()


def test_frame_that_cannot_be_drawn_falls_back(
    client: Client, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def away(_request: object) -> None:
        raise ConnectionError("the database is away")

    monkeypatch.setattr("webshell.context_processors.build", away)
    with caplog.at_level(logging.ERROR):
        answer = client.get("/nowhere/", headers=HTML)
    assert answer.status_code == 404
    assert "There is nothing here" in answer.content.decode()
    assert "could not be drawn" in caplog.text


def test_last_resort_is_plain_and_escaped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(errors, "ALONE", "not/there.html")
    answer = errors.error(RequestFactory().get("/"), 400, "<b>", "broken", "nor/this.html")
    assert answer.status_code == 400
    assert b"&lt;b&gt;" in answer.content


@pytest.mark.parametrize(("path", "status", "words"), REFUSED)
def test_pages_are_the_same_with_debug(settings: Any, lenient: Client, path: str, status: int, words: str) -> None:
    settings.DEBUG = True
    answer = lenient.get(path, headers=HTML)
    text = answer.content.decode()
    assert (answer.status_code, words in text, "DEBUG = True" in text, "urlconf" in text.lower()) == (
        status,
        True,
        False,
        False,
    )
    assert lenient.get(path, headers=JSON).headers["Content-Type"] == "application/problem+json"


def test_a_refused_host_has_a_page_with_debug_too(settings: Any, lenient: Client) -> None:
    settings.DEBUG = True
    answer = lenient.get("/nowhere/", headers={**HTML, "host": "evil.example"})
    assert answer.status_code == 400
    assert "cannot be read" in answer.content.decode()
    assert "Traceback" not in answer.content.decode()


def test_a_missing_slash_is_added_with_debug_too(settings: Any, client: Client) -> None:
    settings.DEBUG = True
    assert client.get("/list", headers=HTML).headers["Location"] == "/list/"


def test_missing_pages_are_the_same_with_debug_under_asgi(settings: Any, async_client: AsyncClient) -> None:
    settings.DEBUG = True
    answer = async_to_sync(async_client.get)("/nowhere/", headers=HTML)
    assert answer.status_code == 404
    assert "There is nothing here" in answer.content.decode()


def test_where_nobody_signs_in_the_frame_stays(client: Client, settings: Any) -> None:
    client.cookies["nobody"] = "1"
    settings.WEBSHELL = {**settings.WEBSHELL, "login_url": ""}
    assert b'class="rail-item' in client.get("/nowhere/", headers=HTML).content


@pytest.mark.parametrize(
    ("path", "headers", "expected"),
    [
        ("/api/x", {}, True),
        ("/x", {"accept": "application/json"}, True),
        ("/x", {"accept": "application/problem+json"}, True),
        ("/x", {"accept": "text/html, application/json"}, False),
        ("/x", {"accept": "*/*"}, False),
        ("/x", {}, False),
    ],
)
def test_who_is_a_program(path: str, headers: dict[str, str], expected: bool) -> None:
    assert wants_json(RequestFactory().get(path, headers=headers)) is expected


def test_sending_json_makes_a_program() -> None:
    assert wants_json(RequestFactory().post("/x", data={"a": 1}, content_type="application/json"))


def test_problem_takes_extra_members() -> None:
    answer = problem(RequestFactory().get("/x"), 409, "Changed meanwhile", "Reload.", version=7)
    assert answer.status_code == 409
    assert b'"version": 7' in answer.content
