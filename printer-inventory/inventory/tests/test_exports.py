"""Exports: exactly what is filtered, in the list's order, safe to open, never whole in memory, and never stuck."""

from __future__ import annotations

import asyncio
import csv
import io
from datetime import timedelta
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.contrib.auth.models import User
from django.db import connections
from django.test import AsyncClient
from django.urls import reverse
from django.utils import timezone
from openpyxl import load_workbook  # type: ignore[import-untyped]
from sheets import read_table

from inventory.models import Export, ExportPiece, JobState, Printer, PrinterState
from inventory.services import export_table, exporting, exports
from inventory.tasks import run_exports
from inventory.tests.factories import make_organization, make_printer
from inventory.tests.test_pages import client_of
from inventory.tests.workers import kill, wait_until, worker

pytestmark = pytest.mark.django_db
CSV = {"format": "csv"}


@pytest.fixture
def viewer():
    return client_of("Inventory Viewer")


@pytest.fixture
def user(viewer):
    return User.objects.get()


def table(answer) -> list[list[str]]:
    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    return list(csv.reader(io.StringIO(text)))


def ask(user, query="", kind="csv", columns=(), **more) -> Export:
    return exports.request_export(user.pk, kind, query, columns, language="en", zone="Asia/Irkutsk", **more)


def file_of(export: Export) -> bytes:
    return b"".join(exports.content(export))


class TestFile:
    """What is in it."""

    def test_it_holds_what_the_list_shows_on_all_pages_in_the_lists_order(self, viewer):
        alpha = make_organization("Alpha")
        wanted = [make_printer(organization=alpha) for _ in range(30)]
        make_printer(organization=make_organization("Beta"))
        make_printer(organization=alpha, is_active=False)
        query = {"org": alpha.pk, "sort": "-address", "per_page": 25}
        rows = table(viewer.get("/inventory/export/", {**query, **CSV}))
        assert rows[0][:5] == ["Address", "Organization", "Manufacturer", "Model", "Serial number"]
        assert [row[0] for row in rows[1:]] == [one.ip_address for one in reversed(wanted)]

    def test_names_of_no_column_are_not_stored(self, user):
        assert ask(user, columns=["address", "no\0column", "address", "\ud83d\udc4d"]).columns == ["address"]

    def test_only_the_shown_columns_are_written(self, viewer):
        make_printer(serial_number="S1")
        rows = table(viewer.get("/inventory/export/", {**CSV, "cols": "serial,state,nonsense"}))
        assert rows == [["Serial number", "State", "Last error"], ["S1", "never polled", ""]]

    def test_levels_are_figures_only_where_the_device_gave_one(self, viewer):
        printer = make_printer()
        supplies = [
            {"kind": "toner", "color": "black", "percent": 45, "state": "level"},
            {"kind": "toner", "color": "cyan", "percent": None, "state": "some remaining"},
            {"kind": "waste_toner", "color": "", "percent": 80, "state": "level", "is_receptacle": True},
        ]
        PrinterState.objects.filter(pk=printer.pk).update(
            supplies=supplies, last_verdict="SUCCESS", total_pages=1234567
        )
        rows = table(viewer.get("/inventory/export/", {**CSV, "cols": "total,supplies"}))
        assert rows == [
            ["Pages", "Black, %", "Cyan, %", "Magenta, %", "Yellow, %", "Waste, %"],
            ["1234567", "45", "some remaining", "", "", "80"],
        ]

    def test_a_formula_stays_a_text(self, viewer):
        make_printer(hostname="=HYPERLINK(1)")
        rows = table(viewer.get("/inventory/export/", {**CSV, "cols": "host"}))
        assert rows[1] == ["'=HYPERLINK(1)"]
        content = b"".join(viewer.get("/inventory/export/", {"cols": "host"}).streaming_content)
        cell = load_workbook(io.BytesIO(content)).active["A2"]
        assert (cell.value, cell.data_type) == ("=HYPERLINK(1)", "s")

    @pytest.mark.parametrize("path", ["/inventory/export/excel/", "/printers/export/"])
    def test_the_documents_addresses_give_a_workbook(self, viewer, path):
        make_printer(serial_number="S1")
        answer = viewer.get(path)
        with read_table(io.BytesIO(b"".join(answer.streaming_content)), header_row=1) as table_read:
            (row,) = table_read
        assert row.cells[4] == "S1"
        assert answer.headers["content-disposition"].endswith('.xlsx"')

    def test_a_page_of_queries_does_not_grow_with_the_rows(self, viewer, django_assert_max_num_queries):
        Printer.objects.bulk_create([Printer(ip_address=f"127.5.{n // 250}.{n % 250 + 1}") for n in range(1200)])
        with django_assert_max_num_queries(8):
            assert len(table(viewer.get("/inventory/export/", CSV))) == 1201

    def test_rows_are_taken_a_few_at_a_time(self):
        Printer.objects.bulk_create([Printer(ip_address=f"127.5.{n // 250}.{n % 250 + 1}") for n in range(1200)])
        found = export_table.rows(exports.selected("", timezone.now()), export_table.columns(["address"]))
        assert next(found) == ["127.5.0.1"]

    def test_without_the_permission_there_is_no_file(self, viewer, user):
        user.groups.first().permissions.filter(codename="export_printers").delete()
        assert viewer.get("/inventory/export/").status_code == 403
        assert viewer.post("/inventory/exports/new/").status_code == 403


