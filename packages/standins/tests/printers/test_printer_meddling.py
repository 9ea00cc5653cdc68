"""What people do to a printer: jobs, cartridges, resets, boards, other devices; and time."""

from __future__ import annotations

from standins.printers import PrinterFleet, ber
from standins.printers.asking import LIFE_COUNT, SERIAL, SUPPLY_LEVEL, Manager, number_of

TASKALFA = 11
MAC = (1, 3, 6, 1, 2, 1, 2, 2, 1, 6, 2)
UPTIME = (1, 3, 6, 1, 2, 1, 1, 3, 0)
PANEL_TOTAL = (1, 3, 6, 1, 4, 1, 1347, 43, 10, 1, 1, 12, 1, 1)


def total(manager: Manager, fleet: PrinterFleet) -> int:
    return number_of(manager.ask(fleet.printers[TASKALFA], ber.GET, PANEL_TOTAL).values[0])


def test_a_job_counts_exactly_and_is_told_at_once(fleet: PrinterFleet, manager: Manager) -> None:
    before, counters = total(manager, fleet), fleet.truth(TASKALFA)["counters"]
    after = fleet.print_pages(TASKALFA, 11, function="copy", color=True, size="a3", duplex=True)["counters"]
    assert total(manager, fleet) == before + 11
    grown = {name: after[name] - counters[name] for name in counters if after[name] != counters[name]}
    assert grown.pop("marker") in {11, 12}
    assert grown == dict.fromkeys(
        ("total", "color", "a3", "color_a3", "copy", "copy_color", "copy_color_a3", "scan"), 11
    ) | {
        "duplex": 5,
        "duplex_faces": 10,
        "simplex": 1,
    }


def test_printing_wears_out_toner_until_it_is_replaced(fleet: PrinterFleet, manager: Manager) -> None:
    black = (*SUPPLY_LEVEL, 1, 4)
    printer = fleet.printers[TASKALFA]
    fresh = fleet.replace_supply(TASKALFA, 4)["supplies"][3]
    assert fresh["level"] == 30_000 == number_of(manager.ask(printer, ber.GET, black).values[0])
    for _ in range(40):
        state = fleet.print_pages(TASKALFA, 1500)["supplies"][3]
        assert state["level"] == number_of(manager.ask(printer, ber.GET, black).values[0])
        if state["level"] == 0 or state["number"] > fresh["number"]:
            break
    assert state["level"] < 3000 or state["number"] > fresh["number"]
    swapped = fleet.replace_supply(TASKALFA, 4)["supplies"][3]
    assert (swapped["level"], swapped["number"] > fresh["number"], swapped["serial"] != fresh["serial"]) == (
        30_000,
        True,
        True,
    )


def test_a_counter_reset(fleet: PrinterFleet, manager: Manager) -> None:
    truth = fleet.reset_counters(TASKALFA)
    assert total(manager, fleet) == 0
    assert {truth["counters"][name] for name in ("total", "bw", "color", "copy", "scan", "duplex")} == {0}
    fleet.print_pages(TASKALFA, 5)
    assert total(manager, fleet) == 5
    fleet.advance(86_400)
    assert total(manager, fleet) > 5


def test_a_swapped_board(fleet: PrinterFleet, manager: Manager) -> None:
    printer = fleet.printers[TASKALFA]
    serial, mac = manager.ask(printer, ber.GET, SERIAL, MAC).values
    fleet.swap_board(TASKALFA)
    same_serial, new_mac = manager.ask(printer, ber.GET, SERIAL, MAC).values
    assert (same_serial, new_mac[:3], new_mac != mac) == (serial, mac[:3], True)
    fleet.swap_board(TASKALFA, serial=True, mac=False, counters=True)
    new_serial, same_mac, uptime = manager.ask(printer, ber.GET, SERIAL, MAC, UPTIME).values
    assert (new_serial != serial, same_mac) == (True, new_mac)
    assert number_of(uptime) < 6000
    assert total(manager, fleet) == 0


def test_another_device_at_the_address(fleet: PrinterFleet, manager: Manager) -> None:
    printer = fleet.printers[13]
    before = manager.ask(printer, ber.GET, SERIAL).values
    truth = fleet.replace_device(13, "oki-mc853")
    answer = manager.ask(printer, ber.GET, SERIAL, LIFE_COUNT, (1, 3, 6, 1, 2, 1, 25, 3, 2, 1, 3, 1))
    assert answer.values[0] == truth["serial"].encode() != before[0]
    assert number_of(answer.values[1]) == truth["counters"]["marker"]
    assert answer.values[2] == b"OKI DATA CORP MC853"
    again = fleet.replace_device(13)
    assert (again["device"], again["serial"] != truth["serial"]) == ("oki-mc853", True)


def test_time_stands_still_at_speed_zero_and_jumps_when_told(fleet: PrinterFleet, manager: Manager) -> None:
    printer = fleet.printers[20]
    first = manager.ask(printer, ber.GET, LIFE_COUNT).values
    assert manager.ask(printer, ber.GET, LIFE_COUNT).values == first
    before = fleet.truth(20)["at"]
    assert fleet.advance(7 * 86_400) == before + 7 * 86_400
    assert number_of(manager.ask(printer, ber.GET, LIFE_COUNT).values[0]) > number_of(first[0])


def test_any_instant_can_be_asked_for(fleet: PrinterFleet) -> None:
    now = fleet.truth(21)
    past = fleet.truth(21, at=now["at"] - 86_400 * 30)
    assert past["counters"]["total"] < now["counters"]["total"]
    assert fleet.truth(21) == now
