"""Import and export of a month: what is shown is what is applied, once; a failure leaves the month as it was."""

from __future__ import annotations

import io
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from sheets import ApplyRefusedError, SheetError, read_table, write_table

from inventory.tests.factories import make_organization
from monthly_report.models import BulkChangeLog, CounterChangeLog, MonthlyReport, PrinterModelSpec
from monthly_report.rules.editing import Person
from monthly_report.services.columns import COLUMNS, OUT_KEYS
from monthly_report.services.editing import Editor, edit_cells
from monthly_report.services.exporting import export_month
from monthly_report.services.import_sessions import UndoRefusedError, Wanted, apply_session, open_session, undo_session
from monthly_report.services.importing import Applied, look_through
from monthly_report.services.listing import rows_of
from monthly_report.tests.factories import CLIENT, MONTH, make_row, open_month, sheet

pytestmark = pytest.mark.django_db
NOBODY = Editor(Person(starts=True, ends=True))
ROW = {
    "№ п/п": 1,
    "Серийный номер оборудования": "AB1",
    "Модель и наименование оборудования": "HP M507",
    "A4 ч/б начало": 100,
    "A4 ч/б конец": 250,
    "Нормативное время доступности (A)": 720,
    "Фактическое время недоступности (D)": 36,
    "Количество не просроченных запросов (L)": 9,
    "Общее количество запросов (W)": 10,
}


@pytest.fixture(autouse=True)
def client_alpha():
    return make_organization(CLIENT)


def bring_in(content: bytes, *, replace: bool = False, leave_out: bool = False) -> Applied:
    session = open_session("month.xlsx", content, Wanted(MONTH, replace), None)
    return apply_session(session.pk, session.token, NOBODY, leave_out_errors=leave_out)


def state() -> list[dict[str, Any]]:
    return [dict(row) for row in MonthlyReport.objects.order_by("id").values()]


def exported() -> bytes:
    return b"".join(export_month(rows_of(MONTH), MONTH, "xlsx"))


class TestApplying:
    def test_figures_are_there_at_once(self):
        assert bring_in(sheet([ROW])).as_json() == {"created": 1, "updated": 0, "removed": 0, "specs": 1}
        row = MonthlyReport.objects.get()
        assert (row.total_prints, row.k1, row.k2, row.part) == (150, 95.0, 90.0, "ALL")
        assert PrinterModelSpec.objects.get().enforce is False

    def test_the_same_file_twice_changes_nothing(self):
        bring_in(sheet([ROW]))
        before = state()
        assert bring_in(sheet([ROW])).as_json() == {"created": 0, "updated": 0, "removed": 0, "specs": 0}
        assert state() == before

    def test_two_rows_of_a_device_are_its_papers(self):
        a3 = {"№ п/п": 2, "Серийный номер оборудования": "ab 1", "A3 ч/б начало": 5, "A3 ч/б конец": 8}
        bring_in(sheet([ROW, a3]))
        assert [(row.part, row.total_prints) for row in rows_of(MONTH)] == [("A4", 150), ("A3", 3)]

    def test_a_press_twice_applies_once(self):
        session = open_session("m.xlsx", sheet([ROW]), Wanted(MONTH), None)
        apply_session(session.pk, session.token, NOBODY, leave_out_errors=False)
        with pytest.raises(ApplyRefusedError, match="already"):
            apply_session(session.pk, session.token, NOBODY, leave_out_errors=False)

    def test_a_month_that_changed_meanwhile_is_shown_again_first(self):
        session = open_session("m.xlsx", sheet([ROW]), Wanted(MONTH), None)
        bring_in(sheet([{**ROW, "A4 ч/б конец": 300}]))
        with pytest.raises(ApplyRefusedError, match="out of date"):
            apply_session(session.pk, session.token, NOBODY, leave_out_errors=False)
        session.refresh_from_db()
        assert session.counts == {"update": 1}
        assert MonthlyReport.objects.get().a4_bw_end == 300

    def test_replacing_removes_what_the_file_lacks_and_merging_does_not(self):
        bring_in(sheet([ROW, {"Серийный номер оборудования": "OTHER"}]))
        assert bring_in(sheet([ROW])).removed == 0
        assert bring_in(sheet([ROW]), replace=True).removed == 1
        assert [row.serial_number for row in rows_of(MONTH)] == ["AB1"]

    def test_columns_that_the_file_lacks_are_left_as_they_are(self):
        bring_in(sheet([ROW]))
        short = sheet(
            [{"Серийный номер оборудования": "AB1", "A4 ч/б конец": 260}],
            ["Организация", "Серийный номер оборудования", "A4 ч/б конец"],
        )
        assert bring_in(short).updated == 1
        row = MonthlyReport.objects.get()
        assert (row.a4_bw_start, row.a4_bw_end, row.k1, row.equipment_model) == (100, 260, 95.0, "HP M507")
        change = CounterChangeLog.objects.get()
        assert (change.field_name, change.old_value, change.new_value) == ("a4_bw_end", 250, 260)
        assert change.change_source == "excel_upload"


