"""The commands: they need no database, and with --json stdout holds only JSON."""

from __future__ import annotations

import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from inventory.polling.asked import parse_endpoint
from inventory.tests.snmp_agents import WALKS, rows_of, serving


def run(*arguments: str) -> tuple[str, str]:
    """Return what a command wrote to stdout and stderr."""
    out, err = StringIO(), StringIO()
    call_command(*arguments, stdout=out, stderr=err)
    return out.getvalue(), err.getvalue()


def test_read_walks_prints_the_agreed_record() -> None:
    out, err = run("read_walks", str(WALKS), "--json")
    walks: list[dict[str, Any]] = json.loads(out)
    assert err == ""
    assert len(walks) == len(list(WALKS.glob("*.snmprec")))
    kyocera = next(walk for walk in walks if walk["walk"] == "kyocera_ecosys-p2040")
    assert kyocera.keys() >= {
        "walk",
        "manufacturer",
        "model",
        "serial",
        "mac",
        "total",
        "counters",
        "supplies",
        "alerts",
        "warnings",
    }
    assert kyocera["supplies"][1].items() >= {
        "index": "1.2", "description": "Waste Toner Box", "kind": "waste_toner", "color": None, "level": -3, "capacity": -2,
        "percent": None, "state": "some remaining", "unit": "impressions",
    }.items()  # fmt: skip


def test_read_walks_prints_a_table_for_people() -> None:
    out, _ = run("read_walks", str(WALKS))
    assert "ECOSYS P2040dw" in out
    assert "compare with the panel" in out


def test_read_walks_goes_on_after_a_broken_file(tmp_path: Path) -> None:
    (tmp_path / "a.snmprec").write_text("nothing")
    (tmp_path / "b.snmprec").write_text(
        (WALKS / "brother_dcp-1618w.snmprec").read_text() + "1.3.6.1.2.1.43.10.2.1.4.1.2|65|6git3159\n"
    )
    out, err = run("read_walks", str(tmp_path), "--json")
    (walk,) = json.loads(out)
    assert walk["warnings"][0] == "1 damaged line of the recording left out."
    assert "a.snmprec" in err


def test_read_walks_says_when_there_is_nothing(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match=r"no \.snmprec file"):
        run("read_walks", str(tmp_path))


def test_poll_prints_readings_in_the_order_asked() -> None:
    with serving(rows_of("kyocera_ecosys-p2040")) as one, serving(rows_of("epson_colorworks-cw")) as two:
        out, _ = run("poll", f"127.0.0.1:{one.port}", f"127.0.0.1:{two.port}", "--json")
    first, second = json.loads(out)
    assert (first["serial"], second["serial"]) == ("VD21457943", "X7F4008528")
    assert first["error"] is None
    assert first["packets"] > 1


def test_poll_shows_a_sheet_for_people_and_fails_when_one_does_not_answer() -> None:
    with serving(rows_of("kyocera_ecosys-p2040")) as agent:
        port = agent.port
        out, _ = run("poll", f"127.0.0.1:{port}", "--snmp-version", "2c")
    assert "Kyocera ECOSYS P2040dw" in out
    buffer = StringIO()
    with pytest.raises(SystemExit) as ended:
        call_command("poll", f"127.0.0.1:{port}", "--json", stdout=buffer)
    assert ended.value.code == 1
    assert json.loads(buffer.getvalue())[0]["error"]["kind"] == "refused"


def test_poll_refuses_what_is_no_address() -> None:
    with pytest.raises(CommandError, match="no address"):
        run("poll", "printer.example")


@pytest.mark.parametrize(
    ("text", "endpoint"),
    [
        ("10.0.0.5", ("10.0.0.5", 161)),
        ("10.0.0.5:1161", ("10.0.0.5", 1161)),
        ("2001:db8::5", ("2001:db8::5", 161)),
        ("[2001:DB8:0::5]:1161", ("2001:db8::5", 1161)),
        ("[::1]", ("::1", 161)),
    ],
)
def test_addresses_as_people_type_them(text: str, endpoint: tuple[str, int]) -> None:
    assert parse_endpoint(text) == endpoint


@pytest.mark.parametrize(
    "text", ["", "10.0.0", "10.0.0.5:", "10.0.0.5:0", "10.0.0.5:70000", "10.0.0.5:x", "[::1", "host", "10.0.0.5;ls"]
)
def test_what_is_no_endpoint_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="no address"):
        parse_endpoint(text)
