"""SNMP v1 and v2c as the RFCs have it, asked with raw packets and with an independent client."""

from __future__ import annotations

from dataclasses import replace

import pytest
from gufo.snmp import SnmpVersion
from gufo.snmp.sync import SnmpSession

from standins.printers import PrinterFleet, ber
from standins.printers.asking import (
    LIFE_COUNT,
    SERIAL,
    SUPPLY_LEVEL,
    SYS_DESCR,
    Manager,
    number_of,
    request,
    steady,
    walk,
)

SUPPLIES = (1, 3, 6, 1, 2, 1, 43, 11, 1, 1)
ALERTS = (1, 3, 6, 1, 2, 1, 43, 18, 1, 1)
TASKALFA = 11


def test_a_get_returns_the_truth(fleet: PrinterFleet, manager: Manager) -> None:
    for printer in fleet.printers[:21]:
        answer = manager.ask(printer, ber.GET, (1, 3, 6, 1, 2, 1, 1, 5, 0))
        assert (answer.status, answer.values) == (0, [printer.hostname.encode()])
        assert answer.source[0] == printer.address


@pytest.mark.parametrize("version", [SnmpVersion.v1, SnmpVersion.v2c])
def test_an_independent_client_reads_total_and_levels(fleet: PrinterFleet, version: SnmpVersion) -> None:
    printer, truth = fleet.printers[TASKALFA], fleet.truth(TASKALFA)
    with SnmpSession(printer.address, printer.snmp_port, version=version, timeout=5) as session:
        total = session.get("1.3.6.1.4.1.1347.43.10.1.1.12.1.1")
        levels = [value for _, value in session.getnext("1.3.6.1.2.1.43.11.1.1.9")]
    assert printer.model == "TASKalfa 4053ci"
    assert total == truth["counters"]["total"]
    assert levels == [supply["level"] for supply in truth["supplies"]]


def test_getnext_walks_every_object_once_and_in_order(fleet: PrinterFleet, manager: Manager) -> None:
    by_next = walk(manager, fleet.printers[TASKALFA])
    assert [oid for oid, _, _ in by_next] == sorted({oid for oid, _, _ in by_next})
    assert steady(walk(manager, fleet.printers[TASKALFA], version=0)) == steady(by_next)


@pytest.mark.parametrize("number", range(21))
def test_getbulk_returns_what_getnext_does(fleet: PrinterFleet, manager: Manager, number: int) -> None:
    printer = fleet.printers[number]
    expected = walk(manager, printer)
    found: list[tuple[ber.Oid, int, bytes]] = []
    at: ber.Oid = (1, 3)
    while True:
        rows = manager.ask(printer, ber.GET_BULK, at, second=25).varbinds
        found += [row for row in rows if row[1] != ber.END_OF_MIB_VIEW]
        if not rows or rows[-1][1] == ber.END_OF_MIB_VIEW:
            break
        at = rows[-1][0]
    assert steady(found) == steady(expected)


def test_getbulk_takes_non_repeaters_once_and_repeats_the_rest(fleet: PrinterFleet, manager: Manager) -> None:
    answer = manager.ask(
        fleet.printers[TASKALFA], ber.GET_BULK, SYS_DESCR[:-1], (*SUPPLIES, 8), (*SUPPLIES, 9), first=1, second=3
    )
    assert [oid for oid, _, _ in answer.varbinds] == [
        SYS_DESCR,
        *[(*SUPPLIES, column, 1, row) for row in (1, 2, 3) for column in (8, 9)],
    ]


@pytest.mark.parametrize(("first", "second", "count"), [(0, 0, 0), (-3, -3, 0), (9, 5, 2), (1, 0, 1)])
def test_getbulk_with_odd_numbers(fleet: PrinterFleet, manager: Manager, first: int, second: int, count: int) -> None:
    answer = manager.ask(fleet.printers[0], ber.GET_BULK, SYS_DESCR, LIFE_COUNT, first=first, second=second)
    assert (answer.status, len(answer.varbinds)) == (0, count)


