"""Reports find what is there, by a number of statements that does not follow the fleet, as plot, table and file."""

from __future__ import annotations

import io
import json
import zipfile
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from sheets import read_table

from billing.services.demo import load_months
from contracts.models import Cartridge, City, DeviceModelCartridge
from contracts.tests.factories import make_device
from dashboard.models import DeviceIncident, FleetDay, PrinterDay, SupplyForecast
from dashboard.services import counting, demo, forecasting, incidents
from dashboard.services.reports import REPORTS
from inventory.models import DailyReading, InventoryTask, PrinterState
from inventory.services import rollups
from inventory.tests.factories import make_organization, make_printer
from inventory.tests.test_pages import HOSTILE, client_of
from monthly_report.models import MonthlyReport

pytestmark = pytest.mark.django_db
SUPPLY = {"index": "1.1", "description": "Black Toner", "kind": "toner", "color": "black", "percent": 9, "state": "level",
          "is_receptacle": False, "part_number": ""}  # fmt: skip


def read_printer(total: int = 10_000, organization=None, hours: float = 1, **values):
    """Return a printer that was read, with a contract device of its own in Irkutsk."""
    printer = make_printer(organization=organization or make_organization())
    facts = {
        "supplies": [SUPPLY],
        "total_pages": total,
        "bw_a4": total,
        "last_success_at": timezone.now() - timedelta(hours=hours),
    }
    PrinterState.objects.filter(pk=printer.pk).update(**{**facts, **values})
    make_device(printer=printer, organization=printer.organization, serial_number=printer.serial_number)
    return printer


def days_of(printer, levels: list[int], pages: int = 100) -> None:
    """Give a printer a reading for each of the days before today, the last of them yesterday."""
    today, count = rollups.local_day(timezone.now()), len(levels)
    for place, level in enumerate(levels):
        day, total = today - timedelta(days=count - place), 10_000 - pages * (count - place)
        DailyReading.objects.create(
            printer=printer, day=day, epoch=0, read_at=rollups.start_of(day), total_pages=total, bw_a4=total,
            levels=[["1.1", "Black Toner", "black", level]],
        )  # fmt: skip


@pytest.fixture
def fleet():
    printer = read_printer()
    days_of(printer, list(range(49, 9, -2)))
    demo_incident(printer)
    counting.count(timezone.now())
    for day in range(1, 21):
        counting.count_day(rollups.local_day(timezone.now()) - timedelta(days=day), rollups.local_day(timezone.now()))
    forecasting.forecast_all(timezone.now())
    return printer


def demo_incident(printer) -> None:
    PrinterState.objects.filter(pk=printer.pk).update(
        alerts=[
            {
                "index": "5",
                "severity": "critical",
                "group": "mediaPath",
                "code": 8,
                "code_name": "jam",
                "description": "Paper jam",
            }
        ]
    )
    incidents.follow(timezone.now())


class TestCounting:
    def test_pages_and_polls_of_a_day_are_counted_once_however_often(self, fleet):
        day = rollups.local_day(timezone.now()) - timedelta(days=3)
        for _number in range(2):
            counting.count_day(day, rollups.local_day(timezone.now()))
        assert PrinterDay.objects.get(printer=fleet, day=day).pages == 100
        assert FleetDay.objects.get(day=day).pages == 100

    def test_today_is_what_was_read_now(self, fleet):
        assert PrinterDay.objects.get(printer=fleet, day=rollups.local_day(timezone.now())).pages == 100

    def test_hours_without_an_answer_are_counted_and_stay_after_polls_are_thinned_out(self):
        printer = read_printer()
        noon = rollups.start_of(rollups.local_day(timezone.now()) - timedelta(days=2)) + timedelta(hours=12)
        for hour, status in enumerate(["SUCCESS", "FAILED", "FAILED", "VALIDATION_ERROR"]):
            InventoryTask.objects.create(
                printer=printer, due_at=noon + timedelta(hours=hour), state="done", status=status
            )
        counting.count(timezone.now())
        day = PrinterDay.objects.get(printer=printer, day=rollups.local_day(noon))
        assert (day.polls, day.good, day.failed, day.doubted, day.hours_asked, day.hours_silent) == (4, 1, 2, 1, 4, 3)
        InventoryTask.objects.exclude(status="SUCCESS").delete()
        counting.count_day(rollups.local_day(noon), rollups.local_day(timezone.now()))
        again = PrinterDay.objects.get(printer=printer, day=rollups.local_day(noon))
        assert (again.polls, again.hours_silent) == (4, 3)

    def test_a_new_baseline_prints_nothing(self):
        printer = read_printer(epoch=1)
        days_of(printer, [50, 50])
        counting.count(timezone.now())
        assert not PrinterDay.objects.filter(
            printer=printer, day=rollups.local_day(timezone.now()), pages__gt=0
        ).exists()


class TestIncidents:
    def test_one_is_opened_once_and_closed_when_it_has_gone(self, fleet):
        assert incidents.follow(timezone.now()) == (0, 0)
        PrinterState.objects.filter(pk=fleet.pk).update(alerts=[])
        assert incidents.follow(timezone.now()) == (0, 1)
        assert DeviceIncident.objects.get().closed_at is not None
        demo_incident(fleet)
        assert DeviceIncident.objects.count() == 2


