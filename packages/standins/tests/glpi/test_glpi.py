"""The GLPI stand-in refuses what the true one refuses, in its words."""

from __future__ import annotations

import base64
import http.client
import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import pytest

from standins.glpi import APP_TOKEN, Fault, Glpi

USER = "user_token glpi-demo-user-token"


@pytest.fixture
def glpi() -> Iterator[Glpi]:
    """Three printers in two entities."""
    with Glpi() as running:
        running.world.add("SN-1", "10.0.0.1", "10.0.0.2", log=[("2026-01-01", 5), ("2026-01-03", 9)], counter=9)
        running.world.add("SN-11", "10.0.0.3", entity=1, label="STICKER-11")
        running.world.add("SN-2", is_deleted=True)
        yield running


def ask(glpi: Glpi, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, Any]:
    """Send one request with the app token; header names have underscores."""
    link = http.client.HTTPConnection("127.0.0.1", glpi.port, timeout=10)
    sent = {"app-token": APP_TOKEN, **{name.replace("_", "-"): value for name, value in headers.items()}}
    if body is not None and not isinstance(body, bytes):
        body, sent = json.dumps(body).encode(), {"content-type": "application/json", **sent}
    link.request(method, f"/apirest.php{path}", body, {name: value for name, value in sent.items() if value})
    answer = link.getresponse()
    content = answer.read()
    link.close()
    return answer.status, json.loads(content) if content.startswith((b"[", b"{", b"true")) else content


def signed_in(glpi: Glpi, *, everywhere: bool = True) -> str:
    """Return a session token."""
    status, body = ask(glpi, "GET", "/initSession", authorization=USER)
    assert status == 200
    token: str = body["session_token"]
    if everywhere:
        assert ask(glpi, "POST", "/changeActiveEntities", {"entities_id": "all"}, session_token=token) == (200, True)
    return token


def search(glpi: Glpi, token: str, **params: str) -> tuple[int, Any]:
    """Search printers; `a_field` style names stand for criteria[0][field]."""
    names = {"field": "criteria[0][field]", "how": "criteria[0][searchtype]", "value": "criteria[0][value]"}
    query = urlencode({names.get(name, name): value for name, value in params.items()})
    return ask(glpi, "GET", f"/search/Printer?{query}", session_token=token)


@pytest.mark.parametrize(
    ("headers", "status", "code"),
    [
        ({"app_token": ""}, 400, "ERROR_APP_TOKEN_PARAMETERS_MISSING"),
        ({"app_token": "other"}, 400, "ERROR_WRONG_APP_TOKEN_PARAMETER"),
        ({}, 400, "ERROR_LOGIN_PARAMETERS_MISSING"),
        ({"authorization": "user_token nobody"}, 401, "ERROR_GLPI_LOGIN_USER_TOKEN"),
        ({"authorization": "Basic bm9ib2R5OnB3"}, 401, "ERROR_GLPI_LOGIN"),
        ({"authorization": "Basic !"}, 401, "ERROR_GLPI_LOGIN"),
    ],
)
def test_sign_in_refused(glpi: Glpi, headers: dict[str, str], status: int, code: str) -> None:
    found, body = ask(glpi, "GET", "/initSession", **headers)
    assert (found, body[0]) == (status, code)


def test_password_signs_in_unless_switched_off(glpi: Glpi) -> None:
    basic = "Basic " + base64.b64encode(b"inventory:glpi-demo-password").decode()
    assert ask(glpi, "GET", "/initSession", authorization=basic)[0] == 200
    glpi.api.credentials = False
    assert ask(glpi, "GET", "/initSession", authorization=basic)[1][0] == "ERROR_LOGIN_WITH_CREDENTIALS_DISABLED"


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "code"),
    [
        ("GET", "/search/Monster", None, 400, "ERROR_RESOURCE_NOT_FOUND_NOR_COMMONDBTM"),
        ("GET", "/search/Printer?range=abc", None, 400, "ERROR"),
        ("GET", "/search/Printer?range=9-12", None, 400, "ERROR_RANGE_EXCEED_TOTAL"),
        ("GET", "/search/Printer?criteria[0][field]=999&criteria[0][value]=x", None, 400, "ERROR"),
        ("GET", "/search/Printer?criteria[0][field]=5&criteria[0][searchtype]=like", None, 400, "ERROR"),
        ("GET", "/Printer/99", None, 404, "ERROR_ITEM_NOT_FOUND"),
        ("GET", "/Printer/1/PrinterLog?sort=nothing", None, 400, "ERROR"),
        ("GET", "/Printer/1/PrinterLog?order=UP", None, 400, "ERROR"),
        ("GET", "/Printer/1/Monster", None, 400, "ERROR_RESOURCE_NOT_FOUND_NOR_COMMONDBTM"),
        ("GET", "/Printer/1", {"input": {}}, 400, "ERROR_JSON_PAYLOAD_FORBIDDEN"),
        ("PUT", "/Printer/1", b"{", 400, "ERROR_JSON_PAYLOAD_INVALID"),
        ("PUT", "/Printer/1", {"last_pages_counter": 1}, 400, "ERROR_BAD_ARRAY"),
        ("PUT", "/Printer/1", {"input": {"last_pages_counter": "many"}}, 400, "ERROR_GLPI_UPDATE"),
        ("PUT", "/Printer/99", {"input": {"last_pages_counter": 1}}, 404, "ERROR_ITEM_NOT_FOUND"),
        ("DELETE", "/Printer/1", None, 405, "ERROR_METHOD_NOT_ALLOWED"),
        ("POST", "/changeActiveEntities", {"entities_id": 77}, 400, "ERROR"),
    ],
)
def test_refused(glpi: Glpi, method: str, path: str, body: Any, status: int, code: str) -> None:
    found, answer = ask(glpi, method, path, body, session_token=signed_in(glpi))
    assert (found, answer[0]) == (status, code)


