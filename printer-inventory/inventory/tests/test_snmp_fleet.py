"""The collector against the stand-in fleet: every fault it can play, SNMPv3, and what the printers know of themselves."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from standins.printers import PrinterAddress, PrinterFleet

from inventory.polling.reading import DeviceReading
from inventory.polling.snmp.collector import Collector, Learned, PollOutcome, Target, V3Credentials

KYOCERA, HP, SHARP = 0, 1, 2
AUTH_PRIV = V3Credentials("fleet", "fleet-auth-pass", "SHA", "fleet-priv-pass", "AES")


@pytest.fixture(scope="module")
def fleet() -> Iterator[PrinterFleet]:
    """Three printers whose time stands still."""
    devices = ("kyocera-taskalfa-4053ci", "hp-color-laserjet-e77830", "sharp-mx-3071")
    with PrinterFleet(count=3, devices=devices, speed=0.0, web=False) as playing:
        yield playing


@pytest.fixture
def well(fleet: PrinterFleet) -> Iterator[PrinterFleet]:
    """The fleet, made well again after the test."""
    yield fleet
    for printer in fleet.printers:
        fleet.set_faults(printer.number)


def target(printer: PrinterAddress, **more: Any) -> Target:
    """Return a printer as a target."""
    return Target(printer.number, printer.address, printer.snmp_port, printer.community, **more)


def poll(printer: PrinterAddress, **more: Any) -> PollOutcome:
    """Poll one printer with short waits."""
    with Collector(first_timeout=0.15, silence=1.2) as collector:
        (outcome,) = [outcome for outcome in collector.poll([target(printer, **more)]) if outcome is not None]
    return outcome


def healthy(reading: DeviceReading | None) -> DeviceReading:
    """Return a reading without what differs between two good polls."""
    assert reading is not None
    return replace(reading, warnings=(), uptime_seconds=None)


def test_every_model_tells_what_its_printer_knows() -> None:
    with PrinterFleet(count=20, speed=0.0, web=False) as models, Collector() as collector:
        outcomes = {
            outcome.key: outcome for outcome in collector.poll(map(target, models.printers)) if outcome is not None
        }
        for printer in models.printers:
            reading, truth = outcomes[printer.number].reading, models.truth(printer.number)
            assert reading is not None, (printer.device, outcomes[printer.number].error)
            assert reading.manufacturer.split()[0].lower() == printer.vendor.split()[0].lower()
            assert printer.model.lower().startswith(reading.model.lower())
            assert (reading.serial, reading.mac.lower()) == (printer.serial, printer.mac)
            assert reading.total == truth["counters"]["marker"], printer.device
            supplies = {supply.index: supply for supply in reading.supplies}
            for known in truth["supplies"]:
                supply = supplies[known["index"] if "." in known["index"] else f"1.{known['index']}"]
                assert (supply.level, supply.capacity) == (known["level"], known["capacity"]), (printer.device, known)
                assert supply.color == known["color"] or known["color"] is None, (printer.device, known, supply)
            four = [name for name in ("bw_a4", "bw_a3", "color_a4", "color_a3") if name in reading.counters]
            assert {name: reading.counters[name] for name in four} == {
                name: truth["counters"][name] for name in four
            }, printer.device


@pytest.mark.parametrize(
    "faults",
    [
        {"sleeping": 1},
        {"slow": 60},
        {"late_first": 250},
        {"only": "v1"},
        {"only": "v2c"},
        {"bulk": "silent"},
        {"bulk": "loop"},
        {"too_big_above": 10},
        {"silent_above": 400},
        {"duplicate": 2},
        {"only": "v1", "too_big_above": 4},
    ],
    ids=str,
)
@pytest.mark.parametrize("number", [KYOCERA, SHARP])
def test_a_fault_that_can_be_lived_with_changes_no_figure(
    well: PrinterFleet, number: int, faults: dict[str, Any]
) -> None:
    printer = well.printers[number]
    right = healthy(poll(printer).reading)
    well.set_faults(number, **faults)
    first = poll(printer)
    assert first.error is None, first.error
    assert healthy(first.reading) == right
    assert first.learned is not None
    learned = Learned.from_json(json.loads(json.dumps(first.learned.to_json())))
    well.set_faults(number, **{name: value for name, value in faults.items() if name not in {"sleeping", "late_first"}})
    again = poll(printer, learned=learned)
    assert again.error is None, again.error
    assert healthy(again.reading) == right


@pytest.mark.parametrize(
    ("faults", "kind"),
    [
        ({"silent": True}, "timeout"),
        ({"only": "v3"}, "timeout"),
        ({"wrong_request_id": True}, "bad_answer"),
        ({"garbage": True}, "bad_answer"),
        ({"huge_length": True}, "bad_answer"),
        ({"truncated": 5}, "bad_answer"),
        ({"other_address": "127.77.0.1"}, "other_address"),
        ({"other_port": True}, "other_address"),
    ],
    ids=str,
)
def test_a_fault_that_cannot_is_named(well: PrinterFleet, faults: dict[str, Any], kind: str) -> None:
    well.set_faults(HP, **faults)
    outcome = poll(well.printers[HP])
    assert outcome.reading is None
    assert outcome.error is not None
    assert outcome.error.kind == kind
    assert well.printers[HP].address in outcome.error.text


def test_loops_in_getnext_too_come_to_an_end(well: PrinterFleet) -> None:
    well.set_faults(KYOCERA, bulk="loop", next="loop")
    outcome = poll(well.printers[KYOCERA])
    assert outcome.reading is not None
    assert any("repeats rows" in warning for warning in outcome.reading.warnings)
    assert outcome.packets < 100


@pytest.mark.parametrize(("level", "state"), [(-1, "no restriction"), (-2, "unknown"), (-3, "some remaining")])
def test_levels_that_are_no_figures(well: PrinterFleet, level: int, state: str) -> None:
    well.set_faults(HP, levels=level)
    reading = poll(well.printers[HP]).reading
    assert reading is not None
    assert {(supply.state, supply.percent) for supply in reading.supplies} == {(state, None)}


def test_levels_above_the_capacity(well: PrinterFleet) -> None:
    well.set_faults(HP, levels="above")
    reading = poll(well.printers[HP]).reading
    assert reading is not None
    assert max(supply.percent or 0 for supply in reading.supplies) == 100
    assert any("above its capacity" in warning for warning in reading.warnings)


def test_a_table_cut_short_leaves_unknown_levels(well: PrinterFleet) -> None:
    well.set_faults(HP, truncated_tables=2)
    reading = poll(well.printers[HP]).reading
    assert reading is not None
    assert [supply.state for supply in reading.supplies[2:]] == ["unknown"] * (len(reading.supplies) - 2)


@pytest.mark.parametrize("texts", ["hostile", "script", "formula", "log", "nul", "bytes", "long"])
def test_hostile_texts_stay_on_their_line(well: PrinterFleet, texts: str) -> None:
    well.set_faults(SHARP, texts=texts)
    reading = poll(well.printers[SHARP]).reading
    assert reading is not None
    shown = [
        reading.hostname,
        reading.location,
        reading.contact,
        reading.console,
        *(supply.description for supply in reading.supplies),
    ]
    for text in shown:
        assert text.isprintable() or text == ""
        assert len(text) <= 512


@pytest.mark.parametrize("charset", [5, 8, 17, 106, 113, 2004, 2251, 2252])
def test_the_panels_language_is_read_by_its_character_set(well: PrinterFleet, charset: int) -> None:
    well.set_faults(HP, charset=charset)
    reading = poll(well.printers[HP]).reading
    assert reading is not None
    assert not reading.console.isascii()
    assert "\ufffd" not in reading.console


def test_a_board_swap_and_a_reset_are_seen_at_the_next_poll(well: PrinterFleet) -> None:
    printer = well.printers[SHARP]
    learned = poll(printer).learned
    well.swap_board(SHARP, serial=True, mac=True, counters=True)
    outcome = poll(printer, learned=learned)
    assert outcome.reading is not None
    assert outcome.reading.serial == well.truth(SHARP)["serial"] != printer.serial
    assert outcome.reading.mac.lower() == well.truth(SHARP)["mac"]
    assert outcome.reading.total == well.truth(SHARP)["counters"]["marker"]


@pytest.mark.parametrize(
    "credentials",
    [
        AUTH_PRIV,
        V3Credentials("fleet-sha256", "fleet-auth-pass", "SHA256", "fleet-priv-pass", "AES"),
        V3Credentials("fleet-des", "fleet-auth-pass", "MD5", "fleet-priv-pass", "DES"),
        V3Credentials("fleet-auth", "fleet-auth-pass"),
        V3Credentials("fleet-open"),
    ],
    ids=lambda credentials: credentials.username,
)
def test_snmpv3_reads_what_v2c_reads(well: PrinterFleet, credentials: V3Credentials) -> None:
    printer = well.printers[KYOCERA]
    outcome = poll(printer, version=3, v3=credentials)
    assert outcome.error is None, outcome.error
    assert healthy(outcome.reading) == healthy(poll(printer).reading)


def test_a_learned_snmpv3_printer_needs_few_packets_and_keeps_its_engine(well: PrinterFleet) -> None:
    well.set_faults(KYOCERA, only="v3")
    printer = well.printers[KYOCERA]
    first = poll(printer, version=3, v3=AUTH_PRIV)
    assert first.learned is not None
    learned = Learned.from_json(json.loads(json.dumps(first.learned.to_json())))
    assert learned is not None
    assert learned.version == 3
    assert bytes.fromhex(learned.engine_id)
    second = poll(printer, v3=AUTH_PRIV, learned=learned)
    assert healthy(second.reading) == healthy(first.reading)
    assert second.packets <= 3
    assert second.learned is learned


@pytest.mark.parametrize(
    ("credentials", "word"),
    [
        (replace(AUTH_PRIV, auth_password="wrong-password"), "refuses"),
        (replace(AUTH_PRIV, username="nobody"), "refuses"),
        (replace(AUTH_PRIV, auth_password="short"), "at least 8"),
        (replace(AUTH_PRIV, auth_protocol="ROT13"), "protocols are"),
        (replace(AUTH_PRIV, auth_password=""), "both passwords"),
    ],
)
def test_wrong_credentials_are_told_without_telling_them(
    well: PrinterFleet, credentials: V3Credentials, word: str
) -> None:
    outcome = poll(well.printers[KYOCERA], version=3, v3=credentials)
    assert outcome.error is not None
    assert outcome.error.kind == "authentication"
    assert word in outcome.error.text
    for secret in ("wrong-password", "short", "fleet-auth-pass", "fleet-priv-pass"):
        assert secret not in outcome.error.text
        assert secret not in repr(credentials)


def test_snmpv3_without_an_answer_is_a_timeout(well: PrinterFleet) -> None:
    well.set_faults(KYOCERA, silent=True)
    outcome = poll(well.printers[KYOCERA], version=3, v3=AUTH_PRIV)
    assert outcome.error is not None
    assert outcome.error.kind == "timeout"


def test_a_printer_that_may_speak_anything_is_asked_in_v3_first_and_in_v2c_next(well: PrinterFleet) -> None:
    well.set_faults(KYOCERA, only="v2c")
    printer = well.printers[KYOCERA]
    first = poll(printer, v3=AUTH_PRIV)
    assert first.learned is not None
    assert (first.error, first.learned.version) == (None, 2)
    second = poll(printer, v3=AUTH_PRIV, learned=first.learned)
    assert (second.packets, healthy(second.reading)) == (1, healthy(first.reading))


def test_snmpv3_alone_is_not_replaced_by_less(well: PrinterFleet) -> None:
    well.set_faults(KYOCERA, only="v2c")
    outcome = poll(well.printers[KYOCERA], version=3, v3=AUTH_PRIV)
    assert outcome.error is not None
    assert outcome.error.kind == "timeout"


def test_snmpv3_without_a_user_is_refused_without_a_packet(well: PrinterFleet) -> None:
    outcome = poll(well.printers[KYOCERA], version=3)
    assert outcome.error is not None
    assert (outcome.error.kind, outcome.packets) == ("authentication", 0)


def test_what_a_context_of_snmpv3_holds_is_not_reached(well: PrinterFleet) -> None:
    well.set_faults(HP, context="Jetdirect")
    outcome = poll(well.printers[HP], version=3, v3=AUTH_PRIV)
    assert outcome.reading is not None
    assert outcome.reading.supplies == ()