def test_a_getbulk_of_everything_is_cut_to_one_frame(fleet: PrinterFleet, manager: Manager) -> None:
    answer = manager.ask(fleet.printers[TASKALFA], ber.GET_BULK, (1, 3), second=5000)
    assert 1400 < answer.size <= 1472
    assert answer.status == 0


def test_missing_objects_in_v2c(fleet: PrinterFleet, manager: Manager) -> None:
    answer = manager.ask(fleet.printers[0], ber.GET, (1, 3, 6, 1, 4, 1, 99999, 1, 0), (*SUPPLIES, 9, 1, 77), LIFE_COUNT)
    assert [tag for _, tag, _ in answer.varbinds] == [ber.NO_SUCH_OBJECT, ber.NO_SUCH_INSTANCE, ber.COUNTER32]
    assert (answer.status, answer.index) == (0, 0)
    end = manager.ask(fleet.printers[0], ber.GET_NEXT, (2, 99))
    assert end.varbinds == [((2, 99), ber.END_OF_MIB_VIEW, b"")]


def test_missing_objects_in_v1_name_the_first(fleet: PrinterFleet, manager: Manager) -> None:
    answer = manager.ask(fleet.printers[0], ber.GET, LIFE_COUNT, (*SUPPLIES, 9, 1, 77), (1, 3, 9), version=0)
    assert (answer.version, answer.status, answer.index) == (0, 2, 2)
    assert [tag for _, tag, _ in answer.varbinds] == [ber.NULL] * 3
    assert manager.ask(fleet.printers[0], ber.GET_NEXT, (2, 99), version=0).status == 2


def test_alert_rows_exist_only_while_there_is_trouble(fleet: PrinterFleet, manager: Manager) -> None:
    seen = 0
    for printer in fleet.printers[:21]:
        rows = {alert["row"]: alert["code"] for alert in fleet.truth(printer.number)["alerts"]}
        device = 2 if printer.model.startswith("e-STUDIO") else 1
        codes = {}
        at: ber.Oid = (*ALERTS, 7)
        while (row := manager.ask(printer, ber.GET_NEXT, at).varbinds[0])[0][: len(ALERTS) + 1] == (*ALERTS, 7):
            at = row[0]
            assert at[-2] == device
            codes[at[-1]] = number_of(row[2])
        assert codes == rows
        missing = next(row for row in range(1, 20) if row not in rows)
        assert manager.ask(printer, ber.GET, (*ALERTS, 7, device, missing)).varbinds[0][1] in {
            ber.NO_SUCH_INSTANCE,
            ber.NO_SUCH_OBJECT,
        }
        seen += len(rows)
    assert seen > 5


def test_the_address_table_holds_the_asked_address(fleet: PrinterFleet, manager: Manager) -> None:
    column = (1, 3, 6, 1, 2, 1, 4, 20, 1, 2)
    for printer in (fleet.printers[3], fleet.printers[24]):
        own = tuple(map(int, printer.address.split(".")))
        before, exact = manager.ask(printer, ber.GET_NEXT, column), manager.ask(printer, ber.GET, (*column, *own))
        assert before.varbinds == exact.varbinds
        assert before.varbinds[0][0] == (*column, *own)
        stranger = manager.ask(printer, ber.GET, (*column, 127, 0, 0, 1))
        assert stranger.varbinds[0][1] == ber.NO_SUCH_INSTANCE
        lower = manager.ask(printer, ber.GET_NEXT, (*column, 127, 0, 0, 1))
        assert lower.varbinds == exact.varbinds
        assert manager.ask(printer, ber.GET_NEXT, (*column, *own)).varbinds[0][0][: len(column)] == (*column[:-1], 3)


def test_a_set_is_refused(fleet: PrinterFleet, manager: Manager) -> None:
    v2c = manager.ask(fleet.printers[0], ber.SET, SYS_DESCR)
    assert (v2c.status, v2c.index) == (6, 1)
    assert manager.ask(fleet.printers[0], ber.SET, SYS_DESCR, version=0).status == 2