def test_a_session_is_asked_for_and_ends(glpi: Glpi) -> None:
    token = signed_in(glpi)
    assert ask(glpi, "GET", "/Printer/1")[1][0] == "ERROR_SESSION_TOKEN_MISSING"
    assert ask(glpi, "GET", "/Printer/1", session_token="x")[1][0] == "ERROR_SESSION_TOKEN_INVALID"
    assert ask(glpi, "GET", "/killSession", session_token=token) == (200, True)
    assert ask(glpi, "GET", "/Printer/1", session_token=token)[0] == 401


def test_other_entities_are_seen_only_when_they_are_active(glpi: Glpi) -> None:
    token = signed_in(glpi, everywhere=False)
    assert search(glpi, token)[1]["totalcount"] == 1
    assert ask(glpi, "GET", "/Printer/2", session_token=token)[1][0] == "ERROR_RIGHT_MISSING"
    assert search(glpi, signed_in(glpi))[1]["totalcount"] == 2


def test_searching(glpi: Glpi) -> None:
    token = signed_in(glpi)
    shown = {"forcedisplay[0]": "2", "forcedisplay[1]": "12"}
    assert [row["2"] for row in search(glpi, token, field="5", value="sn-1", **shown)[1]["data"]] == [1, 2]
    status, body = search(glpi, token, field="5", how="contains", value="^SN-1$", **shown)
    assert (status, body["count"], body["content-range"]) == (200, 1, "0-0/1")
    assert body["data"] == [{"1": "PRN-0001", "80": "Entity 0", "5": "SN-1", "2": 1, "12": 9}]
    assert "data" not in search(glpi, token, field="5", value="nobody")[1]
    by_sticker = search(glpi, token, field="76665", value="^STICKER-11$", **{"forcedisplay[0]": "5"})[1]
    assert [row["5"] for row in by_sticker["data"]] == ["SN-11"]
    either = "criteria[0][field]=5&criteria[0][value]=^SN-1$&criteria[1][link]=OR&criteria[1][field]=5&criteria[1][value]=^SN-11$"
    assert ask(glpi, "GET", f"/search/Printer?{either}", session_token=token)[1]["totalcount"] == 2
    assert search(glpi, token, range="0-0")[0] == 206


def test_children(glpi: Glpi) -> None:
    token = signed_in(glpi)
    ports = ask(glpi, "GET", "/Printer/1/NetworkPort", session_token=token)[1]
    names = ask(glpi, "GET", f"/NetworkPort/{ports[1]['id']}/NetworkName", session_token=token)[1]
    addresses = ask(glpi, "GET", f"/NetworkName/{names[0]['id']}/IPAddress", session_token=token)[1]
    assert [one["name"] for one in addresses] == ["10.0.0.2"]
    status, log = ask(glpi, "GET", "/Printer/1/PrinterLog?sort=date&order=DESC&range=0-0", session_token=token)
    assert (status, [(row["date"], row["total_pages"]) for row in log]) == (206, [("2026-01-03", 9)])


def test_a_counter_is_written_by_who_may(glpi: Glpi) -> None:
    token = signed_in(glpi)
    wanted = {"input": {"last_pages_counter": 12}}
    assert ask(glpi, "PUT", "/Printer/1", wanted, session_token=token) == (200, [{"1": True, "message": ""}])
    assert glpi.world.printers[1].counter == 12
    glpi.world.accounts[0].may_update = False
    assert ask(glpi, "PUT", "/Printer/1", wanted, session_token=token)[1][0] == "ERROR_GLPI_UPDATE"


def test_faults(glpi: Glpi) -> None:
    glpi.faults.add(Fault("status", status=503))
    assert ask(glpi, "GET", "/initSession")[0] == 503
    glpi.faults.add(Fault("drop"))
    with pytest.raises((ConnectionError, http.client.HTTPException)):
        ask(glpi, "GET", "/initSession")