class TestPages:
    @pytest.mark.parametrize("report", REPORTS, ids=lambda report: report.slug)
    def test_a_report_is_plot_table_and_file(self, fleet, report):
        client = client_of("Inventory Viewer")
        page = client.get(f"/dashboard/{report.slug}/")
        empty = {"silent", "problems", "availability", "polls"}
        if report.slug in empty:
            assert page.status_code == 200
            return
        assert 'data-source="#plot"' in page.text
        plot = json.loads(page.text.split('id="plot" type="application/json">')[1].split("</script>")[0])
        assert any(any(series["values"]) for series in plot["series"])
        file: Any = client.get(f"/dashboard/{report.slug}/export/?format=xlsx")
        with read_table(io.BytesIO(b"".join(file.streaming_content)), header_row=1) as table:
            assert table.header is not None
            assert list(table.header.cells) == [str(column.title) for column in report.columns]
            assert len(list(table)) >= 1
        csv: Any = client.get(f"/dashboard/{report.slug}/export/?format=csv")
        assert b"".join(csv.streaming_content).count(b"\n") >= 2

    def test_low_supplies_know_their_days_and_their_part(self, fleet):
        model = fleet.contract_device.model
        cartridge = Cartridge.objects.create(name="TK-1170", part_number="1T02S50NL0", color="black")
        DeviceModelCartridge.objects.create(device_model=model, cartridge=cartridge, is_primary=True)
        forecast = SupplyForecast.objects.get(printer=fleet)
        assert 1.8 < forecast.rate < 2.2
        client = client_of("Inventory Viewer")
        page = client.get("/dashboard/supplies/").text
        assert "1T02S50NL0" in page
        assert 'class="days-soon">4<' in page or 'class="days-soon">5<' in page
        assert "TK-1170" in client.get("/dashboard/orders/").text

    @pytest.mark.parametrize("url", ["/dashboard/", *(f"/dashboard/{report.slug}/" for report in REPORTS)])
    def test_statements_do_not_follow_the_fleet(self, url):
        client = client_of("Inventory Viewer")
        counts = []
        for _step in range(2):
            for _number in range(4):
                printer = read_printer()
                days_of(printer, [30, 20])
                demo_incident(printer)
            counting.count(timezone.now())
            client.get(url)
            with CaptureQueriesContext(
                connection,
            ) as found:
                assert client.get(url).status_code == 200
            counts.append(len(found))
        assert counts[0] == counts[1]
        assert counts[0] <= (26 if url == "/dashboard/" else 12)

    def test_polls_are_never_read_by_a_page(self, fleet):
        client = client_of("Inventory Viewer")
        with CaptureQueriesContext(connection) as found:
            client.get("/dashboard/?days=365")
        assert not [
            one["sql"] for one in found if "inventory_inventorytask" in one["sql"] or "pagecounter" in one["sql"]
        ]

    def test_filters_hold_everywhere(self, fleet):
        other = read_printer(organization=make_organization("Other"))
        client, city = client_of("Inventory Viewer"), City.objects.create(name="Bratsk")
        page = client.get(f"/dashboard/supplies/?org={other.organization_id}").text
        assert other.ip_address in page
        assert f">{fleet.ip_address}<" not in page
        assert "No supply is known to run low." in client.get(f"/dashboard/supplies/?city={city.pk}").text
        assert client.get("/dashboard/supplies/?org=x&city=%00&days=99999999999999").status_code == 200

    def test_silent_is_who_was_read_once_and_never_who_never_answered(self):
        silent, never = read_printer(hours=50), make_printer()
        page = client_of("Inventory Viewer").get("/dashboard/silent/").text
        assert silent.ip_address in page
        assert never.ip_address not in page

    def test_hostile_names_are_text(self):
        read_printer(organization=make_organization(HOSTILE), supplies=[{**SUPPLY, "description": HOSTILE}])
        client = client_of("Inventory Viewer")
        for url in ("/dashboard/", "/dashboard/supplies/", "/dashboard/orders/", "/dashboard/fleet/"):
            assert HOSTILE not in client.get(url).text

    def test_an_empty_fleet_teaches(self):
        assert "Nothing to show" in client_of("Inventory Viewer").get("/dashboard/").text

    def test_everything_is_one_archive(self, fleet):
        answer = client_of("Inventory Viewer").get("/dashboard/export/")
        with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
            assert len(archive.namelist()) == len(REPORTS)

    def test_an_unknown_report_is_not_found(self):
        assert client_of("Inventory Viewer").get("/dashboard/nothing/").status_code == 404


def test_the_demo_has_a_past_that_leads_to_today():
    printer = read_printer()
    assert demo.load_past(timezone.now()) == demo.DAYS
    assert demo.has_past(timezone.now())
    rows = DailyReading.objects.filter(printer=printer).order_by("day").values_list("total_pages", flat=True)
    readings = [total or 0 for total in rows]
    assert readings == sorted(readings)
    assert readings[-1] <= 10_000
    assert FleetDay.objects.count() >= demo.DAYS
    assert SupplyForecast.objects.filter(printer=printer).exists()


def test_the_demos_months_hang_together_with_what_printers_told():
    printer = read_printer()
    for number in range(9):
        make_device(organization=printer.organization, serial_number=f"NEVER{number}")
    now = timezone.now()
    demo.load_past(now)
    assert load_months(now) == 30
    assert load_months(now) == 0
    first, last, this = MonthlyReport.objects.filter(serial_number=printer.serial_number).order_by("month")
    assert (first.a4_bw_end, last.a4_bw_end) == (last.a4_bw_start, this.a4_bw_start)
    assert min(first.total_prints, last.total_prints) > 0
    assert this.a4_bw_end is None
    assert (last.a4_bw_end or 0) <= 10_000
    assert 0 < last.k1 <= 100
