"""The month by its HTTP face: who sees what, what is answered, what it costs."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from access.services.roles import bootstrap_roles
from access.tests.sockets import socket
from inventory.tests.factories import make_organization
from monthly_report.models import CounterChangeLog, MonthImport, MonthlyReport
from monthly_report.services import live
from monthly_report.tests.factories import CLIENT, MONTH, make_row, open_month, sheet

pytestmark = pytest.mark.django_db
AS_PROGRAM = {"Accept": "application/json"}


@pytest.fixture
def signed_in() -> Callable[..., Client]:
    """Return a client of a user with these roles of the month."""
    bootstrap_roles()

    def make(*roles: str) -> Client:
        user = User.objects.create_user(f"user{User.objects.count()}")
        user.groups.set(Group.objects.filter(name__in=[f"MonthlyReport {role}" for role in roles]))
        assert user.groups.count() == len(roles)
        client = Client(headers=AS_PROGRAM)
        client.force_login(user)
        return client

    return make


def post(client: Client, path: str, body: dict[str, Any] | None = None) -> Any:
    return client.post(f"/monthly-report/{path}", json.dumps(body or {}), content_type="application/json")


class TestHiding:
    doors = (
        "2026-03/",
        "2026-03/export/",
        "2026-03/export/?format=csv",
        "2026/3/export-excel/",
        "2026-03/changes/",
        "api/month/2026/3/",
        "api/month-diff/2026/3/",
        "api/month-users-stats/2026/3/",
    )

    def test_a_hidden_month_is_behind_no_door(self, signed_in: Any):
        open_month(is_published=False)
        row = make_row(serial_number="SECRET1")
        change = CounterChangeLog.objects.create(
            monthly_report=row, month=MONTH, device_key=row.device_key, part="ALL", field_name="a4_bw_end"
        )
        reader = signed_in(
            "Viewers", "Editors (Full)", "History Viewers", "Metrics Viewers", "Sync Users", "Auto Polling Resetters"
        )
        for door in self.doors:
            answer = reader.get(f"/monthly-report/{door}")
            assert answer.status_code == 403, door
            assert b"SECRET1" not in answer.content
        about = reader.get(f"/monthly-report/api/device/{row.pk}/")
        assert (about.status_code, b"SECRET1" in about.content) == (403, False)
        deeds = (
            f"api/update-counters/{row.pk}/", f"api/reset-manual-flag/{row.pk}/", f"api/revert-change/{change.pk}/",
            "api/sync/2026/3/", "2026-03/auto-sync/",
        )  # fmt: skip
        for deed in deeds:
            assert post(reader, deed, {"fields": {"a4_bw_end": 5}}).status_code == 403, deed
        assert reader.get("/monthly-report/api/months/").json()["months"] == []
        assert b"2026-03" not in reader.get("/monthly-report/", headers={"Accept": "text/html"}).content

    def test_who_manages_visibility_sees_it_and_publishes_it(self, signed_in: Any):
        open_month(is_published=False)
        make_row()
        manager = signed_in("Managers")
        for door in self.doors:
            assert manager.get(f"/monthly-report/{door}").status_code == 200, door
        assert post(manager, "2026-03/publish/", {"published": True}).status_code == 200
        assert signed_in("Viewers").get("/monthly-report/2026-03/").status_code == 200

    def test_what_is_known_of_a_device_leaves_hidden_months_out(self, signed_in: Any):
        open_month()
        open_month(MONTH.replace(month=2), is_published=False)
        row = make_row(serial_number="X1", equipment_model="<b>", a4_bw_start=0, a4_bw_end=7)
        make_row(serial_number="X1", month=MONTH.replace(month=2), a4_bw_start=0, a4_bw_end=4321)
        for role, seen in (("Viewers", False), ("Managers", True)):
            page = signed_in(role).get(f"/monthly-report/api/device/{row.pk}/").text
            assert ("X1" in page, "4,321" in page, "<b>" in page) == (True, seen, False)

    @pytest.mark.parametrize("path", ["2026-13/", "1999-01/", "api/month/2026/13/", "api/month/1/1/", "2026-3/"])
    def test_what_is_no_month_is_not_found(self, signed_in: Any, path: str):
        assert signed_in("Managers").get(f"/monthly-report/{path}").status_code == 404

    @pytest.mark.django_db(transaction=True)
    def test_hints_arrive_in_every_month_and_only_for_who_may_see_it(self, signed_in: Any):
        from asgiref.sync import async_to_sync

        months = [MONTH.replace(month=number) for number in range(1, 13)]
        for month in months:
            open_month(month, is_published=False)
        viewer, manager = signed_in("Viewers"), signed_in("Managers")

        async def listen(client: Any, month: date) -> Any:
            from asgiref.sync import sync_to_async

            talk = socket(client, f"/ws/monthly-report/{month:%Y/%m}/")
            await talk.connect()
            await sync_to_async(live.rows_changed, thread_sensitive=False)(month, [7], "sync")
            message = await talk.receive_output(timeout=5)
            await talk.disconnect()
            return message

        for month in months:
            assert json.loads(async_to_sync(listen)(manager, month)["text"])["ids"] == [7], month
        assert async_to_sync(listen)(viewer, MONTH)["code"] == 4403


class TestEditing:
    def test_a_cell_is_written_and_the_row_comes_back(self, signed_in: Any):
        open_month()
        row = make_row(a4_bw_start=10, a4_bw_end=20)
        answer = post(signed_in("Editors (End)"), f"api/update-counters/{row.pk}/", {"fields": {"a4_bw_end": "1 010"}})
        assert answer.status_code == 200
        assert answer.json()["report"]["total_prints"] == 1000
        assert answer.json()["updated_fields"] == ["a4_bw_end"]

    @pytest.mark.parametrize(
        ("body", "status"),
        [
            ({"fields": {"a4_bw_end": 30}, "seen": {"a4_bw_end": 19}}, 409),
            ({"fields": {"a4_bw_end": "many"}}, 422),
            ({"fields": {"a4_bw_start": 1}}, 403),
            ({"fields": []}, 422),
            ({}, 422),
            ({"fields": {"a4_bw_end": {"x": 1}}}, 422),
        ],
    )
    def test_refusals_say_what_stands_there(self, signed_in: Any, body: dict[str, Any], status: int):
        open_month()
        row = make_row(a4_bw_end=20)
        answer = post(signed_in("Editors (End)"), f"api/update-counters/{row.pk}/", body)
        assert (answer.status_code, answer["Content-Type"]) == (status, "application/problem+json")
        if status in (403, 409):
            assert answer.json()["report"]["a4_bw_end"] == 20
        row.refresh_from_db()
        assert row.a4_bw_end == 20

    @pytest.mark.parametrize("body", [b"{", b"[]", b"\xff", b"[" * 100_000])
    def test_what_is_no_json_is_a_bad_request(self, signed_in: Any, body: bytes):
        open_month()
        row = make_row()
        client = signed_in("Editors (End)")
        path = f"/monthly-report/api/update-counters/{row.pk}/"
        assert client.post(path, body, content_type="application/json").status_code == 400

    def test_a_viewer_changes_nothing(self, signed_in: Any):
        open_month()
        row = make_row(a4_bw_end=1)
        viewer = signed_in("Viewers")
        deeds = (
            f"api/update-counters/{row.pk}/", f"api/reset-manual-flag/{row.pk}/", "api/sync/2026/3/", "2026-03/publish/",
            "2026-03/window/", "2026-03/delete/", "2026-03/auto-sync/", "api/toggle-serial-override/", "import/",
        )  # fmt: skip
        for deed in deeds:
            assert post(viewer, deed, {"fields": {"a4_bw_end": 2}}).status_code == 403, deed
        assert MonthlyReport.objects.get().a4_bw_end == 1


class TestImporting:
    def test_upload_look_through_apply_and_undo(self, signed_in: Any):
        make_organization(CLIENT)
        manager = signed_in("Managers")
        content = sheet([{"Серийный номер оборудования": "<b>X1", "A4 ч/б конец": 5}])
        form = {"file": SimpleUploadedFile("m.xlsx", content), "month": "2026-03", "allow_edit": "on"}
        answer = manager.post("/monthly-report/import/", form, follow=True, headers={"Accept": "text/html"})
        assert b"&lt;b&gt;X1" in answer.content
        session = MonthImport.objects.get()
        manager.post(f"/monthly-report/import/{session.pk}/apply/", {"token": session.token})
        assert MonthlyReport.objects.get().a4_bw_end == 5
        manager.post(f"/monthly-report/import/{session.pk}/undo/")
        assert not MonthlyReport.objects.exists()

    def test_a_broken_file_is_told_on_the_form(self, signed_in: Any):
        form = {"file": SimpleUploadedFile("m.xlsx", b"PK\x03\x04 nothing"), "month": "2026-03"}
        answer = signed_in("Managers").post("/monthly-report/import/", form, headers={"Accept": "text/html"})
        assert answer.status_code == 422
        assert not MonthImport.objects.exists()


class TestCost:
    def queries(self, client: Client, path: str) -> int:
        client.get(f"/monthly-report/{path}")
        with CaptureQueriesContext(connection) as captured:
            answer = client.get(f"/monthly-report/{path}")
            assert answer.status_code == 200
            assert answer.getvalue()
        return len(captured)

    @pytest.mark.parametrize("path", ["api/month/2026/3/", "2026-03/export/", "2026-03/"])
    def test_queries_do_not_grow_with_the_month(self, signed_in: Any, path: str):
        open_month()
        make_row()
        client = signed_in("Managers")
        few = self.queries(client, path)
        for _number in range(12):
            make_row()
            make_row(month=MONTH.replace(month=2))
        assert self.queries(client, path) == few <= 9
