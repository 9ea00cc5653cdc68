"""Plain rules, by example and by property."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inventory.polling.reading import COUNTERS, DeviceReading, Supply
from inventory.rules.derive import DerivedCounters, derive
from inventory.rules.due import next_due, phase_of
from inventory.rules.history import Believed, HistoryLimits, HistoryVerdict, check_history, usual_rate
from inventory.rules.identity import Identity, check_identity, normal_mac, normal_serial
from inventory.rules.networks import Networks

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
CYAN = Supply(index="1.2", kind="toner", color="cyan")


class TestIdentity:
    @pytest.mark.parametrize(
        ("stored", "polled", "rule"),
        [
            (Identity("A1", "00:11:22:33:44:55"), Identity("A1", "00:11:22:33:44:55"), "SN_MAC"),
            (Identity("A1", "00:11:22:33:44:55"), Identity("A1", "66:77:88:99:AA:BB"), "SN_ONLY"),
            (Identity("A1", ""), Identity("A1", "66:77:88:99:AA:BB"), "SN_ONLY"),
            (Identity("A1", "00:11:22:33:44:55"), Identity("", "00:11:22:33:44:55"), "MAC_ONLY"),
            (Identity("", "00:11:22:33:44:55"), Identity("B2", "00:11:22:33:44:55"), "MAC_ONLY"),
            (Identity(), Identity("A1", "00:11:22:33:44:55"), "SN_MAC"),
            (Identity(), Identity("", "00:11:22:33:44:55"), "MAC_ONLY"),
        ],
    )
    def test_the_same_device_is_recognised(self, stored: Identity, polled: Identity, rule: str) -> None:
        verdict = check_identity(stored, polled)
        assert (verdict.accepted, verdict.rule) == (True, rule)

    @pytest.mark.parametrize(
        ("stored", "polled", "kind"),
        [
            (Identity("A1", "00:11:22:33:44:55"), Identity("B2", "66:77:88:99:AA:BB"), "device"),
            (Identity("A1", ""), Identity("B2", "66:77:88:99:AA:BB"), "device"),
            (Identity("A1", "00:11:22:33:44:55"), Identity("", "66:77:88:99:AA:BB"), "device"),
            (Identity("A1", "00:11:22:33:44:55"), Identity("B2", "00:11:22:33:44:55"), "board"),
            (Identity("A1", ""), Identity(), "anonymous"),
            (Identity(), Identity(), "anonymous"),
        ],
    )
    def test_another_device_is_refused_with_both_facts_named(
        self, stored: Identity, polled: Identity, kind: str
    ) -> None:
        verdict = check_identity(stored, polled)
        assert (verdict.accepted, verdict.kind) == (False, kind)
        assert polled.serial in verdict.reason
        assert stored.serial in verdict.reason or kind == "anonymous"

    def test_a_foreign_mac_never_becomes_the_proof_of_itself(self) -> None:
        assert not check_identity(Identity("MINE", ""), Identity("OTHER", "66:77:88:99:AA:BB")).accepted

    @pytest.mark.parametrize(
        ("text", "serial"),
        [
            (" mine4\x00\xff", "MINE4"),
            ("a b\tc", "ABC"),
            ("", ""),
            ("0000-0000", ""),
            ("XXXXXXX", ""),
            ("n/a", ""),
            ("X0123", "X0123"),
        ],
    )
    def test_serials_are_compared_without_case_and_padding(self, text: str, serial: str) -> None:
        assert normal_serial(text) == serial

    @pytest.mark.parametrize(
        ("text", "mac"),
        [
            ("001b.a912.3456", "00:1B:A9:12:34:56"),
            ("00-00-00-00-00-00", ""),
            ("FF:FF:FF:FF:FF:FF", ""),
            ("12345", ""),
            ("nonsense", ""),
        ],
    )
    def test_mac_addresses_have_one_form(self, text: str, mac: str) -> None:
        assert normal_mac(text) == mac


def believed(usual: float | None = None, **counters: int) -> Believed:
    """Return a believed reading of an hour ago."""
    return Believed(counters, derive(DeviceReading(counters=counters)), NOW - HOUR, usual)


def judged(previous: Believed | None, elapsed: timedelta | None = HOUR, **counters: int) -> HistoryVerdict:
    """Return the verdict on counters that follow what was believed."""
    return check_history(
        previous, counters, derive(DeviceReading(counters=counters)), elapsed, HistoryLimits(fastest=100)
    )


class TestHistory:
    @pytest.mark.parametrize(
        ("previous", "current", "elapsed", "kind"),
        [
            (10, 10, HOUR, "ok"),
            (10, 5010, HOUR, "ok"),
            (10, 5011, HOUR, "jump"),
            (10, 1011, timedelta(minutes=1), "jump"),
            (10, 1010, timedelta(minutes=1), "ok"),
            (10, 10_010, 48 * HOUR, "ok"),
            (10, 10_011, 48 * HOUR, "jump"),
            (10, 300_010, 24 * HOUR * 31, "ok"),
            (10, 10_000_010, 24 * HOUR * 31, "jump"),
            (10_000, 9_999, HOUR, "rollback"),
            (10_000, 5_001, HOUR, "rollback"),
            (10_000, 4_999, HOUR, "reset"),
            (10_000, 0, HOUR, "reset"),
            (1_000_000, 6_000, HOUR, "rollback"),
            (10_000, 0, timedelta(0), "reset"),
            (10_000, 10_001, -HOUR, "ok"),
        ],
    )
    def test_verdicts_on_a_total(self, previous: int, current: int, elapsed: timedelta, kind: str) -> None:
        verdict = judged(believed(total=previous), elapsed, total=current)
        assert verdict.kind == kind
        assert verdict.accepted == (kind == "ok") == (verdict.reason == "")

    def test_a_first_reading_is_believed_and_an_answer_without_counters_is_not(self) -> None:
        assert judged(None, None, total=5).accepted
        assert judged(None, None).kind == judged(believed(total=5)).kind == "silent"

    def test_a_busy_printer_may_print_what_it_usually_prints(self) -> None:
        rise = {"total": 40_000}
        assert judged(believed(total=0), 24 * HOUR, **rise).kind == "jump"
        assert judged(believed(total=0, usual=300.0), 24 * HOUR, **rise).accepted

    def test_the_usual_rate_follows_what_is_printed(self) -> None:
        rate = None
        for _ in range(24 * 60):
            rate = usual_rate(rate, 120, HOUR)
        assert rate is not None
        assert 119 < rate <= 120.001
        assert usual_rate(rate, 0, 24 * HOUR * 365) < 1e-9
        assert usual_rate(None, 100, timedelta(0)) == 0.0

    def test_colour_that_is_no_longer_counted_is_missing_not_a_drop(self) -> None:
        verdict = judged(believed(total=100, color=30), total=101)
        assert (verdict.kind, "color" in verdict.reason) == ("missing", True)

    def test_a_device_that_tells_more_than_before_begins_a_baseline(self) -> None:
        verdict = judged(believed(total=100, color=0), total=101, color=0, a3=20)
        assert (verdict.kind, verdict.accepted) == ("refined", True)

    def test_a_split_that_falls_while_the_total_goes_on_is_doubted(self) -> None:
        verdict = judged(believed(total=100, color=60), total=101, color=20)
        assert (verdict.kind, verdict.reason) == ("rollback", "A4 colour went back from 60 to 20.")

    def test_forgotten_scans_are_noted_and_refuse_nothing(self) -> None:
        verdict = judged(believed(total=100, scan=50), total=101, scan=3)
        assert verdict.accepted
        assert [(one.counter, one.kind) for one in verdict.findings] == [("scan", "reset")]

    def test_figures_of_another_rule_are_not_compared(self) -> None:
        older = Believed({"total": 100}, None, NOW - HOUR)
        assert judged(older, total=101, color=101).kind == "ok"
        assert judged(older, total=99).kind == "rollback"

    @given(
        before=st.dictionaries(st.sampled_from(COUNTERS), st.integers(0, 10**7)),
        now=st.dictionaries(st.sampled_from(COUNTERS), st.integers(0, 10**7)),
    )
    def test_a_believed_total_never_goes_back(self, before: Any, now: Any) -> None:
        verdict = judged(believed(**before), **now)
        old, new = derive(DeviceReading(counters=before)).total, derive(DeviceReading(counters=now)).total
        if verdict.accepted and old is not None:
            assert new is not None
            assert old <= new <= old + 5000
        assert verdict.accepted == (verdict.reason == "")


class TestDerive:
    def test_a_mono_device_without_sizes_prints_a4_black(self) -> None:
        assert derive(DeviceReading(counters={"total": 10})) == DerivedCounters(10, 0, 0, 0, 10)

    def test_a_colour_device_without_a_split_prints_a4_colour(self) -> None:
        assert derive(DeviceReading(counters={"total": 10}, supplies=(CYAN,))) == DerivedCounters(0, 10, 0, 0, 10)

    def test_the_devices_own_split_is_kept(self) -> None:
        counters = {"total": 100, "bw_a4": 40, "bw_a3": 10, "color_a4": 45, "color_a3": 5}
        assert derive(DeviceReading(counters=counters)) == DerivedCounters(40, 45, 10, 5, 100)

    def test_black_follows_from_total_and_colour(self) -> None:
        assert derive(DeviceReading(counters={"total": 100, "color": 30})) == DerivedCounters(70, 30, 0, 0, 100)

    def test_a_page_between_two_counters_of_a_mono_device_is_no_colour_page(self) -> None:
        assert derive(DeviceReading(counters={"total": 100, "bw": 99})) == DerivedCounters(99, 0, 0, 0, 100)

    def test_a3_of_a_mono_device_is_black(self) -> None:
        assert derive(DeviceReading(counters={"total": 100, "a3": 20})) == DerivedCounters(80, 0, 20, 0, 100)

    def test_nothing_known_stays_unknown(self) -> None:
        assert derive(DeviceReading()) == DerivedCounters()

    @given(total=st.integers(0, 10**9), color=st.integers(0, 10**9), a3=st.integers(0, 10**9))
    def test_no_counter_is_ever_negative(self, total: int, color: int, a3: int) -> None:
        derived = derive(DeviceReading(counters={"total": total, "color": color, "color_a3": a3}))
        assert all(value is None or value >= 0 for value in (derived.bw_a4, derived.color_a4, derived.bw_a3))


class TestDue:
    @given(
        seconds=st.integers(60, 86_400),
        phase=st.floats(0, 0.999),
        failures=st.integers(0, 40),
        after=st.integers(0, 10**7),
    )
    def test_the_next_due_time_lies_ahead_but_no_further_than_the_step(
        self, seconds: int, phase: float, failures: int, after: int
    ) -> None:
        now, interval, longest = NOW + timedelta(seconds=after), timedelta(seconds=seconds), timedelta(hours=4)
        due = next_due(now, interval, phase, failures, longest)
        assert now < due <= now + max(interval, longest) + timedelta(milliseconds=1)

    def test_the_grid_does_not_drift(self) -> None:
        due = NOW
        times = [due := next_due(due + timedelta(seconds=7), HOUR, 0.25, 0, HOUR) for _ in range(50)]
        assert {time.minute for time in times} == {15}

    def test_silent_printers_are_asked_less_often(self) -> None:
        steps = [next_due(NOW, timedelta(minutes=1), 0.0, failures, HOUR) - NOW for failures in (0, 2, 6, 40)]
        assert steps[0] == steps[1] == timedelta(minutes=1)
        assert steps[1] < steps[2] <= steps[3] <= HOUR

    def test_any_run_of_printers_is_spread_over_the_interval(self) -> None:
        phases = sorted(phase_of(number) for number in range(5000, 5100))
        gaps = [after - before for before, after in pairwise(phases)]
        assert max(gaps) < 0.03


class TestNetworks:
    def test_only_listed_networks_are_asked(self) -> None:
        networks = Networks.parse(["10.0.0.0/8", "fd00::/8"])
        assert networks.allow("10.1.2.3")
        assert networks.allow("::ffff:10.1.2.3")
        assert networks.allow("fd00::1")
        for address in ("11.0.0.1", "127.0.0.1", "169.254.169.254", "2130706433", "printer.example", ""):
            assert not networks.allow(address)