class TestRefusing:
    @pytest.mark.parametrize(
        ("row", "code"),
        [
            ({"Организация": "Nobody"}, "UNKNOWN_ORGANIZATION"),
            ({"A4 ч/б конец": "12,5"}, "NOT_WHOLE"),
            ({"A4 ч/б конец": -1}, "OUT_OF_RANGE"),
            ({"A4 ч/б конец": 100_000_001}, "OUT_OF_RANGE"),
            ({"Серийный номер оборудования": "1.2E+11"}, "SHORTENED"),
        ],
    )
    def test_a_bad_row_stops_the_import_unless_left_out_on_purpose(self, row: dict[str, Any], code: str):
        make_row(serial_number="KEEP")
        before = state()
        content = sheet([{**ROW, **row}, {"Серийный номер оборудования": "GOOD"}])
        assert code in look_through(content, MONTH, replace=True).codes()
        with pytest.raises(ApplyRefusedError, match="errors"):
            bring_in(content, replace=True)
        assert state() == before
        assert bring_in(content, leave_out=True).as_json()["created"] == 1

    def test_a_third_row_and_a_figure_on_the_wrong_paper(self):
        serial = "Серийный номер оборудования"
        rows: list[dict[str, Any]] = [
            {serial: "X1", "A4 ч/б конец": 1},
            {serial: "X1", "A4 ч/б конец": 2},
            {serial: "X1"},
        ]
        preview = look_through(sheet(rows), MONTH, replace=False)
        assert preview.codes() == {"OTHER_PART": 1, "THIRD_ROW": 1}

    def test_a_row_of_half_a_device_is_not_guessed(self):
        bring_in(sheet([ROW, {"Серийный номер оборудования": "AB1", "A3 ч/б конец": 1}]))
        assert look_through(sheet([ROW]), MONTH, replace=False).codes() == {"PART_DIFFERS": 1}
        assert look_through(sheet([ROW]), MONTH, replace=True).counts() == {"new": 1, "removed": 2}

    def test_what_is_no_spreadsheet_leaves_nothing_behind(self):
        from monthly_report.models import MonthImport

        with pytest.raises(SheetError):
            open_session("x.xlsx", b"PK\x03\x04 broken", Wanted(MONTH), None)
        assert not MonthImport.objects.exists()

    def test_a_failure_in_the_middle_leaves_the_month_as_it_was(self, monkeypatch: pytest.MonkeyPatch):
        bring_in(sheet([ROW]))
        before = state()

        def fail(*_args: Any) -> None:
            raise RuntimeError("power cut")

        monkeypatch.setattr("monthly_report.services.import_sessions._close", fail)
        with pytest.raises(RuntimeError):
            bring_in(sheet([{"Серийный номер оборудования": "NEW"}]), replace=True)
        assert state() == before