@pytest.mark.django_db(transaction=True)
def test_under_asgi_it_streams_as_well():
    viewer = client_of("Inventory Viewer")
    make_printer(serial_number="S1")
    client = AsyncClient()
    client.cookies = viewer.cookies

    async def fetch() -> tuple[bool, bytes]:
        answer: Any = await client.get("/inventory/export/", {**CSV, "cols": "serial"})
        found = answer.is_async, b"".join([piece async for piece in answer])
        await sync_to_async(connections.close_all)()
        return found

    assert asyncio.run(fetch()) == (True, "\ufeffSerial number\r\nS1\r\n".encode())


class TestJob:
    """Large ones."""

    def test_it_is_a_row_at_once_and_a_file_in_the_end(self, viewer, user):
        Printer.objects.bulk_create([Printer(ip_address=f"127.5.{n // 250}.{n % 250 + 1}") for n in range(600)])
        asked = viewer.post("/inventory/exports/new/?sort=-address", CSV, headers={"accept": "application/json"})
        assert asked.status_code == 202
        job = asked.json()
        assert (job["state"], job["total"], job["download_url"]) == ("queued", 600, None)
        assert viewer.get("/inventory/jobs/").json()["jobs"][0]["name"] == "Export to CSV"
        assert viewer.get(reverse("inventory:export_download", args=[job["id"]])).status_code == 409
        assert run_exports() == 1
        job = viewer.get(job["url"]).json()
        assert (job["state"], job["done"], job["total"]) == ("done", 600, 600)
        answer = viewer.get(job["download_url"])
        rows = table(answer)
        assert (len(rows), rows[1][0], rows[-1][0]) == (601, "127.5.2.100", "127.5.0.1")
        assert int(answer.headers["content-length"]) == Export.objects.get().size
        assert "Download" in viewer.get(f"/inventory/exports/{job['id']}/").text
        assert "Download" in viewer.get("/inventory/exports/").text

    def test_a_workbook_in_several_pieces_opens(self, user, monkeypatch):
        monkeypatch.setattr(exporting, "PIECE_BYTES", 1000)
        Printer.objects.bulk_create([Printer(ip_address=f"127.5.{n // 250}.{n % 250 + 1}") for n in range(600)])
        export = ask(user, kind="xlsx")
        assert exporting.run_next()
        assert export.pieces.count() > 0
        sheet = load_workbook(io.BytesIO(file_of(export)), read_only=True).active
        assert sum(1 for _ in sheet.rows) == 601

    def test_asked_twice_it_is_made_once(self, user):
        make_printer()
        first = ask(user)
        assert ask(user) == first
        assert ask(user, kind="xlsx") != first
        assert run_exports() == 2
        assert ask(user) != first

    def test_it_is_nobody_elses(self, viewer, user):
        other = ask(User.objects.create_superuser("other"))
        for path in (f"/inventory/exports/{other.pk}/", f"/inventory/exports/{other.pk}/download/"):
            assert viewer.get(path).status_code == 404
        assert viewer.post(f"/inventory/exports/{other.pk}/stop/").status_code == 404
        assert "No export yet" in viewer.get("/inventory/exports/").text

    def test_it_can_be_stopped_while_it_waits_and_while_it_runs(self, viewer, user, monkeypatch):
        waiting = ask(user)
        answer = viewer.post(f"/inventory/exports/{waiting.pk}/stop/", headers={"accept": "application/json"})
        assert answer.json()["state"] == "stopped"
        assert not exporting.run_next()
        Printer.objects.bulk_create([Printer(ip_address=f"127.5.{n // 250}.{n % 250 + 1}") for n in range(1200)])
        running = ask(user)
        real = exporting._Work._touch

        def touch(work, **values):
            real(work, **values)
            exports.stop(running, timezone.now())

        monkeypatch.setattr(exporting._Work, "_touch", touch)
        exporting.run_next()
        running.refresh_from_db()
        assert (running.state, running.done, running.reason) == ("stopped", 500, "Stopped by hand.")
        assert not ExportPiece.objects.exists()

    def test_one_that_was_taken_over_writes_nothing_more(self, user, monkeypatch):
        make_printer()
        export = ask(user)
        real = export_table.rows

        def stolen(*arguments):
            Export.objects.update(lease_token=None)
            yield from real(*arguments)

        monkeypatch.setattr(export_table, "rows", stolen)
        assert exporting.run_next()
        export.refresh_from_db()
        assert (export.state, export.done) == ("running", 0)
        assert not ExportPiece.objects.exists()

    def test_after_three_deaths_it_is_lost_with_a_reason(self, user, viewer):
        export = ask(user)
        Export.objects.update(state=JobState.RUNNING, attempt=3, lease_until=timezone.now())
        assert not exporting.run_next()
        export.refresh_from_db()
        assert export.state == "lost"
        assert "Ask for it again" in viewer.get(f"/inventory/exports/{export.pk}/").text

    def test_files_are_forgotten_after_a_day_and_rows_later(self, user, viewer):
        make_printer()
        export = ask(user)
        run_exports()
        now = timezone.now()
        assert exports.forget_old(now, 90) == 0
        assert exports.forget_old(now + timedelta(days=2), 90) == 1
        assert viewer.get(f"/inventory/exports/{export.pk}/download/").status_code == 410
        assert "is gone" in viewer.get(f"/inventory/exports/{export.pk}/").text
        assert exports.forget_old(now + timedelta(days=91), 90) == 1
        assert not Export.objects.exists()


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_a_killed_worker_is_followed_by_another_and_the_file_is_whole():
    user = User.objects.create_superuser("someone")
    Printer.objects.bulk_create(
        [Printer(ip_address=f"127.{5 + n // 62500}.{n // 250 % 250}.{n % 250 + 1}") for n in range(20_000)]
    )
    with worker("exports", POLL_LEASE_SECONDS="3") as first:
        export = ask(user)
        wait_until(lambda: Export.objects.get().done > 1000, "some rows")
        kill(first)
    export.refresh_from_db()
    assert (export.state, export.attempt, export.done < 20_000) == ("running", 1, True)
    with worker("exports", POLL_LEASE_SECONDS="3"):

        def ended() -> bool:
            exports.tell_exporter()
            return not Export.objects.get().is_open

        wait_until(ended, "the file after the lease")
    export.refresh_from_db()
    assert (export.state, export.attempt, export.done, export.total) == ("done", 2, 20_000, 20_000)
    assert file_of(export).count(b"\r\n") == 20_001
