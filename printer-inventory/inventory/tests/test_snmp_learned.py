"""Learning a printer once, then asking it one packet; and what makes it worth learning anew."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from inventory.polling.snmp.collector import Learned
from inventory.polling.snmp.plan import age_limit
from inventory.tests.snmp_agents import KYOCERA, NOW, Agent, kept, poll, reading_of, rows_of, serving, with_values


@pytest.fixture
def kyocera() -> Iterator[Agent]:
    """A printer that answers rightly."""
    with serving(rows_of(KYOCERA)) as agent:
        yield agent


@pytest.mark.parametrize("walk", [KYOCERA, "epson_colorworks-cw", "brother_dcp-l3550cdw"])
def test_a_live_poll_reads_what_the_recorded_walk_reads(walk: str) -> None:
    with serving(rows_of(walk)) as agent:
        outcome = poll(agent)
    assert outcome.error is None
    assert outcome.reading == reading_of(rows_of(walk))


@pytest.mark.parametrize("walk", [KYOCERA, "epson_colorworks-cw", "brother_dcp-l3550cdw"])
def test_a_learned_printer_is_read_whole_with_one_packet(walk: str) -> None:
    with serving(rows_of(walk)) as agent:
        first = poll(agent)
        before = len(agent.requests)
        second = poll(agent, kept(first), now=NOW + 300)
        assert len(agent.requests) - before == 1 == second.packets
    assert second.reading == first.reading


def test_a_refresh_sees_what_has_changed(kyocera: Agent) -> None:
    learned = kept(poll(kyocera))
    kyocera.load(with_values(rows_of(KYOCERA), o1_3_6_1_2_1_43_10_2_1_4_1_1=7500, o1_3_6_1_2_1_43_11_1_1_9_1_1=3600))
    outcome = poll(kyocera, learned, now=NOW + 60)
    assert outcome.packets == 1
    assert outcome.reading is not None
    assert outcome.reading.total == 7500
    assert outcome.reading.supplies[0].percent == 50
    assert outcome.reading.serial == "VD21457943"
    assert outcome.learned is learned


@pytest.mark.parametrize(
    ("changes", "seen"),
    [
        pytest.param({"o1_3_6_1_4_1_1347_43_5_1_1_28_1": b"NEWBOARD01"}, ("serial", "NEWBOARD01"), id="board swapped"),
        pytest.param({"o1_3_6_1_2_1_1_3_0": 100}, ("uptime_seconds", 1), id="restarted"),
        pytest.param({"o1_3_6_1_2_1_43_11_1_1_9_1_2": None}, ("serial", "VD21457943"), id="a row vanished"),
    ],
)
def test_a_changed_printer_is_learned_anew(kyocera: Agent, changes: dict[str, Any], seen: tuple[str, Any]) -> None:
    learned = kept(poll(kyocera))
    kyocera.load(with_values(rows_of(KYOCERA), **changes))
    outcome = poll(kyocera, learned, now=NOW + 3700)
    assert outcome.packets > 1
    assert outcome.learned is not learned
    assert getattr(outcome.reading, seen[0]) == seen[1]


def test_a_new_cartridge_is_noticed_by_its_level(kyocera: Agent) -> None:
    worn = with_values(rows_of(KYOCERA), o1_3_6_1_2_1_43_11_1_1_9_1_1=100)
    kyocera.load(worn)
    learned = kept(poll(kyocera))
    kyocera.load(with_values(worn, o1_3_6_1_2_1_43_11_1_1_9_1_1=7200, o1_3_6_1_2_1_43_11_1_1_6_1_1=b"TK-1164"))
    outcome = poll(kyocera, learned, now=NOW + 60)
    assert outcome.reading is not None
    assert (outcome.reading.supplies[0].part_number, outcome.reading.supplies[0].percent) == ("TK-1164", 100)


def test_another_device_at_the_address_gives_its_own_reading(kyocera: Agent) -> None:
    learned = kept(poll(kyocera))
    kyocera.load(rows_of("epson_colorworks-cw"))
    outcome = poll(kyocera, learned)
    assert outcome.reading is not None
    assert (outcome.reading.manufacturer, outcome.reading.serial) == ("Epson", "X7F4008528")


def test_what_was_learned_is_forgotten_after_a_day(kyocera: Agent) -> None:
    learned = kept(poll(kyocera))
    for hours, learns in ((19, False), (25, True)):
        kyocera.load(with_values(rows_of(KYOCERA), o1_3_6_1_2_1_1_3_0=181301465 + hours * 360_000))
        assert (poll(kyocera, learned, now=NOW + hours * 3600).packets > 1) is learns


def test_a_fleet_learned_at_once_is_not_learned_anew_at_once() -> None:
    limits = {age_limit(Learned(watch={"1.3": f"{number:08x}"})) for number in range(300)}
    assert len(limits) > 200
    assert 20 * 3600 <= min(limits) < max(limits) <= 24 * 3600


def test_a_printer_that_restarts_whenever_it_wakes_is_not_learned_each_time(kyocera: Agent) -> None:
    learned = kept(poll(kyocera))
    kyocera.load(with_values(rows_of(KYOCERA), o1_3_6_1_2_1_1_3_0=100))
    assert poll(kyocera, learned, now=NOW + 1800).packets == 1


def test_a_counter_that_falls_is_reported_as_it_stands(kyocera: Agent) -> None:
    learned = kept(poll(kyocera))
    kyocera.load(with_values(rows_of(KYOCERA), o1_3_6_1_2_1_43_10_2_1_4_1_1=12))
    outcome = poll(kyocera, learned, now=NOW + 60)
    assert outcome.reading is not None
    assert outcome.reading.total == 12


def test_new_alerts_are_read_when_the_state_changes(kyocera: Agent) -> None:
    learned = kept(poll(kyocera))
    jam = {"o1_3_6_1_2_1_25_3_5_1_2_1": b"\x04", "o1_3_6_1_2_1_43_18_1_1_7_1_2": 8}
    kyocera.load(with_values(rows_of(KYOCERA), **jam))  # type: ignore[arg-type]
    outcome = poll(kyocera, learned, now=NOW + 60)
    assert outcome.reading is not None
    assert outcome.reading.errors == ("jammed",)
    assert "jam" in {alert.code_name for alert in outcome.reading.alerts}
    assert outcome.packets == 2
    again = poll(kyocera, kept(outcome), now=NOW + 120)
    assert (again.packets, again.reading) == (1, outcome.reading)