class TestUndoing:
    def test_everything_is_as_before(self):
        make_row(serial_number="GONE", a4_bw_end=5)
        bring_in(sheet([ROW]))
        before = [{k: v for k, v in row.items() if k != "version"} for row in state()]
        session = open_session("m.xlsx", sheet([{**ROW, "A4 ч/б конец": 999}]), Wanted(MONTH, replace=True), None)
        apply_session(session.pk, session.token, NOBODY, leave_out_errors=False)
        undo_session(session.pk, NOBODY, timezone.now())
        assert [{k: v for k, v in row.items() if k != "version"} for row in state()] == before
        assert set(BulkChangeLog.objects.values_list("operation_type", flat=True)) == {"excel_upload", "upload_undone"}

    def test_work_done_since_is_not_lost(self):
        open_month()
        session = open_session("m.xlsx", sheet([ROW]), Wanted(MONTH, edit_until=open_month().edit_until), None)
        apply_session(session.pk, session.token, NOBODY, leave_out_errors=False)
        edit_cells(MonthlyReport.objects.get().pk, {"a4_bw_end": 260}, {}, NOBODY, timezone.now())
        with pytest.raises(UndoRefusedError):
            undo_session(session.pk, NOBODY, timezone.now())


class TestRoundTrip:
    def test_an_export_imports_again_without_a_difference(self):
        bring_in(
            sheet(
                [
                    {**ROW, "Филиал": "=1+1", "Город": "Иркутск", "Инв номер": "007"},
                    {"№ п/п": 7, "Серийный номер оборудования": "A3", "A4 ч/б конец": 0},
                    {"№ п/п": 8, "Серийный номер оборудования": "A3", "A3 цвет начало": 0, "A3 цвет конец": 4},
                    {"№ п/п": 9, "Инв номер": "5"},
                ]
            )
        )
        preview = look_through(exported(), MONTH, replace=True)
        assert preview.counts() == {"same": 4}
        assert preview.codes() == {}

    def test_every_title_we_write_is_one_we_read_or_work_out(self):
        file = io.BytesIO(exported())
        with read_table(file, header_row=1) as table:
            assert table.header is not None
            titles = [str(cell) for cell in table.header.cells]
        assert len(titles) == len(OUT_KEYS) == 23
        known = {column.title for column in COLUMNS}
        assert [title for title in titles if title not in known] == [
            "Итого отпечатков шт.",
            "K1 = ((A - D)/A)*100%",
            "K2 = (L/W)*100%",
        ]

    @pytest.mark.parametrize(
        ("title", "key"),
        [
            ("Показание счётчика А4 ч/б на начало периода", "a4_bw_start"),
            ("Показание счетчика A3 цветные на конец периода", "a3_color_end"),
            ("А3 моно (окончание)", "a3_bw_end"),
            ("a4 color start", "a4_color_start"),
            ("A4 Ч/Б конец", "a4_bw_end"),
            ("Серийный №", "serial_number"),
            ("A норматив", "normative_availability"),
            ("D недоступность", "actual_downtime"),
            ("L непросроченные", "non_overdue_requests"),
            ("W общее", "total_requests"),
        ],
    )
    def test_titles_as_people_write_them(self, title: str, key: str):
        from sheets import match_headers
        from sheets.reading import Row

        assert match_headers(Row(1, (title,)), COLUMNS).positions == {key: 0}

    def test_a_row_that_numbers_the_columns_is_dropped(self):
        file = io.BytesIO()
        titles = ["№ п/п", "Организация", "Серийный номер", "A4 ч/б конец"]
        write_table(file, titles, [[1, 2, 3, 4], [1, CLIENT, "SN", 10]])
        assert look_through(file.getvalue(), MONTH, replace=False).counts() == {"new": 1}

    def test_an_import_costs_as_many_statements_for_many_rows_as_for_few(self):
        def statements(count: int, start: int) -> int:
            rows = [{"Серийный номер оборудования": f"N{start + one}", "A4 ч/б конец": one} for one in range(count)]
            session = open_session("m.xlsx", sheet(rows), Wanted(MONTH), None)
            with CaptureQueriesContext(connection) as captured:
                apply_session(session.pk, session.token, NOBODY, leave_out_errors=False)
            return len(captured)

        statements(1, 10_000)  # the month gets its row
        assert statements(3, 0) == statements(300, 1000)


def test_hours_are_read_to_the_hundredth():
    column = next(one for one in COLUMNS if one.key == "actual_downtime")
    assert [column.parse(cell) for cell in (1e-308, "7,5", 0.005, 719.999)] == [0.0, 7.5, 0.0, 720.0]