def test_an_answer_too_big_for_a_frame(fleet: PrinterFleet, manager: Manager) -> None:
    oids = [SYS_DESCR] * 60
    v2c = manager.ask(fleet.printers[0], ber.GET, *oids)
    assert (v2c.status, v2c.index, v2c.varbinds) == (1, 0, [])
    v1 = manager.ask(fleet.printers[0], ber.GET, *oids, version=0)
    assert (v1.status, v1.index, len(v1.varbinds)) == (1, 0, 60)


@pytest.mark.parametrize(
    "data",
    [
        request(ber.GET, SYS_DESCR, community="wrong"),
        request(ber.GET_BULK, SYS_DESCR, version=0, second=5),
        request(ber.GET, SYS_DESCR, version=2),
        request(ber.RESPONSE, SYS_DESCR),
        request(0xA7, SYS_DESCR),
        request(ber.GET, SYS_DESCR)[:-3],
        request(ber.GET, SYS_DESCR) + b"\x00",
        b"",
        b"\x30",
        b"\x30\x84\xff\xff\xff\xff",
        b"\x30\x80\x02\x01\x01",
        b"\xff" * 1400,
        bytes(1400),
        request(ber.GET, SYS_DESCR).replace(b"\x05\x00", b"\x05\x7f"),
        request(ber.GET, SYS_DESCR).replace(b"\x01\x01\x00\x05", b"\x01\x01\x80\x05"),
    ],
    ids=lambda data: data[:12].hex() or "empty",
)
def test_strangers_and_malformed_packets_get_no_answer(fleet: PrinterFleet, manager: Manager, data: bytes) -> None:
    assert manager.is_silent(fleet.printers[0], data, fleet.printers[1])


def test_addresses_without_a_printer_are_silent(fleet: PrinterFleet, manager: Manager) -> None:
    before = fleet.statistics()["stray_packets"]
    healthy = fleet.printers[0]
    nobody = replace(healthy, address="127.42.200.200")
    assert manager.is_silent(nobody, request(ber.GET, SYS_DESCR), healthy)
    assert fleet.statistics()["stray_packets"] == before + 1


def test_a_serial_the_printer_mib_lacks_stands_in_the_vendors_tree(fleet: PrinterFleet, manager: Manager) -> None:
    laserjet = next(printer for printer in fleet.printers if printer.model == "LaserJet M507")
    answer = manager.ask(laserjet, ber.GET, SERIAL, (1, 3, 6, 1, 4, 1, 11, 2, 3, 9, 4, 2, 1, 1, 3, 3, 0))
    assert answer.varbinds[0][1] in {ber.NO_SUCH_INSTANCE, ber.NO_SUCH_OBJECT}
    assert answer.values[1] == b"\x01\x15" + laserjet.serial.encode()


def test_brothers_block_holds_the_counters(fleet: PrinterFleet, manager: Manager) -> None:
    brother = next(printer for printer in fleet.printers if printer.model.startswith("MFC-L8690"))
    counters = fleet.truth(brother.number)["counters"]
    block = manager.ask(brother, ber.GET, (1, 3, 6, 1, 4, 1, 2435, 2, 3, 9, 4, 2, 1, 5, 5, 10, 0)).values[0]
    records = {block[at]: int.from_bytes(block[at + 3 : at + 7]) for at in range(0, len(block) - 1, 7)}
    assert block[-1] == 0xFF
    assert [records[key] for key in (0, 1, 2, 6)] == [counters[name] for name in ("total", "bw", "color", "duplex")]


def test_requests_are_counted_and_logged(fleet: PrinterFleet, manager: Manager) -> None:
    printer = fleet.printers[5]
    fleet.statistics(reset=True)
    for _ in range(3):
        manager.ask(printer, ber.GET, (*SUPPLY_LEVEL, 1, 1))
    manager.is_silent(printer, request(ber.GET, SYS_DESCR, community="wrong"), fleet.printers[6])
    counts = fleet.statistics()["printers"][5]
    assert (counts["packets"], counts["requests"], counts["answers"], counts["pending"]) == (4, 3, 3, 0)
    assert [entry["answer"] > 0 for entry in fleet.log() if entry["printer"] == 5][-4:] == [True, True, True, False]
