"""The status pages: they say what SNMP says, behind what vendors put before them."""

from __future__ import annotations

import http.client
import json
import re
import socket
import time
from base64 import b64encode
from contextlib import suppress
from typing import Any
from xml.etree import ElementTree as ET

import httpx2
import pytest

from standins.printers import PrinterAddress, PrinterFleet, ber
from standins.printers.asking import LIFE_COUNT, Manager, number_of

BASIC = {"Authorization": "Basic " + b64encode(b"admin:fleet-web-pass").decode()}


def get(
    printer: PrinterAddress, path: str, headers: dict[str, str] | None = None, method: str = "GET"
) -> tuple[int, str, Any]:
    connection = http.client.HTTPConnection(printer.address, printer.web_port, timeout=5)
    try:
        connection.request(method, path, headers=headers or {})
        response = connection.getresponse()
        return response.status, response.read().decode(), response.headers
    finally:
        connection.close()


def signed_in(printer: PrinterAddress, path: str) -> tuple[int, str]:
    """Ask as somebody who knows the password, by whatever the printer asks for; httpx2's own Digest is the peer of ours."""
    ways = {"sharp-mx-3071": None, "fujifilm-apeos-c3060": httpx2.DigestAuth("admin", "fleet-web-pass")}
    auth = ways.get(printer.device, httpx2.BasicAuth("admin", "fleet-web-pass") if printer.web_user else None)
    with httpx2.Client(
        base_url=f"http://{printer.address}:{printer.web_port}", auth=auth, follow_redirects=True
    ) as web:
        if printer.device == "sharp-mx-3071":
            answer = web.post("/login", data={"user": "admin", "password": "fleet-web-pass", "back": path})
        else:
            answer = web.get(path)
        return answer.status_code, answer.text


def of(fleet: PrinterFleet, model: str) -> PrinterAddress:
    return next(printer for printer in fleet.printers if model in printer.model)


def by_id(body: str) -> dict[str, str]:
    return dict(re.findall(r'id="([\w-]+)">([^<]*)<', body))


@pytest.mark.parametrize("number", range(20))
def test_pages_say_what_snmp_says(fleet: PrinterFleet, manager: Manager, number: int) -> None:
    printer, truth = fleet.printers[number], fleet.truth(number)
    marker = number_of(
        manager.ask(printer, ber.GET, (*LIFE_COUNT[:-2], 2 if "STUDIO" in printer.model else 1, 1)).values[0]
    )
    assert marker == truth["counters"]["marker"]
    status, body = signed_in(printer, "/config.xml")
    root = ET.fromstring(body)  # noqa: S314 - our own page
    assert (status, root.findtext("serial"), root.findtext("panel")) == (200, printer.serial, truth["console"])
    told = {item.get("name"): int(item.text or "") for item in root.iter("counter")}
    assert told["total"] == truth["counters"]["total"]
    assert told == {name: truth["counters"][name] for name in told}
    assert [(int(item.get("level", "")), int(item.get("capacity", ""))) for item in root.iter("supply")] == [
        (supply["level"], supply["capacity"]) for supply in truth["supplies"]
    ]


@pytest.mark.parametrize(("model", "plain"), [("M507", True), ("TASKalfa", True), ("C5540", False)])
def test_counters_in_tables_and_lists(fleet: PrinterFleet, model: str, plain: bool) -> None:
    printer = of(fleet, model)
    values = by_id(get(printer, "/counters")[1])
    total = fleet.truth(printer.number)["counters"]["total"]
    assert total > 1000
    assert values["total"] == (str(total) if plain else f"{total:,}".replace(",", "."))
    assert by_id(get(printer, "/")[1])["serial"] == printer.serial


def test_percentages_only_where_the_device_knows(fleet: PrinterFleet) -> None:
    printer = of(fleet, "TASKalfa")
    levels = by_id(get(printer, "/supplies")[1])
    told = fleet.truth(printer.number)["supplies"]
    assert [levels[f"supply-{index}"] for index in range(1, 5)] == [
        f"{supply['level'] * 100 // supply['capacity']}%" for supply in told[:4]
    ]
    assert levels["supply-5"] == {-3: "OK", 0: "Replace"}[told[4]["level"]]


def test_a_page_that_wants_a_click(fleet: PrinterFleet) -> None:
    printer = of(fleet, "bizhub")
    _, body, _ = get(printer, "/counters")
    total = str(fleet.truth(printer.number)["counters"]["total"])
    assert ('<output id="total"></output>' in body, "<button" in body, total in body) == (True, True, False)
    assert json.loads(get(printer, "/counters?values=1")[1])["total"] == total


def test_a_page_behind_a_password(fleet: PrinterFleet) -> None:
    printer = of(fleet, "IM C3000")
    status, _, headers = get(printer, "/")
    assert (status, headers["WWW-Authenticate"], printer.web_user) == (401, 'Basic realm="printer"', "admin")
    wrong = "Basic " + b64encode(b"admin:guess").decode()
    for value in (wrong, "Basic %%%", "Bearer x", ""):
        assert get(printer, "/", {"Authorization": value})[0] == 401
    assert get(printer, "/", BASIC)[0] == 200


