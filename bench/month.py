"""The month: what taking counters over, the page and the file cost in statements, and in memory as polls pile up.

    sync_queries_2000, sync_queries_20000   statements of one takeover in which every row changes                    gate 12
    sync_seconds_2000                       wall seconds of that takeover (PostgreSQL's time counts)
    sync_memory_growth                      peak of Python's allocations with 200 polls per printer / with 10       gate 1.2
    month_page_queries                      the page and its rows (500 of 20,000), the worse of the two requests    gate 8
    export_queries                          20,000 rows as Excel, and as CSV, the worse of the two                  gate 8

    days_left_error_to_naive                see bench/days_left.py                                               gate 0.8

The page and the file are asked for over Django's HTTP face by a viewer, not a superuser. The system that came before took 5,813
statements and 14 to 38 seconds for 2,000 rows (spec 13.3).
"""

from __future__ import annotations

import tracemalloc
from datetime import UTC, date, datetime, timedelta
from typing import Any

from days_left import days_left_figures
from support import printer_inventory, report, wall_of

MONTH = date(2026, 3, 1)
NOW = datetime(2026, 3, 30, 12, tzinfo=UTC)
FEW, MANY = 10, 200
MEASURED = 500
"""Printers of which the memory is measured with few and with many polls each."""

POLLS_SQL = """
WITH asked AS (
    INSERT INTO inventory_inventorytask (printer_id, state, status, trigger, due_at, task_timestamp, attempt, worker,
                                         error_message, match_rule, engine, packets)
    SELECT p.id, 'done', 'SUCCESS', 'daemon', x.t, x.t, 1, '', '', 'SN_MAC', 'snmp', 3
    FROM inventory_printer p, generate_series(%(first)s, %(last)s) n,
         LATERAL (SELECT %(start)s::timestamptz + make_interval(hours => n) AS t) x
    WHERE p.id <= %(printers)s
    RETURNING id, printer_id, due_at
)
INSERT INTO inventory_pagecounter (task_id, printer_id, recorded_at, bw_a4, color_a4, bw_a3, color_a3, total_pages,
                                   rule_version, epoch, reading)
SELECT id, printer_id, due_at, 1000 + extract(epoch FROM due_at - %(start)s)::bigint / 3600, 10, 20, 30, 2000, 1, 0, '{}'
FROM asked
"""
ROWS_SQL = """
INSERT INTO monthly_report_monthlyreport (month, order_number, organization_id, branch, city, address, equipment_model,
    serial_number, inventory_number, device_key, part, a4_bw_start, a4_bw_end_manual, a4_color_end_manual,
    a3_bw_end_manual, a3_color_end_manual, normative_availability, actual_downtime, actual_downtime_manual,
    non_overdue_requests, total_requests, version)
SELECT %(month)s, p.id, p.organization_id, '', 'Irkutsk', 'Street ' || p.id, 'Model', p.serial_number, '',
    'S:' || p.serial_number, 'ALL', 900, false, false, false, false, 720, 0, false, 3, 4, 0
FROM inventory_printer p WHERE p.id <= %(printers)s
"""
DAYS_SQL = """
INSERT INTO dashboard_printerday (printer_id, day, polls, good, failed, doubted, hours_asked, hours_silent, pages, pages_bw,
    pages_color)
SELECT p.id, day, 24, 22, 2, 0, 24, 2, 0, 0, 0
FROM inventory_printer p, generate_series(%(month)s, %(month)s + interval '28 days', interval '1 day') AS day
WHERE p.id <= %(printers)s ON CONFLICT DO NOTHING
"""
FORGET_SQL = """
UPDATE monthly_report_monthlyreport SET actual_downtime = 0, actual_downtime_auto = NULL,
    printer_id = NULL, counter_id = NULL, inventory_last_ok = NULL,
    a4_bw_end = NULL, a4_color_end = NULL, a3_bw_end = NULL, a3_color_end = NULL,
    a4_bw_end_auto = NULL, a4_color_end_auto = NULL, a3_bw_end_auto = NULL, a3_color_end_auto = NULL
"""


