"""Asking a GLPI server, against a stand-in of its REST API on a real socket."""
# ruff: noqa: DTZ001 -- GLPI names no time zone

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import Any

import pytest
from standins.glpi import APP_TOKEN, Fault, Glpi

from inventory.glpi_server import GlpiAwayError, GlpiRefusedError, GlpiServer, open_session
from inventory.glpi_server.items import moment, whole

SECRETS = (APP_TOKEN, "glpi-demo-user-token", "glpi-demo-password")


@pytest.fixture
def glpi() -> Iterator[Glpi]:
    """A GLPI with a hundred printers over three entities."""
    with Glpi() as running:
        for number in range(1, 101):
            running.world.add(f"SN-{number}", f"10.0.0.{number}", entity=number % 3, counter=number)
        yield running


def server_of(glpi: Glpi, **changes: Any) -> GlpiServer:
    """Return how to reach it."""
    networks = ("127.0.0.0/8",)
    base = GlpiServer(glpi.url, APP_TOKEN, "glpi-demo-user-token", networks=networks, label_field=76665, seconds=5)
    return replace(base, **changes)


def test_finds_exactly_the_serial_numbers_in_few_requests(glpi: Glpi) -> None:
    glpi.world.add("sn-7")
    glpi.world.add("OTHER", label="SN-500")
    wanted = [f"SN-{number}" for number in range(1, 41)] + ["SN-500", "SN-501", " ", "'; DROP"]
    with open_session(server_of(glpi)) as session:
        found = session.find(wanted)
    assert [one.counter for one in found["SN-1"]] == [1]  # not SN-10 to SN-19
    assert [one.serial for one in found["SN-7"]] == ["SN-7", "sn-7"]
    assert [one.name for one in found["SN-500"]] == ["PRN-0102"]
    assert found["SN-501"] == found[" "] == found["'; DROP"] == ()
    assert len([line for line in glpi.seen if "/search/" in line]) == 4
    assert not glpi.api.sessions, "the session is ended"


def test_reads_pages_of_a_long_answer(glpi: Glpi, monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in range(7):
        glpi.world.add("TWIN")
    monkeypatch.setattr("inventory.glpi_server.client.PAGE", 3)
    with open_session(server_of(glpi)) as session:
        assert len(session.find(["TWIN"])["TWIN"]) == 7


def test_addresses_and_the_last_word_of_the_device(glpi: Glpi) -> None:
    one = glpi.world.add("A", "10.1.1.1", "10.1.1.2", entity=2, log=[("2026-01-03", 5), ("2025-12-31", 1)])
    two = glpi.world.add("B", inventoried=datetime(2026, 2, 1, 10, 30))
    with open_session(server_of(glpi)) as session:
        assert session.addresses(one.id) == ("10.1.1.1", "10.1.1.2")
        assert session.last_seen(one.id) == datetime(2026, 1, 3, 23, 59, 59, 999999)
        assert session.last_seen(two.id) == datetime(2026, 2, 1, 10, 30)
        assert session.last_seen(1) is None
        assert session.addresses(two.id) == ()


def test_writes_a_counter(glpi: Glpi) -> None:
    with open_session(server_of(glpi)) as session:
        session.write_counter(5, 4711)
        session.write_counter(5, 4711)
    assert glpi.world.printers[5].counter == 4711
    glpi.world.accounts[0].may_update = False
    with open_session(server_of(glpi)) as session, pytest.raises(GlpiRefusedError, match="may only read"):
        session.write_counter(5, 1)
    assert glpi.world.printers[5].counter == 4711


def test_signs_in_again_when_glpi_has_forgotten_the_session(glpi: Glpi) -> None:
    with open_session(server_of(glpi)) as session:
        glpi.end_sessions()
        assert session.find(["SN-2"])["SN-2"], "and sees every entity again"


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"app_token": ""}, "app token"),
        ({"app_token": "wrong-app-token"}, "app token"),
        ({"user_token": "wrong-user-token"}, "user token"),
        ({"user_token": "", "username": "inventory", "password": "wrong-password"}, "name and the password"),
        ({"user_token": ""}, "user token, or a name"),
        ({"user_token": "two\r\nlines: x"}, "user token"),
    ],
)
def test_refusals_name_no_secret(glpi: Glpi, changes: dict[str, str], words: str) -> None:
    with pytest.raises(GlpiRefusedError, match=words) as raised, open_session(server_of(glpi, **changes)):
        pass
    for secret in (*SECRETS, *changes.values()):
        assert not secret or secret not in str(raised.value)


