"""The commands of the month."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth.models import Group, User
from django.core.management import CommandError, call_command
from django.utils import timezone

from inventory.models import InventoryTask, PageCounter
from inventory.tests.factories import make_printer
from monthly_report.models import MonthlyReport
from monthly_report.services.months import this_month
from monthly_report.tests.factories import make_row, open_month

pytestmark = pytest.mark.django_db


def test_roles_and_what_somebody_may_do(capsys):
    call_command("init_monthly_report_roles")
    assert "MonthlyReport Managers: 15 permissions" in capsys.readouterr().out
    user = User.objects.create_user("anna")
    user.groups.set(Group.objects.filter(name="MonthlyReport Editors (End)"))
    open_month(is_published=False)
    call_command("check_user_permissions", "anna", "--month", "2026-03")
    said = capsys.readouterr().out
    assert "yes monthly_report.edit_counters_end  (by MonthlyReport Editors (End))" in said
    assert "no  monthly_report.can_delete_month" in said
    assert "sees it: no" in said
    open_month()
    call_command("check_user_permissions", "anna", "--month", "2026-03")
    assert "edits counters at: end" in capsys.readouterr().out
    with pytest.raises(CommandError, match="no user"):
        call_command("check_user_permissions", "nobody")
    with pytest.raises(CommandError, match="2026-11"):
        call_command("check_user_permissions", "anna", "--month", "soon")


def test_why_a_row_has_its_counters(capsys):
    now = timezone.now()
    month = this_month(now)
    printer = make_printer(serial_number="VCF1")
    task = InventoryTask.objects.create(printer=printer, due_at=now, state="done", status="SUCCESS")
    PageCounter.objects.create(
        task=task, printer=printer, recorded_at=now - timedelta(seconds=1), bw_a4=100, rule_version=1, reading={}
    )
    open_month(month)
    make_row(month=month, serial_number="vcf1", a4_bw_end=5, a4_bw_end_manual=True)
    make_row(month=month, serial_number="OTHER")
    call_command("sync_inventory_debug", "--serial", "VCF1")
    said = capsys.readouterr().out
    assert "1 rows, 1 with a believed reading" in said
    assert "a4_bw: stands 5, read 100 (by hand, kept)" in said
    MonthlyReport.objects.update(a4_bw_end_manual=False)
    call_command("sync_inventory_debug", "--sync")
    assert "no believed reading of this serial number" in capsys.readouterr().out
    assert MonthlyReport.objects.get(serial_number="vcf1").a4_bw_end == 100
    open_month(month, edit_until=None)
    with pytest.raises(CommandError, match="closed"):
        call_command("sync_inventory_debug", "--sync")