def fill(printers: int) -> None:
    """Make printers 1 to `printers` of forty clients, and a row of the month for each; clear the month first."""
    from django.db import connection
    from inventory.models import Organization, Printer
    from monthly_report.models import MonthControl, MonthlyReport

    clients = list(Organization.objects.order_by("pk")) or Organization.objects.bulk_create(
        [Organization(name=f"Client {number:02}") for number in range(40)]
    )
    known = Printer.objects.count()
    Printer.objects.bulk_create(
        [
            Printer(
                pk=number,
                organization=clients[number % 40],
                ip_address=f"10.{number // 62500}.{number // 250 % 250}.{number % 250 + 1}",
                serial_number=f"SN{number:07}",
            )
            for number in range(known + 1, printers + 1)
        ],
        batch_size=2000,
    )
    MonthlyReport.objects.all().delete()
    control = {"edit_until": NOW + timedelta(days=1), "is_published": True}
    MonthControl.objects.update_or_create(month=MONTH, defaults=control)
    with connection.cursor() as cursor:
        cursor.execute(ROWS_SQL, {"month": MONTH, "printers": printers})
        cursor.execute(DAYS_SQL, {"month": MONTH, "printers": printers})


def poll(first: int, last: int, printers: int) -> None:
    """Store the believed polls of the hours `first` to `last` of the month, for printers 1 to `printers`."""
    from django.db import connection

    start = datetime(2026, 3, 2, tzinfo=UTC)
    with connection.cursor() as cursor:
        cursor.execute(POLLS_SQL, {"first": first, "last": last, "printers": printers, "start": start})
        cursor.execute("ANALYZE")


def forget() -> None:
    """Give the rows back what they were before a takeover."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(FORGET_SQL)


def takeover(expected: int) -> int:
    """Take over into rows that all change; return the statements, BEGIN and COMMIT included."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext
    from monthly_report.services.syncing import sync_month

    forget()
    with CaptureQueriesContext(connection) as captured:
        result = sync_month(MONTH, NOW)
    assert len(result.updated) == expected, len(result.updated)
    return len(captured)


def peak_of_takeover(expected: int) -> int:
    """Return the most bytes Python had allocated during a takeover."""
    from monthly_report.services.syncing import sync_month

    forget()
    tracemalloc.start()
    result = sync_month(MONTH, NOW)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert len(result.updated) == expected, len(result.updated)
    return peak


def queries_of(ask: Any) -> int:
    """Return the statements of a request."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(connection) as captured:
        ask()
    return len(captured)


def http_figures(rows: int) -> dict[str, int]:
    """Return the statements of the page, of its rows, and of the files, as a viewer asks for them."""
    from django.contrib.auth.models import Group, User
    from django.test import Client

    user = User.objects.create_user("viewer")
    user.groups.set(Group.objects.filter(name="MonthlyReport Viewers"))
    client = Client(headers={"host": "localhost"})
    client.force_login(user)

    def page() -> None:
        answer = client.get(f"/monthly-report/{MONTH:%Y-%m}/")
        assert answer.status_code == 200, answer.status_code

    def grid() -> None:
        answer = client.get(f"/monthly-report/api/month/{MONTH.year}/{MONTH.month}/")
        body = answer.json()
        assert (len(body["reports"]), body["pagination"]["total_count"]) == (500, rows), body["pagination"]

    def file(kind: str) -> None:
        answer = client.get(f"/monthly-report/{MONTH:%Y-%m}/export/", {"format": kind})
        lines = answer.getvalue().count(b"\r\n")
        assert kind == "xlsx" or lines == rows + 1, lines

    page()  # what is loaded once is nobody's query
    return {
        "month_page_queries": max(queries_of(page), queries_of(grid)),
        "export_queries": max(queries_of(lambda: file("xlsx")), queries_of(lambda: file("csv"))),
    }


def main() -> None:
    """Measure and print."""
    with printer_inventory("month"):
        fill(MEASURED)
        poll(1, FEW, MEASURED)
        peak_of_takeover(MEASURED)  # what is imported once is no poll's
        small = peak_of_takeover(MEASURED)
        poll(FEW + 1, MANY, MEASURED)
        large = peak_of_takeover(MEASURED)
        with_many = takeover(MEASURED)
        fill(2000)
        poll(MANY + 1, MANY + FEW, 2000)
        few = takeover(2000)
        seconds = wall_of(lambda: takeover(2000), 3)
        fill(20_000)
        poll(MANY + FEW + 1, MANY + FEW + 1, 20_000)
        many = takeover(20_000)
        figures = http_figures(20_000)
        report(
            sync_queries_2000=max(few, with_many),
            sync_queries_20000=many,
            sync_seconds_2000=seconds,
            sync_memory_growth=large / small,
            **figures,
            **days_left_figures(),
            sync_peak_megabytes=large / 1e6,
            rows=20_000,
            polls_per_printer=MANY,
        )


if __name__ == "__main__":
    main()