def test_name_and_password(glpi: Glpi) -> None:
    with open_session(server_of(glpi, user_token="", username="inventory", password="glpi-demo-password")) as session:
        assert session.find(["SN-3"])["SN-3"]


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (Fault("status", status=502), "status 502"),
        (Fault("garbage"), "JSON"),
        (Fault("drop"), "answered, but not with HTTP"),
        (Fault("slow", seconds=3), "seconds|late"),
    ],
)
def test_a_server_that_is_away_says_so(glpi: Glpi, fault: Fault, words: str) -> None:
    glpi.faults.add(fault)
    with pytest.raises(GlpiAwayError, match=words), open_session(server_of(glpi, seconds=0.5)):
        pass


def test_nothing_secret_in_addresses_logs_or_texts(glpi: Glpi, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    server = server_of(glpi)
    with open_session(server) as session:
        session.find(["SN-1"])
        session.write_counter(1, 2)
    told = "\n".join([*glpi.seen, caplog.text, repr(server), repr(session)])
    assert "/search/Printer?" in told
    assert not [secret for secret in (*SECRETS, "session_token=") if secret in told]


@pytest.mark.parametrize(
    ("url", "networks", "own"),
    [
        ("http://localhost:{port}/apirest.php", (), False),  # a name that leads to an address outside the networks
        ("http://127.0.0.1:{port}/apirest.php", ("127.0.0.0/8",), True),  # a service of our own
        ("http://169.254.169.254/apirest.php", ("0.0.0.0/0",), False),
        ("ftp://127.0.0.1/apirest.php", ("127.0.0.0/8",), False),
        ("http://inventory@127.0.0.1:{port}/", ("127.0.0.0/8",), False),
    ],
)
def test_only_a_glpi_server_is_asked(glpi: Glpi, url: str, networks: tuple[str, ...], own: bool) -> None:
    changes = {
        "url": url.format(port=glpi.port),
        "networks": networks,
        "own_services": (("127.0.0.1", glpi.port),) if own else (),
    }
    with pytest.raises(GlpiAwayError), open_session(server_of(glpi, **changes)):
        pass
    assert glpi.seen == []


class _Elsewhere(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(302)
        self.send_header("Location", self.server.elsewhere)  # type: ignore[attr-defined]
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        pass


def test_tokens_do_not_follow_a_redirect(glpi: Glpi) -> None:
    with HTTPServer(("127.0.0.1", 0), _Elsewhere) as turning:
        turning.elsewhere = f"{glpi.url}/initSession"  # type: ignore[attr-defined]
        thread = Thread(target=turning.handle_request)
        thread.start()
        with (
            pytest.raises(GlpiAwayError, match="elsewhere"),
            open_session(server_of(glpi, url=f"http://127.0.0.1:{turning.server_address[1]}/apirest.php")),
        ):
            pass
        thread.join()
    assert glpi.seen == []


@pytest.mark.parametrize(
    ("value", "meaning"),
    [
        ("2026-01-03 04:05:06", datetime(2026, 1, 3, 4, 5, 6)),
        ("2026-01-03", datetime(2026, 1, 3, 23, 59, 59, 999999)),
        ("2026-01-03T04:05:06+03:00", None),
        ("0000-00-00 00:00:00", None),
        ("soon", None),
        (None, None),
        (7, None),
    ],
)
def test_moments(value: Any, meaning: datetime | None) -> None:
    assert moment(value) == meaning


@pytest.mark.parametrize(
    ("value", "number"),
    [("12", 12), (12, 12), ("", None), ("-1", None), (-1, None), (True, None), (1.5, None), ("²", None)],
)
def test_whole_numbers(value: Any, number: int | None) -> None:
    assert whole(value) == number
