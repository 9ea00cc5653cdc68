"""Each fault on demand, seen from outside over a real socket."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from gufo.snmp import SnmpVersion, User
from gufo.snmp.sync import SnmpSession

from standins.printers import ControlError, PrinterAddress, PrinterFleet, ber
from standins.printers.asking import LIFE_COUNT, SUPPLY_LEVEL, SYS_DESCR, Manager, number_of, read, request, walk
from standins.printers.faults import KNOWN
from standins.printers.reshape import HOSTILE, SAMPLES

TASKALFA, HEALTHY = 11, 12
SUPPLIES = (1, 3, 6, 1, 2, 1, 43, 11, 1, 1)
GET = request(ber.GET, SYS_DESCR)


@pytest.fixture
def broken(fleet: PrinterFleet) -> Iterator[Any]:
    """A way to break the colour MFP, which is well again afterwards."""

    @contextmanager
    def one(**faults: Any) -> Iterator[PrinterAddress]:
        fleet.set_faults(TASKALFA, **faults)
        yield fleet.printers[TASKALFA]

    yield one
    fleet.set_faults(TASKALFA)


def test_silent(fleet: PrinterFleet, manager: Manager, broken: Any) -> None:
    with broken(silent=True) as printer:
        assert manager.is_silent(printer, GET, fleet.printers[HEALTHY])
    fleet.set_faults(TASKALFA)
    assert manager.ask(printer, ber.GET, SYS_DESCR).status == 0


def test_sleeping_loses_the_first_packets_then_answers(fleet: PrinterFleet, manager: Manager, broken: Any) -> None:
    with broken(sleeping=2) as printer:
        assert manager.is_silent(printer, GET, fleet.printers[HEALTHY])
        assert manager.is_silent(printer, GET, fleet.printers[HEALTHY])
        assert manager.ask(printer, ber.GET, SYS_DESCR).status == 0
        assert manager.ask(printer, ber.GET, SYS_DESCR).status == 0


def test_slow_counts_what_is_in_flight(fleet: PrinterFleet, manager: Manager, broken: Any) -> None:
    with broken(slow=600) as printer:
        fleet.statistics(reset=True)
        started = time.monotonic()
        for number in range(3):
            manager.send(printer, request(ber.GET, SYS_DESCR, number=number))
        assert manager.is_silent(printer, request(ber.GET, SYS_DESCR), fleet.printers[HEALTHY])
        assert sorted(read(manager.receive()[0]).request_id for _ in range(4)) == [0, 1, 2, 7]
        assert time.monotonic() - started >= 0.6
        counts = fleet.statistics()["printers"][TASKALFA]
        assert (counts["max_in_flight"], counts["pending"]) == (4, 0)


def test_only_the_first_answer_is_late(manager: Manager, broken: Any) -> None:
    with broken(late_first=600) as printer:
        manager.send(printer, request(ber.GET, SYS_DESCR, number=1))
        manager.send(printer, request(ber.GET, SYS_DESCR, number=2))
        assert [read(manager.receive()[0]).request_id for _ in range(2)] == [2, 1]


@pytest.mark.parametrize(("only", "answers"), [("v1", [0]), ("v2c", [1]), ("v3", [])])
def test_one_version_only(fleet: PrinterFleet, manager: Manager, broken: Any, only: str, answers: list[int]) -> None:
    with broken(only=only) as printer:
        for version in (0, 1):
            silent = manager.is_silent(printer, request(ber.GET, SYS_DESCR, version=version), fleet.printers[HEALTHY])
            if not silent:
                manager.receive()
            assert silent is (version not in answers)


def test_v3_only_answers_v3(broken: Any) -> None:
    with broken(only="v3") as printer:
        user = User("fleet-open")
        with SnmpSession(printer.address, printer.snmp_port, user=user, version=SnmpVersion.v3, timeout=5) as session:
            session.refresh()
            assert session.get("1.3.6.1.2.1.43.5.1.1.17.1") == printer.serial.encode()


def test_getbulk_is_not_answered(fleet: PrinterFleet, manager: Manager, broken: Any) -> None:
    with broken(bulk="silent") as printer:
        assert manager.is_silent(printer, request(ber.GET_BULK, SYS_DESCR, second=5), fleet.printers[HEALTHY])
        assert manager.ask(printer, ber.GET_NEXT, SYS_DESCR).status == 0


@pytest.mark.parametrize(("fault", "tag"), [("bulk", ber.GET_BULK), ("next", ber.GET_NEXT)])
def test_a_walk_that_never_ends(manager: Manager, broken: Any, fault: str, tag: int) -> None:
    with broken(**{fault: "loop"}) as printer:
        first = manager.ask(printer, tag, SUPPLY_LEVEL, second=2 if fault == "bulk" else 0).varbinds
        again = manager.ask(printer, tag, first[-1][0], second=2 if fault == "bulk" else 0).varbinds
        assert again == first


def test_too_big_above_a_number_of_varbinds(manager: Manager, broken: Any) -> None:
    with broken(too_big_above=3) as printer:
        assert manager.ask(printer, ber.GET, *[SYS_DESCR] * 3).status == 0
        assert manager.ask(printer, ber.GET, *[SYS_DESCR] * 4).status == 1
        assert manager.ask(printer, ber.GET_BULK, SUPPLIES, second=3).status == 0
        bulk = manager.ask(printer, ber.GET_BULK, SUPPLIES, second=4)
        assert (bulk.status, bulk.varbinds) == (1, [])


def test_silent_above_a_size(fleet: PrinterFleet, manager: Manager, broken: Any) -> None:
    with broken(silent_above=200) as printer:
        assert manager.ask(printer, ber.GET, LIFE_COUNT).size < 200
        assert manager.is_silent(printer, request(ber.GET, *[LIFE_COUNT] * 10), fleet.printers[HEALTHY])


def test_a_wrong_request_id(manager: Manager, broken: Any) -> None:
    with broken(wrong_request_id=True) as printer:
        answer = manager.ask(printer, ber.GET, LIFE_COUNT, number=1000)
        assert answer.request_id != 1000
        assert answer.varbinds[0][0] == LIFE_COUNT


def test_an_answer_from_another_address(manager: Manager, broken: Any) -> None:
    with broken(other_address="127.42.9.9") as printer:
        answer = manager.ask(printer, ber.GET, SYS_DESCR)
        assert (answer.source[0], answer.status) == ("127.42.9.9", 0)


def test_an_answer_from_another_port(manager: Manager, broken: Any) -> None:
    with broken(other_port=True) as printer:
        answer = manager.ask(printer, ber.GET, SYS_DESCR)
        assert answer.source[0] == printer.address
        assert answer.source[1] != printer.snmp_port


@pytest.mark.parametrize(
    "faults", [{"garbage": True}, {"truncated": 9}, {"huge_length": True}], ids=lambda one: next(iter(one))
)
def test_answers_nobody_can_read(manager: Manager, broken: Any, faults: dict[str, Any]) -> None:
    with broken(**faults) as printer:
        manager.send(printer, GET)
        data, _ = manager.receive()
        with pytest.raises(ber.BerError):
            read(data)


def test_duplicated_answers(manager: Manager, broken: Any) -> None:
    with broken(duplicate=2) as printer:
        manager.send(printer, GET)
        copies = [manager.receive()[0] for _ in range(3)]
        assert len(set(copies)) == 1


def test_a_truncated_table(manager: Manager, broken: Any) -> None:
    with broken(truncated_tables=2) as printer:
        rows: dict[int, list[int]] = {}
        for oid, _, _ in walk(manager, printer):
            if oid[: len(SUPPLIES)] == SUPPLIES:
                rows.setdefault(oid[len(SUPPLIES)], []).append(oid[-1])
        assert rows[6] == [1, 2, 3, 4, 5]
        assert rows[7] == rows[8] == rows[9] == [1, 2]


@pytest.mark.parametrize("level", [-1, -2, -3])
def test_special_levels(manager: Manager, broken: Any, level: int) -> None:
    with broken(levels=level) as printer:
        answer = manager.ask(printer, ber.GET, *[(*SUPPLY_LEVEL, 1, row) for row in range(1, 6)])
        assert [number_of(value) for value in answer.values] == [level] * 5


def test_levels_above_capacity(manager: Manager, broken: Any) -> None:
    with broken(levels="above") as printer:
        level, capacity = manager.ask(printer, ber.GET, (*SUPPLY_LEVEL, 1, 2), (*SUPPLIES, 8, 1, 2)).values
        assert number_of(level) >= 300
        assert number_of(capacity) > 0


@pytest.mark.parametrize("kind", [name for name in HOSTILE if name != "long"])
def test_hostile_texts(manager: Manager, broken: Any, kind: str) -> None:
    with broken(texts=kind) as printer:
        found = manager.ask(printer, ber.GET, (1, 3, 6, 1, 2, 1, 1, 6, 0), (*SUPPLIES, 6, 1, 1)).values
        assert found == [HOSTILE[kind]] * 2


def test_a_text_of_ten_kilobytes_is_too_big_for_a_frame(manager: Manager, broken: Any) -> None:
    with broken(texts="long") as printer:
        assert manager.ask(printer, ber.GET, (1, 3, 6, 1, 2, 1, 1, 6, 0)).status == 1
        assert len(HOSTILE["long"]) >= 10_000


def test_every_kind_of_hostile_text_at_once(manager: Manager, broken: Any) -> None:
    with broken(texts="hostile") as printer:
        values = {value for _, _, value in walk(manager, printer)}
    assert {text for name, text in HOSTILE.items() if name != "long"} <= values


@pytest.mark.parametrize("charset", sorted(SAMPLES))
def test_panel_texts_in_a_character_set(manager: Manager, broken: Any, charset: int) -> None:
    from standins.printers.devices import CODECS

    with broken(charset=charset) as printer:
        answer = manager.ask(
            printer, ber.GET, (1, 3, 6, 1, 2, 1, 43, 7, 1, 1, 4, 1, 1), (1, 3, 6, 1, 2, 1, 43, 16, 5, 1, 2, 1, 1)
        )
        assert number_of(answer.values[0]) == charset
        assert answer.values[1].decode(CODECS[charset]) == SAMPLES[charset]
        assert any(octet > 127 for octet in answer.values[1])


def test_faults_do_not_touch_the_neighbours_of_the_same_model(
    fleet: PrinterFleet, manager: Manager, broken: Any
) -> None:
    twin = fleet.printers[TASKALFA + 20]
    before = manager.ask(twin, ber.GET, (*SUPPLY_LEVEL, 1, 1)).values
    with broken(levels=-2, texts="script", truncated_tables=1):
        assert twin.model == fleet.printers[TASKALFA].model
        assert manager.ask(twin, ber.GET, (*SUPPLY_LEVEL, 1, 1)).values == before


def test_several_faults_at_once(fleet: PrinterFleet, manager: Manager, broken: Any) -> None:
    with broken(only="v1", levels=-3, duplicate=1) as printer:
        assert manager.is_silent(printer, GET, fleet.printers[HEALTHY])
        answers = [manager.ask(printer, ber.GET, (*SUPPLY_LEVEL, 1, 1), version=0), read(manager.receive()[0])]
        assert [number_of(answer.values[0]) for answer in answers] == [-3, -3]


@pytest.mark.parametrize(
    "faults",
    [{"nonsense": True}, {"slow": -1}, {"slow": True}, {"only": "v4"}, {"levels": 5}, {"other_address": "10.0.0.1"}],
    ids=str,
)
def test_a_fault_that_is_none_is_refused(fleet: PrinterFleet, faults: dict[str, Any]) -> None:
    with pytest.raises(ControlError, match=next(iter(faults))):
        fleet.set_faults(0, **faults)


def test_every_fault_says_what_it_does(fleet: PrinterFleet) -> None:
    told = fleet.do("faults", printer=HEALTHY, faults={})
    assert told.keys() == KNOWN.keys()
    assert all(len(text) > 10 for text in told.values())


def test_the_readme_names_every_fault() -> None:
    table = (Path(__file__).parents[2] / "README.md").read_text("utf-8").partition("### Faults")[2]
    assert {name for name in KNOWN if f"`{name}`" not in table} == set()
