"""Counters of a month to GLPI: the true client against a stand-in on a socket, from the button to what is written there."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.db import connection
from django.test import Client
from django.utils import timezone
from standins.glpi import APP_TOKEN, Fault, Glpi

from access.models import OrganizationLimit
from inventory.models import GlpiConnection
from inventory.tests.factories import make_organization
from inventory.tests.workers import SYSTEM, wait_until
from monthly_report.models import GlpiExport, GlpiExportRow, MonthControl, MonthlyReport
from monthly_report.rules import glpi_export as rules
from monthly_report.services import glpi_export, glpi_export_jobs
from monthly_report.services.glpi_export import NotNowError
from monthly_report.tests.factories import MONTH, make_row, open_month

pytestmark = pytest.mark.django_db
ROOT = "/monthly-report/glpi-export/"


def device(part: str = "ALL", *ends: int | None, serial: str = "S", address: bool = False) -> rules.DeviceRow:
    return rules.DeviceRow(part, tuple((*ends, None, None, None, None)[:4]), serial, address)


class TestRules:
    @pytest.mark.parametrize(
        ("rows", "pages"),
        [
            ([device("ALL", 10, 5, 3, 2)], 25),
            ([device("ALL", 10)], 10),
            ([device("ALL", 0)], 0),
            ([device("ALL")], None),
            ([device("A4", 10, 5), device("A3", None, None, 3, 2)], 25),
            ([device("A4", 10, 5, 3, 2), device("A3", 10, 5, 3, 2)], 25),
            ([device("A4", 10, None, 99), device("A3", 99, None, 3)], 16),
            ([device("A4", 10, None, 7), device("A3")], 24),
        ],
    )
    def test_each_counter_once_and_a3_twice(self, rows, pages):
        assert rules.total(rows) == pages

    @pytest.mark.parametrize(
        ("rows", "status"),
        [
            ([device("ALL", 1)], rules.WAITING),
            ([device("ALL", 1, address=True)], rules.POLLED),
            ([device("A4", 1, address=True), device("A3", 1)], rules.WAITING),
            ([device("ALL", 1, serial=" ")], rules.NO_SERIAL),
            ([device("ALL")], rules.NO_COUNTER),
        ],
    )
    def test_who_is_left_out(self, rows, status):
        assert rules.judge(rows) == status

    @pytest.mark.parametrize(
        ("found", "status"),
        [
            ([], rules.NOT_FOUND), ([1, 1], rules.MULTIPLE), ([10], rules.SAME), ([9], rules.RISE), ([None], rules.RISE),
            ([11], rules.FALL),
        ],
    )  # fmt: skip
    def test_what_glpi_makes_of_it(self, found, status):
        assert rules.compare(10, found) == status


@pytest.fixture
def glpi(db: None) -> Iterator[Glpi]:
    with Glpi() as running:
        GlpiConnection.objects.create(pk=1, url=running.url, app_token=APP_TOKEN, user_token="glpi-demo-user-token")
        yield running


def member(name: str = "manager", *also: str) -> Client:
    user = User.objects.create_user(name)
    names = ("access_monthly_report", "export_to_glpi", *also)
    user.user_permissions.set(Permission.objects.filter(content_type__app_label="monthly_report", codename__in=names))
    client = Client()
    client.force_login(user)
    return client


def closed_month(**rows: int | None) -> None:
    """Make a published, closed month of devices that are on no network, by serial number their pages."""
    open_month(edit_until=None)
    for serial, pages in rows.items():
        make_row(serial_number=serial, a4_bw_end=pages)


def work() -> None:
    while glpi_export_jobs.run_next():
        pass


def looked() -> GlpiExport:
    made = glpi_export.start(MONTH, None)
    work()
    made.refresh_from_db()
    return made


def written(made: GlpiExport, *falls: int) -> GlpiExport:
    glpi_export.write(made.pk, falls, None, timezone.now())
    work()
    made.refresh_from_db()
    return made


def statuses(made: GlpiExport) -> dict[str, str]:
    return dict(made.rows.values_list("serial_number", "status"))


def puts(glpi: Glpi) -> list[str]:
    return [line for line in glpi.seen if line.startswith("PUT")]


def test_the_whole_way_by_the_pages(glpi: Glpi):
    closed_month(RISES=100, SAME=50, FALLS=10, OTHER=10, NOBODY=5, TWICE=5, EMPTY=None)
    make_row(serial_number="WIRED", a4_bw_end=7, device_ip="10.0.0.1")
    make_row(serial_number="BOTH", part="A4", a4_bw_end=7, a3_bw_end=4, device_ip="10.0.0.2")
    make_row(serial_number="BOTH", part="A3", a4_bw_end=7, a3_bw_end=4, a3_color_end=1)
    known = {
        serial: glpi.world.add(serial, counter=counter, entity=1)
        for serial, counter in {
            "RISES": 90,
            "SAME": 50,
            "FALLS": 11,
            "OTHER": 11,
            "WIRED": 1,
            "BOTH": 0,
            "EMPTY": 3,
        }.items()
    }
    for _ in range(2):
        glpi.world.add("TWICE", counter=1, name="<b>PRN</b>")
    client = member()
    address = client.post(f"{ROOT}start/").headers["Location"]
    assert client.get(f"{ROOT}status/").json()["state"] == "queued"
    work()
    made = GlpiExport.objects.get()
    preview = {
        "RISES": "rise", "SAME": "same", "FALLS": "fall", "OTHER": "fall", "NOBODY": "not_found", "TWICE": "multiple",
        "EMPTY": "no_counter", "WIRED": "polled", "BOTH": "rise",
    }  # fmt: skip
    assert (made.state, statuses(made), puts(glpi)) == ("done", preview, [])
    page = client.get(address).text
    assert "&lt;b&gt;PRN" in page
    assert "<b>PRN" not in page
    row = made.rows.get(serial_number="FALLS")
    assert f'value="{row.pk}"' in client.get(f"{address}?status=fall").text
    csv = b"".join(client.get(f"{address}table/?format=csv").streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined]
    assert "FALLS" in csv
    assert csv.count("\n") == len(preview) + 1
    client.post(f"{address}write/", {"fall": [row.pk, "x", made.rows.get(serial_number="NOBODY").pk]})
    work()
    assert {serial: one.counter for serial, one in known.items()} == {
        "RISES": 100, "SAME": 50, "FALLS": 10, "OTHER": 11, "WIRED": 1, "BOTH": 17, "EMPTY": 3
    }  # fmt: skip
    made.refresh_from_db()
    assert (made.state, made.done, made.total, made.written_by) == ("done", 3, 3, User.objects.get())
    row.refresh_from_db()
    assert (row.status, row.before, row.after, row.written_at is not None) == ("written", 11, 10, True)
    assert statuses(made)["OTHER"] == "fall", "a decrease that nobody marked"
    assert not glpi.api.sessions
    assert "Written by" in client.get(address).text
    assert client.get(ROOT).status_code == 200


def test_written_again_nothing_changes(glpi: Glpi):
    closed_month(A=10)
    glpi.world.add("A", counter=1)
    made = written(looked())
    with pytest.raises(NotNowError):
        glpi_export.write(made.pk, (), None, timezone.now())
    assert (statuses(looked()), len(puts(glpi))) == ({"A": "same"}, 1)


def test_glpi_that_goes_away_loses_nothing_and_says_so(glpi: Glpi):
    closed_month(**{f"S{n:02}": 10 for n in range(25)})
    for n in range(25):
        glpi.world.add(f"S{n:02}")
    glpi.faults.add(Fault("status", "/search/", status=503))
    made = looked()
    assert (made.state, "503" in made.reason, made.looked_at) == ("failed", True, None)
    glpi_export.go_on(made.pk, timezone.now())
    work()
    glpi.faults.add(Fault("drop", "/Printer/7", times=None))
    made = written(made)
    assert (made.state, made.done, made.total, made.reason != "") == ("failed", 6, 25, True)
    client = member()
    assert "Go on does the rest" in client.get(f"{ROOT}{made.pk}/").text
    glpi.faults.clear()
    client.post(f"{ROOT}{made.pk}/go-on/")
    work()
    made.refresh_from_db()
    assert (made.state, set(statuses(made).values())) == ("done", {"written"})
    assert sorted(puts(glpi)) == sorted(
        ["PUT /apirest.php/Printer/7", *(f"PUT /apirest.php/Printer/{n}" for n in range(1, 26))]
    )
    assert {one.counter for one in glpi.world.printers.values()} == {10}


def test_what_changed_since_it_was_seen_is_not_written(glpi: Glpi):
    closed_month(MONTH=10, GLPI=10, MOVED=10, STAYS=10)
    for serial in ("MONTH", "GLPI", "MOVED", "STAYS"):
        glpi.world.add(serial, counter=1)
    made = looked()
    MonthlyReport.objects.filter(serial_number="MONTH").update(a4_bw_end=11)
    glpi.world.printers[2].counter = 9
    glpi.world.printers[3].serial = "ELSEWHERE"
    made = written(made)
    assert statuses(made) == {"MONTH": "changed", "GLPI": "changed", "MOVED": "changed", "STAYS": "written"}
    assert [one.counter for one in glpi.world.printers.values()] == [1, 9, 1, 10]
    assert "9" in made.rows.get(serial_number="GLPI").error


def test_an_account_that_may_only_read_is_told_for_each_device(glpi: Glpi):
    closed_month(A=10)
    glpi.world.add("A")
    glpi.world.accounts[0].may_update = False
    made = written(looked())
    row = made.rows.get()
    assert (made.state, row.status, "may only read" in row.error, row.after) == ("done", "refused", True, None)


def test_one_printer_in_glpi_for_two_devices_is_not_guessed(glpi: Glpi):
    GlpiConnection.objects.update(label_field=76665)
    closed_month(TRUE=10, STICKER=20)
    glpi.world.add("TRUE", label="STICKER")
    made = looked()
    assert statuses(made) == {"TRUE": "shared", "STICKER": "shared"}
    with pytest.raises(NotNowError):
        glpi_export.write(made.pk, (), None, timezone.now())


def test_only_the_latest_closed_month(glpi: Glpi):
    now = timezone.now()
    assert glpi_export.latest_closed(now) is None
    closed_month(A=10)
    glpi.world.add("A")
    later = MONTH.replace(month=4)
    control = open_month(later)
    make_row(month=later, serial_number="A", a4_bw_end=20)
    assert glpi_export.latest_closed(now) == MONTH
    made = looked()
    MonthControl.objects.filter(pk=control.pk).update(edit_until=now - timedelta(seconds=1))
    assert glpi_export.latest_closed(now) == later
    made = written(made)
    assert (made.state, "latest closed month" in made.reason, puts(glpi)) == ("failed", True, [])


def test_one_at_a_time_and_stopped(glpi: Glpi):
    closed_month(A=10)
    client = member()
    client.post(f"{ROOT}start/")
    assert "under way" in client.post(f"{ROOT}start/", follow=True).text
    made = GlpiExport.objects.get()
    assert "import-job" in client.get(f"{ROOT}{made.pk}/").text
    client.post(f"{ROOT}{made.pk}/stop/")
    assert not glpi_export_jobs.run_next()
    made.refresh_from_db()
    assert (made.state, statuses(made), glpi.seen) == ("stopped", {"A": "waiting"}, [])


def test_without_a_server_it_says_what_to_do(db: None):
    closed_month(A=10)
    made = looked()
    assert (made.state, "address and a token" in made.reason) == ("failed", True)


def test_a_limited_person_exports_what_is_theirs(glpi: Glpi):
    closed_month(THEIRS=10)
    mine = make_organization("Mine")
    make_row(serial_number="MINE", organization=mine, a4_bw_end=30)
    make_row(serial_number="HALF", part="A4", organization=mine, a4_bw_end=30)
    make_row(serial_number="HALF", part="A3", a3_bw_end=30)
    for serial in ("THEIRS", "MINE", "HALF"):
        glpi.world.add(serial)
    others = looked()
    limited = member("limited")
    OrganizationLimit.objects.create(user=User.objects.get(username="limited")).organizations.set([mine])
    for method, path in (("get", ""), ("get", "table/"), ("post", "write/"), ("post", "stop/"), ("post", "go-on/")):
        assert getattr(limited, method)(f"{ROOT}{others.pk}/{path}").status_code == 404
    address = limited.post(f"{ROOT}start/").headers["Location"]
    work()
    page = limited.get(address).text
    assert "MINE" in page
    assert "THEIRS" not in page
    made = GlpiExport.objects.latest("pk")
    assert statuses(made) == {"MINE": "rise", "HALF": "others"}
    limited.post(f"{address}write/")
    work()
    assert [one.counter for one in glpi.world.printers.values()] == [0, 30, 0]


def test_the_page_costs_the_same_for_any_number(glpi: Glpi, django_assert_max_num_queries: Any):
    closed_month(**{f"S{n:03}": 10 for n in range(60)})
    made = looked()
    assert len([line for line in glpi.seen if "search/" in line]) == 3
    client = member()
    client.get(f"{ROOT}{made.pk}/")
    with django_assert_max_num_queries(10):
        client.get(f"{ROOT}{made.pk}/")


RUN = "import django; django.setup(); from monthly_report.services.glpi_export_jobs import run_next; run_next()"


def test_three_dead_workers_are_told(glpi: Glpi):
    closed_month(A=10)
    made = glpi_export.start(MONTH, None)
    GlpiExport.objects.update(state="running", attempt=3, lease_until=timezone.now())
    assert not glpi_export_jobs.run_next()
    made.refresh_from_db()
    assert made.state == "lost"


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_a_worker_killed_after_glpi_said_yes_goes_on(glpi: Glpi):
    closed_month(**{f"S{n}": 10 for n in range(5)})
    for n in range(5):
        glpi.world.add(f"S{n}", counter=1)
    made = looked()
    glpi_export.write(made.pk, (), None, timezone.now())
    values = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "printer_inventory.test_settings",
        "DB_NAME": str(connection.settings_dict["NAME"]),
    }
    worker = subprocess.Popen([sys.executable, "-W", "ignore", "-c", RUN], cwd=SYSTEM, env=values)
    answer = glpi.api.answer

    def kill_at_the_third(request: Any) -> Any:
        reply = answer(request)
        if request.method == "PUT" and request.path.endswith("/Printer/3"):
            os.kill(worker.pid, signal.SIGKILL)
            worker.wait()
        return reply

    glpi.api.answer = kill_at_the_third  # type: ignore[method-assign]
    wait_until(lambda: worker.poll() is not None, "the worker's end")
    assert worker.returncode == -signal.SIGKILL
    assert GlpiExportRow.objects.filter(status="written").count() == 2
    assert [one.counter for one in glpi.world.printers.values()] == [10, 10, 10, 1, 1]
    assert not glpi_export_jobs.run_next(), "it is leased to the dead one for a while"
    GlpiExport.objects.update(lease_until=timezone.now())
    work()
    made.refresh_from_db()
    assert (made.state, made.done, made.total) == ("done", 5, 5)
    assert set(made.rows.values_list("status", "before", "after")) == {("written", 1, 10)}
    assert len(puts(glpi)) == 5, "the third was not written again"
