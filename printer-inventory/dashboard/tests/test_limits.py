"""The dashboard of a person with a limit: the same figures as of their organizations alone, in every report, plot and file."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

import dashboard.services
from access.models import OrganizationLimit
from access.reach import as_user
from access.tests.strangers import MARK, OURS, THEIRS, World, make_world, text_of
from contracts.models import ContractDevice
from dashboard.services.reports import REPORTS
from dashboard.services.scope import PERIODS, Scope, fetch
from inventory.models import Printer, PrinterState

pytestmark = pytest.mark.django_db
SLUGS = [report.slug for report in REPORTS]


@pytest.fixture
def world() -> World:
    """Both clients, and printers of both that have been silent for two days."""
    made = make_world()
    for organization, mark in ((made.alpha, "ALPHA"), (made.beta, MARK)):
        quiet = Printer.objects.create(
            organization=organization,
            ip_address=f"127.7.0.{len(mark)}",
            serial_number=f"{mark}-quiet",
            location=f"{mark} attic",
        )
        last = timezone.now() - timedelta(days=2)
        PrinterState.objects.filter(pk=quiet.pk).update(last_success_at=last, last_error=f"{mark} is silent")
    return made


def test_every_report_is_that_of_their_organizations_alone(world: World, settings: Any):
    settings.WORKING_HOURS = "24/7"  # whatever day it is
    now = timezone.now()
    wrong = []
    for report in REPORTS:
        everything = report.find(Scope(now))
        of_alpha = report.find(Scope(now, organization=OURS))
        with as_user(world.person):
            seen = report.find(Scope(now))
            foreign = report.find(Scope(now, organization=THEIRS))
        assert everything != of_alpha, f"{report.slug} would not notice a limit that is missing"
        if seen != of_alpha or not seen.rows or foreign.rows or MARK in repr(seen):
            wrong.append(report.slug)
    assert not wrong


@pytest.mark.slow
def test_pages_and_files_of_every_report_and_period(world: World):
    queries = [f"?days={days}{more}" for days in PERIODS for more in ("", "&format=csv", f"&org={THEIRS}")]
    addresses = [f"/dashboard/{slug}/{end}{query}" for slug in SLUGS for end in ("", "export/") for query in queries]
    answers = {address: world.client.get(address) for address in addresses}
    assert {answer.status_code for answer in answers.values()} == {200}
    assert not [address for address, answer in answers.items() if MARK in text_of(answer)]


def test_the_overview_and_the_archive_tell_of_others_only_without_a_limit(world: World):
    root = Client()
    root.force_login(User.objects.get(username="root"))
    for address in ("/dashboard/", "/dashboard/export/"):
        assert MARK not in text_of(world.client.get(address))
        assert MARK in text_of(root.get(address))
    assert "ALPHA" in text_of(world.client.get("/dashboard/"))


def test_a_device_of_another_client_at_ones_own_printer_is_not_told_of(world: World):
    """A contract's row may be wrong about whose device it is: its place is still not ours to see."""
    ContractDevice.objects.filter(pk=OURS).update(printer=None)
    ContractDevice.objects.filter(pk=THEIRS).update(printer=Printer.objects.get(pk=OURS))
    for slug in SLUGS:
        assert MARK not in text_of(world.client.get(f"/dashboard/{slug}/")), slug


def test_a_limit_to_nothing_finds_nothing(world: World):
    OrganizationLimit.objects.get(user=world.person).organizations.clear()
    with as_user(User.objects.get(pk=world.person.pk)):
        assert not [report.slug for report in REPORTS if report.find(Scope(timezone.now())).rows]


def test_alarms_are_the_whole_fleets_and_closed(world: World):
    for address in ("/dashboard/alarms/", f"/dashboard/alarms/rules/{OURS}/", "/dashboard/deliveries/"):
        assert world.client.get(address).status_code == 403
    assert "/dashboard/alarms/" not in world.client.get("/dashboard/").content.decode()


class TestItCannotBeForgotten:
    def test_a_statement_that_names_no_limit_is_not_run(self):
        with pytest.raises(ValueError, match="everything to everybody"):
            fetch("SELECT 1", Scope(timezone.now()))

    def test_pages_have_no_other_way_to_the_database(self):
        """What workers and the month count for everybody may; what pages show may not."""
        for_nobody = {"availability.py", "counting.py", "forecasting.py", "incidents.py", "demo.py", "scope.py"}
        folder = Path(dashboard.services.__file__).parent
        direct = {
            path.name for path in folder.glob("*.py") if re.search(r"\.cursor\(|\.raw\(", path.read_text("utf-8"))
        }
        assert direct <= for_nobody
