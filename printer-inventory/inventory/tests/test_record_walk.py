"""Recording a printer: everything but its owner."""

from __future__ import annotations

from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from inventory.polling.snmp import ber
from inventory.polling.snmp.anonymous import Pseudonyms, anonymous
from inventory.polling.snmp.oids import encode_oid
from inventory.polling.snmp.recorder import Recorder, RecordError, line_of
from inventory.polling.snmp.walk import parse_walk, poll_walk, read_walk_file
from inventory.tests.snmp_agents import response, rows_of, serving, with_values

KEY = b"k" * 32
WALK = "kyocera_ecosys-p2040"
OWNED = {
    "o1_3_6_1_2_1_1_4_0": b"Ivan Petrov ivan@client.example",
    "o1_3_6_1_2_1_1_5_0": b"ACCOUNTING-1",
    "o1_3_6_1_2_1_1_6_0": b"Room 5",
    "o1_3_6_1_2_1_43_16_5_1_2_1_1": b"Call ivan@client.example, 192.168.0.212, VD21457943",
}


@pytest.mark.parametrize("version", [1, 2])
def test_a_recording_holds_what_the_agent_holds(version: int) -> None:
    rows = rows_of("brother_dcp-l3550cdw")
    with serving(rows) as agent:
        recorder = Recorder("127.0.0.1", agent.port, "public", version=version)
        assert sorted(recorder.walk()) == sorted(rows)
        recorder.close()


def test_a_printer_without_getbulk_is_recorded_step_by_step() -> None:
    rows = rows_of("brother_dcp-1618w")
    with serving(rows) as agent:
        agent.answer = lambda asked: [] if asked.pdu == ber.GET_BULK else agent.right(asked)
        recorder = Recorder("127.0.0.1", agent.port, "public", timeout=0.05)
        assert sorted(recorder.walk()) == sorted(rows)
        recorder.close()


def test_a_printer_that_repeats_itself_comes_to_an_end() -> None:
    with serving(rows_of("brother_dcp-1618w")) as agent:
        first = agent.recorded.answer(ber.GET_NEXT, (encode_oid("1.3.6.1.2.1"),))
        agent.answer = lambda asked: [response(asked, first * 20)]
        recorder = Recorder("127.0.0.1", agent.port, "public", timeout=0.05)
        assert list(recorder.walk()) == first
        recorder.close()


def test_silence_is_an_error_that_says_so() -> None:
    with serving([]) as agent:
        agent.answer = lambda _asked: []
        recorder = Recorder("127.0.0.1", agent.port, "public", timeout=0.02)
        with pytest.raises(RecordError, match="does not answer"):
            list(recorder.walk())
        recorder.close()


def test_the_owner_is_taken_out_and_the_printer_stays() -> None:
    rows = with_values(rows_of(WALK), **OWNED)
    before = poll_walk(rows, now=1.0).reading
    hidden = anonymous(rows, KEY, ["public"])
    after = poll_walk(hidden, now=1.0).reading
    text = "\n".join(map(line_of, hidden))
    for secret in (
        "VD21457943",
        "0017c8b902de",
        "ACCOUNTING-1",
        "Room 5",
        "ivan",
        "192.168.0.",
        "public",
        "B902DE",
        "client.example",
    ):
        assert secret.lower() not in text.lower(), secret
    assert (after.model, after.total, after.counters) == (before.model, before.total, before.counters)
    assert [supply.percent for supply in after.supplies] == [supply.percent for supply in before.supplies]
    assert after.mac.startswith("00:17:C8")
    assert after.mac != before.mac
    assert len(after.serial) == len(before.serial)
    assert after.serial not in {"", before.serial}


def test_neighbours_are_left_out() -> None:
    names = [line_of(row) for row in anonymous(rows_of(WALK), KEY)]
    assert any("192.168" in line_of(row) for row in rows_of(WALK))
    assert not [name for name in names if name.startswith(("1.3.6.1.2.1.3.", "1.3.6.1.2.1.4.22."))]


def test_the_same_thing_becomes_the_same_thing() -> None:
    names = Pseudonyms(KEY)
    assert names.word(b"VD21457943") == names.word(b"VD21457943") != Pseudonyms(b"other").word(b"VD21457943")
    assert names.address("10.0.0.7") == names.address("10.0.0.7") != names.address("10.0.0.8")
    kept = ["127.0.0.1", "255.255.255.0", "no address"]
    assert [names.address(text) for text in kept] == kept


def test_what_is_written_is_read_again() -> None:
    rows = rows_of("epson_colorworks-cw")
    again, warnings = parse_walk("\n".join(map(line_of, rows)))
    assert (again, warnings) == (rows, [])


def test_the_command_writes_a_walk_that_can_be_read(tmp_path: Path) -> None:
    out = tmp_path / "mine.snmprec"
    with serving(rows_of(WALK)) as agent:
        call_command("record_walk", f"127.0.0.1:{agent.port}", "--output", str(out), stderr=StringIO())
    reading = poll_walk(read_walk_file(out)[0], now=1.0).reading
    assert (reading.model, reading.total) == ("ECOSYS P2040dw", 7432)


def test_the_command_says_what_is_wrong() -> None:
    with pytest.raises(CommandError, match="no address"):
        call_command("record_walk", "printer.example")
