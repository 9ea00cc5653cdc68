"""The rules of a month by example and by property."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inventory.rules.months import bounds, make_month, next_month, parse_month, previous_month
from monthly_report.rules.anomalies import judge
from monthly_report.rules.comparing import MonthDevice, compare
from monthly_report.rules.devices import device_key, parts_of
from monthly_report.rules.downtime import DOWNTIME
from monthly_report.rules.editing import Person, RowFacts, Spec, clean_value, is_locked, refusals
from monthly_report.rules.figures import COUNTERS, ENDS, KINDS, Part, k1, k2, pages
from monthly_report.rules.taking_over import by_device, take_over

NOW = datetime(2026, 3, 20, tzinfo=UTC)
WEEK = timedelta(days=7)


class TestMonths:
    def test_a_month_begins_and_ends_by_the_clock_of_its_zone(self):
        since, until = bounds(date(2026, 2, 1), ZoneInfo("Asia/Irkutsk"))
        assert since.astimezone(UTC) == datetime(2026, 1, 31, 16, tzinfo=UTC)
        assert until.astimezone(UTC) == datetime(2026, 2, 28, 16, tzinfo=UTC)

    @given(st.integers(2001, 2098), st.integers(1, 12))
    def test_the_month_before_the_next_is_the_month(self, year: int, month: int):
        this = make_month(year, month)
        assert previous_month(next_month(this)) == this == next_month(previous_month(this))
        assert parse_month(f"{this:%Y-%m}") == this

    @pytest.mark.parametrize("text", ["2026", "2026-13", "26-01", "2026-1x", "٢٠٢٦-01", "2026-001", "1999-12", ""])
    def test_what_is_no_month(self, text: str):
        with pytest.raises(ValueError, match=r"month|year"):
            parse_month(text)


class TestFigures:
    def test_availability_and_requests(self):
        assert (k1(720, 36), k1(720, 0), k1(720, 900), k1(0, 5), k1(100, -3)) == (95.0, 100.0, 0.0, 0.0, 100.0)
        assert (k2(9, 10), k2(0, 10), k2(3, 0), k2(12, 10)) == (90.0, 0.0, 0.0, 100.0)

    def test_the_database_knows_the_same_parts(self):
        from monthly_report.models.report import Part as Stored

        assert Stored.values == [part.value for part in Part]

    def test_a_part_bills_its_paper_only(self):
        row = {"a4_bw_start": 10, "a4_bw_end": 30, "a3_color_start": 1, "a3_color_end": 6, "a3_bw_start": 4}
        assert (pages("ALL", row), pages("A4", row), pages("A3", row)) == (25, 20, 5)
        assert pages("A4", {"a4_bw_start": 30, "a4_bw_end": 10}) == -20


class TestDevices:
    def test_the_serial_number_decides_where_there_is_one(self):
        assert device_key(" ab 12 ", "77") == device_key("AB12", "78") == "S:AB12"
        assert device_key("", " 77 ") == device_key("N/A", "77") == "I:77"
        assert device_key("", "", 5) == "N:5"

    def test_one_row_is_the_device_two_are_its_papers_a_third_has_none(self):
        keys = ["S:A", "S:B", "S:A", "S:B", "S:B", "S:C"]
        assert parts_of(keys) == [Part.A4, Part.A4, Part.A3, Part.A3, None, Part.ALL]

    @given(st.lists(st.sampled_from("ABCDE"), max_size=20))
    def test_no_part_of_a_device_is_given_twice(self, keys: list[str]):
        given_out = [(key, part) for key, part in zip(keys, parts_of(keys), strict=True) if part]
        assert len(set(given_out)) == len(given_out)
        assert {key for key, _part in given_out} == set(keys)


class TestAnomalies:
    def test_below_zero_and_far_above_the_usual(self):
        assert judge(-5, None, 0).kind == "negative"
        assert judge(3001, 1000, 3).kind == "excess"
        assert judge(3000, 1000, 3).kind == ""
        assert judge(-5, -5000, 2).kind == "negative+excess"
        assert judge(3001, 1000, 3).as_json()["percentage"] == 200.1
        assert judge(10_001, None, 0).high


class TestEditing:
    everything = Person(starts=True, ends=True)

    def refused(self, row: RowFacts, spec: Spec | None = None, person: Person = everything, *, is_open: bool = True):
        return refusals(row, spec or Spec(), person, is_open=is_open, now=NOW, fresh=WEEK)

    def test_the_first_reason_is_told(self):
        row = RowFacts("ALL", None, has_auto=False)
        assert self.refused(row) == {}
        assert set(self.refused(row, is_open=False).values()) == {"closed"}
        assert self.refused(row, person=Person(starts=True)) == dict.fromkeys((*ENDS, DOWNTIME), "no_permission")

    def test_a_part_and_a_model_have_only_their_counters(self):
        refused = self.refused(RowFacts("A4", None, has_auto=False), Spec(enforce=True, paper_format="A4"))
        assert {name for name in COUNTERS if name not in refused} == {"a4_bw_start", "a4_bw_end"}
        assert refused["a3_bw_end"] == "other_part"
        assert refused["a4_color_end"] == "not_of_model"

    def test_what_the_device_told_lately_is_kept_from_people(self):
        fresh = RowFacts("ALL", NOW - WEEK, has_auto=True)
        assert self.refused(fresh) == dict.fromkeys(ENDS, "locked")
        assert self.refused(RowFacts("ALL", NOW - WEEK - timedelta(seconds=1), has_auto=True)) == {}
        assert self.refused(RowFacts("ALL", NOW, has_auto=False)) == {}
        assert self.refused(fresh, Spec(allow_manual_edit=True)) == {}
        assert self.refused(fresh, person=Person(starts=True, ends=True, past_locks=True)) == {}
        assert self.refused(RowFacts("ALL", NOW, has_auto=True, override=True)) == {}
        assert is_locked(RowFacts("ALL", None, has_auto=False, override=False), Spec(), self.everything, NOW, WEEK)

    def test_typed_counters(self):
        assert [clean_value(one) for one in ("1 234", "0", 7, "", None, "100000000")] == [1234, 0, 7, None, None, 10**8]
        refused: list[object] = ["-1", "1.5", "1,000", "100000001", "9" * 40, "٣", True, 1.0, "x", []]
        for bad in refused:
            with pytest.raises(ValueError, match="is "):
                clean_value(bad)


class TestTakingOver:
    allowed = Spec().counters()

    def test_what_a_person_wrote_stays_and_what_is_not_told_too(self):
        ends = {"a4_bw": 10, "a4_color": 20, "a3_bw": 30}
        told = {"a4_bw": 11, "a4_color": 22, "a3_bw": None, "a3_color": 4}
        taken = take_over("ALL", ends, {"a4_color": True}, told, self.allowed)
        assert dict(zip(KINDS, taken.ends, strict=True)) == {
            "a4_bw": 11,
            "a4_color": 20,
            "a3_bw": 30,
            "a3_color": 4,
        }
        assert taken.auto == (11, 22, None, 4)

    def test_a_part_takes_its_paper_and_a_model_its_counters(self):
        told = dict.fromkeys(KINDS, 5)
        assert take_over("A3", {}, {}, told, self.allowed).ends == (None, None, 5, 5)
        mono = Spec(enforce=True, paper_format="A4").counters()
        assert take_over("ALL", {}, {}, told, mono).ends == (5, None, None, None)

    def test_a_printer_in_use_comes_before_a_retired_one_with_its_number(self):
        class Reading:
            def __init__(self, serial: str, name: str, *, is_active: bool) -> None:
                self.serial, self.name, self.is_active = serial, name, is_active

        found = by_device(
            [
                Reading("a1", "old", is_active=True),
                Reading("A1", "new", is_active=True),
                Reading("A1", "retired", is_active=False),
                Reading("", "nameless", is_active=True),
            ]
        )
        assert {key: one.name for key, one in found.items()} == {"S:A1": "new"}


class TestComparing:
    def test_who_came_went_and_fell_silent(self):
        def device(key: str, facts: str = "") -> MonthDevice:
            return MonthDevice(key, key, "address" in facts, "itself" in facts)

        before = [device("gone"), device("won"), device("lost", "address"), device("quiet", "address itself")]
        after = [device("won", "address"), device("lost"), device("quiet", "address"), device("new")]
        found = compare(before, after)
        assert [[one.key for one in group] for group in (found.added, found.removed)] == [["new"], ["gone"]]
        assert [one.key for one in found.address_gained] == ["won"]
        assert [one.key for one in found.address_lost] == ["lost"]
        assert [one.key for one in found.recoverable] == ["quiet"]
