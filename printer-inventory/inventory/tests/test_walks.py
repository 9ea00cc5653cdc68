"""What the product reads out of recorded walks, scored against what is known of them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from inventory.polling.listing import overview, record, sheet
from inventory.polling.reading import DeviceReading, from_json, to_json
from inventory.polling.snmp import ber
from inventory.polling.snmp.learned import Learned
from inventory.polling.snmp.oids import encode_oid
from inventory.polling.snmp.plan import MAX_AGE, refresh_names
from inventory.polling.snmp.walk import RecordedAgent, WalkError, mend_dump, parse_walk, poll_walk, read_walk_file
from inventory.tests.snmp_agents import WALKS, rows_of

SHARED = Path(settings.BASE_DIR).parent.parent / "shared" / "snmp" / "walks"
GATE = 0.98


def read(path: Path) -> DeviceReading:
    """Return the reading of one walk."""
    return poll_walk(read_walk_file(path)[0], now=1_800_000_000.0).reading


def facts(reading: DeviceReading, expected: dict[str, Any]) -> Iterator[tuple[str, Any, Any]]:
    """Yield (what, found, expected) for every fact that is known of a walk."""
    if "serial" in expected:
        yield "serial", reading.serial, expected["serial"]
    if "total" in expected:
        yield "total", reading.total, expected["total"]
    supplies = {supply.index: supply for supply in reading.supplies}
    for index, row in expected.get("supplies", {}).items():
        keys = [key for key in ("description", "level", "capacity", "percent", "state") if key in row]
        supply = supplies.get(index)
        found = {key: getattr(supply, key) for key in keys} if supply else None
        yield f"supply {index}", found, {key: row[key] for key in keys}


def score(walks: Path, expected: Path) -> tuple[int, list[str]]:
    """Return how many facts were read right, and a line for each that was not."""
    right, missed = 0, []
    for path in sorted(expected.glob("*.json")):
        reading = read(walks / f"{path.stem}.snmprec")
        for what, found, wanted in facts(reading, json.loads(path.read_text())):
            if found == wanted:
                right += 1
            else:
                missed.append(f"{path.stem} {what}: {found!r}, expected {wanted!r}")
    return right, missed


def hinted(walks: Path, expected: Path) -> list[str]:
    """Return a line for each walk whose model is not the one its source names."""
    missed = []
    for path in sorted(expected.glob("*.json")):
        hint = json.loads(path.read_text()).get("model_hint")
        reading = read(walks / f"{path.stem}.snmprec")
        if hint and f"{reading.manufacturer} {reading.model}" != hint and reading.model != hint:
            missed.append(f"{path.stem}: {reading.manufacturer} {reading.model!r}, expected {hint!r}")
    return missed


def test_our_own_walks_are_read_right() -> None:
    right, missed = score(WALKS, WALKS)
    assert (missed, right) == ([], 18)
    assert hinted(WALKS, WALKS) == []


@pytest.mark.skipif(not SHARED.is_dir(), reason="the walks of ../shared are not here")
def test_every_given_walk_is_read_right() -> None:
    right, missed = score(SHARED, SHARED / "expected")
    assert right + len(missed) > 100
    assert right / (right + len(missed)) >= GATE, "\n".join(missed)
    assert missed == []
    assert hinted(SHARED, SHARED / "expected") == []


@pytest.mark.parametrize(
    ("walk", "sensors"),
    [
        ("brother_dcp-l3550cdw", {"total": 1611, "bw": 709, "color": 902, "duplex": 538}),
        ("brother_dcp-1618w", {"total": 3914}),
        ("brother_mfc-j680dw", {"bw": 461, "color": 491, "total": 952}),
        ("kyocera_ecosys-p2040", {"total": 7432, "a4": 7342, "simplex": 7296, "duplex": 46}),
    ],
)
def test_every_counter_of_the_maker_is_named(walk: str, sensors: dict[str, int]) -> None:
    assert dict(read(WALKS / f"{walk}.snmprec").counters) == sensors


def test_supplies_that_only_the_maker_tells() -> None:
    levels = {supply.description: supply.percent for supply in read(WALKS / "brother_dcp-l3550cdw.snmprec").supplies}
    assert levels == {
        "Black toner": 26, "Cyan toner": 10, "Magenta toner": 8, "Yellow toner": 2, "Black drum": 92,
        "Cyan drum": 92, "Magenta drum": 92, "Yellow drum": 92, "Belt unit": 97, "Fuser": 97,
    }  # fmt: skip
    inks = read(WALKS / "brother_mfc-j680dw.snmprec").supplies
    assert [(ink.kind, ink.color, ink.percent) for ink in inks] == [
        ("ink_cartridge", "black", 47),
        ("ink_cartridge", "cyan", 35),
        ("ink_cartridge", "magenta", 85),
        ("ink_cartridge", "yellow", 45),
    ]


@pytest.mark.parametrize(
    ("walk", "console"),
    [
        ("brother_dcp-1618w", "请等待"),
        ("brother_dcp-7070dw", "Stap. Kopieën:01"),
        ("brother_dcp-l2540dn", "Спящий режим"),
    ],
)
def test_the_panel_is_read_in_its_language(walk: str, console: str) -> None:
    assert read(WALKS / f"{walk}.snmprec").console == console


def test_a_reading_and_what_was_learned_survive_json() -> None:
    polled = poll_walk(rows_of("kyocera_ecosys-p2040"), now=1000.0)
    assert from_json(json.loads(json.dumps(to_json(polled.reading)))) == polled.reading
    learned = Learned.from_json(json.loads(json.dumps(polled.learned.to_json())))
    assert learned is not None
    assert refresh_names(learned) == refresh_names(polled.learned)
    assert MAX_AGE == 86400
    assert Learned.from_json({**polled.learned.to_json(), "format": 0}) is None
    assert Learned.from_json({"format": 1, "surprise": 1}) is None


def test_damaged_lines_are_left_out_and_said() -> None:
    rows, warnings = parse_walk(
        "1.3.6.1.2.1.43.10.2.1.4.1.1|65|6git3159\n1.3.6.1.2.1.1.1.0|4|OKI\n\nrubbish\n1.3.6.1.2.1.1.5.0|4x|zz\r\n1.3.6|99|1\n"
    )
    assert rows == [(encode_oid("1.3.6.1.2.1.1.1.0"), ber.OCTET_STRING, b"OKI")]
    assert warnings == ["4 damaged lines of the recording left out."]


def test_a_hex_dump_kept_as_text_is_mended() -> None:
    assert (
        mend_dump(b"Magenta Cartridg\n65 20 38 32 37 41 20 48 50 20 43 46 33 30 33 41 \n00 ")
        == b"Magenta Cartridge 827A HP CF303A\x00"
    )
    assert mend_dump(b"Ready\nTo print") == b"Ready\nTo print"
    assert mend_dump(b"Load A4\n12 FF Z") == b"Load A4\n12 FF Z"


def test_a_space_is_a_value() -> None:
    rows, _ = parse_walk("1.3.6.1.2.1.25.3.5.1.2.1|4| \r\n")
    assert rows[0][2] == b" "


@pytest.mark.parametrize("text", ["", "# nothing\n", "not a walk at all"])
def test_a_file_that_is_no_walk_is_refused(text: str) -> None:
    with pytest.raises(WalkError):
        parse_walk(text)


def test_the_recorded_agent_walks_in_the_order_of_numbers() -> None:
    rows = [
        (encode_oid(f"1.3.6.1.2.1.2.2.1.6.{index}"), ber.INTEGER, index) for index in (16384, 2, 127, 16383, 128, 10)
    ]
    agent = RecordedAgent(rows)
    name, seen = encode_oid("1.3.6.1.2.1.2.2.1.6"), []
    while True:
        ((name, tag, value),) = agent.answer(ber.GET_NEXT, (name,))
        if tag == ber.END_OF_MIB_VIEW:
            break
        seen.append(value)
    assert seen == [2, 10, 127, 128, 16383, 16384]


def test_the_listing_shows_what_matters() -> None:
    reading = read(WALKS / "epson_colorworks-cw.snmprec")
    shown = record(reading)
    assert list(shown)[:7] == ["manufacturer", "model", "serial", "mac", "hostname", "firmware", "total"]
    assert shown["supplies"][1]["index"] == "1.2"
    assert shown["supplies"][1]["percent"] == 1
    json.dumps(shown)
    assert "cyan ink cartridge 1 %" in sheet("CW", reading)
    assert "X7F4008528" in overview([("CW", reading)]).splitlines()[1]