def test_a_page_behind_digest_takes_each_proof_once(fleet: PrinterFleet) -> None:
    printer = of(fleet, "Apeos")
    assert signed_in(printer, "/status")[0] == 200
    assert get(printer, "/", BASIC)[0] == 401
    proofs: list[str] = []
    auth = httpx2.DigestAuth("admin", "fleet-web-pass")
    with httpx2.Client(base_url=f"http://{printer.address}:{printer.web_port}", auth=auth) as web:
        answer = web.get("/status")
        proofs.append(answer.request.headers["authorization"])
    for proof in (
        *proofs,
        proofs[0].replace("Digest", "Basic"),
        'Digest username="admin", nonce="made-up", nc=00000001',
    ):
        status, _, headers = get(printer, "/status", {"Authorization": proof})
        assert (status, "Digest" in headers["WWW-Authenticate"]) == (401, True)
    with httpx2.Client(auth=httpx2.DigestAuth("admin", "guess")) as web:
        assert web.get(f"http://{printer.address}:{printer.web_port}/").status_code == 401


def test_a_page_behind_a_form(fleet: PrinterFleet) -> None:
    printer = of(fleet, "MX-3071")
    status, body, _ = get(printer, "/counters")
    assert (status, '<input id="password"' in body, 'id="total"' in body) == (200, True, False)
    assert 'id="total"' in signed_in(printer, "/counters")[1]
    with httpx2.Client(base_url=f"http://{printer.address}:{printer.web_port}") as web:
        wrong = web.post("/login", data={"user": "admin", "password": "guess", "back": "/counters"})
        assert "Wrong user or password" in wrong.text
        assert web.post("/login", data={"back": "//evil.example/"}).headers.get("location") is None
        assert 'id="total"' not in web.get("/counters", headers={"Cookie": "sid=guess"}).text


def test_a_page_of_frames(fleet: PrinterFleet) -> None:
    printer = of(fleet, "AltaLink")
    body = get(printer, "/")[1]
    assert ('<frame name="main" src="status">' in body, 'id="serial"' in body) == (True, False)
    assert by_id(get(printer, "/status")[1])["serial"] == printer.serial
    assert 'href="/counters"' in get(printer, "/menu.html")[1]


def test_an_api(fleet: PrinterFleet) -> None:
    printer = of(fleet, "MS621")
    body = json.loads(get(printer, "/api/status.json")[1])
    assert body["counters"]["total"] == fleet.truth(printer.number)["counters"]["total"]
    assert get(of(fleet, "M507"), "/api/status.json")[0] == 404


def test_methods_and_paths(fleet: PrinterFleet) -> None:
    printer = fleet.printers[0]
    status, body, headers = get(printer, "/status", method="HEAD")
    assert (status, body, int(headers["Content-Length"]) > 100) == (200, "", True)
    assert get(printer, "/status", method="POST")[0] == 405
    assert get(printer, "/nope")[0] == 404
    assert get(printer, "/../etc/passwd")[0] == 404


@pytest.mark.parametrize(
    "data", [b"nonsense\r\n\r\n", b"GET / HTTP/1.1 extra\r\n\r\n", b"GET http://[ HTTP/1.1\r\n\r\n"]
)
def test_a_request_that_is_none(fleet: PrinterFleet, data: bytes) -> None:
    printer = fleet.printers[0]
    with socket.create_connection((printer.address, printer.web_port), 5) as connection:
        connection.sendall(data)
        assert connection.recv(1000).startswith(b"HTTP/1.1 400 ")


def test_a_head_without_end_is_cut_off(fleet: PrinterFleet) -> None:
    printer = fleet.printers[0]
    with socket.create_connection((printer.address, printer.web_port), 5) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\n" + b"X: y\r\n" * 4000)
        with suppress(ConnectionResetError):
            assert connection.recv(1000) == b""
    assert get(printer, "/")[0] == 200


def test_an_address_without_a_printer_has_no_pages(fleet: PrinterFleet) -> None:
    with socket.create_connection(("127.42.200.200", fleet.printers[0].web_port), 5) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\n\r\n")
        with suppress(ConnectionResetError):
            assert connection.recv(1000) == b""


def test_web_faults(fleet: PrinterFleet) -> None:
    printer = fleet.printers[2]
    fleet.set_faults(2, web_error=503)
    assert get(printer, "/")[:2] == (503, "503 Service Unavailable\n")
    fleet.set_faults(2, web_slow=150)
    started = time.monotonic()
    assert get(printer, "/")[0] == 200
    assert time.monotonic() - started >= 0.15
    fleet.set_faults(2, web_hang=True)
    with socket.create_connection((printer.address, printer.web_port), 5) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\n\r\n")
        connection.settimeout(0.3)
        with pytest.raises(TimeoutError):
            connection.recv(1)
    fleet.set_faults(2)
    assert get(printer, "/")[0] == 200


def test_pages_escape_what_a_description_holds(fleet: PrinterFleet) -> None:
    for printer in fleet.printers[:20]:
        body = get(printer, "/", BASIC)[1]
        assert "\0" not in body
        assert body.count("<script>") <= 1
