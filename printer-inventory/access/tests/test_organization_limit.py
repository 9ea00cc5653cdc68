"""A person with a limit sees and changes nothing of other organizations, through no door (IDOR), whatever their roles say.

The doors come from the URL resolver, so a new page, file or API is asked here the day it is made.
"""

from __future__ import annotations

import json
from typing import Any

import pytest
from asgiref.sync import async_to_sync, sync_to_async
from django.contrib.auth.models import User
from django.db import transaction
from django.test import Client
from django.utils import timezone

from access.models import EntityChangeLog, OrganizationLimit
from access.services import people, tokens
from access.services.audit import Actor
from access.tests.routes import Route, routes
from access.tests.sockets import socket
from access.tests.strangers import MARK, OURS, THEIRS, World, make_world, snapshot, text_of
from access.tests.test_permission_matrix import matrix
from inventory.models import Export, InventoryTask, PollSchedule, Printer
from inventory.services import exporting, notifying
from monthly_report.services import live
from monthly_report.tests.factories import MONTH

pytestmark = pytest.mark.django_db

LEAVES = ("logout", "oidc_logout")
TELLING = frozenset(
    {
        "inventory:printer_list", "inventory:printer_detail", "inventory:export_now", "inventory:alert_list",
        "inventory:doubt_list", "inventory:doubt_detail", "inventory:api_printers", "inventory:api_printer",
        "inventory:web_rules", "api-1:list_printers", "api-1:get_printer", "api-1:list_organizations",
        "contracts:device_list", "contracts:device", "contracts:export", "contracts:api_devices", "contracts:api_filters",
        "contracts:order_list", "contracts:api_history", "monthly_report:export", "monthly_report:api_month",
        "monthly_report:changes", "contracts:import", "dashboard:overview", "dashboard:report", "dashboard:export",
        "dashboard:export_all", "dashboard:rules", "dashboard:rule",
    }
)  # fmt: skip
"""Doors that tell of another organization whoever has no limit: asked in every run, all doors in the slow one."""


@pytest.fixture
def world() -> World:
    return make_world()


def doors() -> list[tuple[Route, str, str]]:
    """Return (route, method, address) of every door, with the number of the other client's rows where it takes one."""
    found = []
    for route in routes():
        if route.key in LEAVES or route.key.startswith("debug"):
            continue
        for line in matrix()[route.key]:
            method, _need, *rest = line.split()
            found.append((route, method, rest[0] if rest else route.path_to(THEIRS)))
    return found


def ask(client: Client, method: str, address: str) -> Any:
    with transaction.atomic():
        answer = client.generic(method, address, b"{}", content_type="application/json")
        text = text_of(answer)
        transaction.set_rollback(True)
    return answer, text


class TestEveryDoor:
    def test_the_doors_that_tell_most_tell_nothing(self, world: World):
        asked = [(method, address) for route, method, address in doors() if route.key in TELLING]
        told = [address for method, address in asked if MARK in ask(world.client, method, address)[1]]
        assert len(asked) >= len(TELLING)
        assert not told

    @pytest.mark.slow
    @pytest.mark.timeout(600)
    def test_nothing_of_another_organization_is_told(self, world: World):
        root = Client(raise_request_exception=False)
        root.force_login(User.objects.get(username="root"))
        for _route, method, address in doors():  # what is kept for everybody (caches) is kept now
            if method == "GET" and str(THEIRS) not in address:
                root.get(address)
        told = [address for _, method, address in doors() if MARK in ask(world.client, method, address)[1]]
        assert not told, "A person with a limit is told of another organization by:\n" + "\n".join(told)

    @pytest.mark.slow
    @pytest.mark.timeout(600)
    def test_the_same_walk_without_a_limit_is_told_of_it(self, world: World):
        """Without this the tests above could pass by asking nothing."""
        OrganizationLimit.objects.all().delete()
        told = {route.key for route, method, address in doors() if MARK in ask(world.client, method, address)[1]}
        assert not TELLING - told

    @pytest.mark.slow
    @pytest.mark.timeout(600)
    def test_a_row_of_another_organization_does_not_exist(self, world: World):
        wrong = []
        for route, method, address in doors():
            if str(THEIRS) not in address:
                continue
            answer, _ = ask(world.client, method, address)
            if answer.status_code not in (400, 403, 404, 405, 409, 415, 422, 428) and "login" not in str(
                answer.headers
            ):
                wrong.append(f"{method} {address} ({route.key}): {answer.status_code}")
        assert not wrong, "\n".join(wrong)

    @pytest.mark.slow
    @pytest.mark.timeout(600)
    def test_nothing_of_another_organization_is_changed(self, world: World):
        before, changed = snapshot(), []
        for route in routes():
            for line in matrix()[route.key]:
                if line.startswith("GET") or route.key in LEAVES:
                    continue
                with transaction.atomic():
                    body = {
                        "ids": [THEIRS],
                        "printer_ids": [THEIRS],
                        "id": THEIRS,
                        "printer_id": THEIRS,
                        "decision": "apply",
                    }
                    address = line.split()[2] if len(line.split()) > 2 else route.path_to(THEIRS)
                    world.client.generic(line.split()[0], address, json.dumps(body), content_type="application/json")
                    world.client.post(
                        address, {"ids": [THEIRS], "printer_id": THEIRS, "all_of": "", "decision": "apply"}
                    )
                    if snapshot() != before:
                        changed.append(route.key)
                    transaction.set_rollback(True)
        assert not changed

    def test_their_own_rows_are_there(self, world: World):
        for address in (
            f"/inventory/{OURS}/", f"/contracts/{OURS}/", f"/inventory/quarantine/{OURS}/", f"/api/v1/printers/{OURS}/",
            f"/inventory/api/printer/{OURS}/", "/monthly-report/2026-03/", "/dashboard/",
            "/dashboard/supplies/", f"/inventory/{OURS}/history/",
        ):  # fmt: skip
            answer, text = ask(world.client, "GET", address)
            assert answer.status_code == 200, address
            assert MARK not in text
        _, listed = ask(world.client, "GET", "/api/v1/printers/")
        assert [row["id"] for row in json.loads(listed.split("}{'")[0] + "}")["items"]] == [OURS]

    def test_a_limit_to_nothing_shows_nothing(self, world: World):
        OrganizationLimit.objects.get(user=world.person).organizations.clear()
        assert ask(world.client, "GET", f"/inventory/{OURS}/")[0].status_code == 404
        assert "ALPHA" not in ask(world.client, "GET", "/inventory/")[1]


class TestPolling:
    def test_a_poll_of_a_foreign_printer_is_not_asked_for(self, world: World):
        for address in ("/inventory/api/run-poll/", "/api/v1/polls/"):
            world.client.post(address, json.dumps({"printer_ids": [THEIRS, OURS]}), content_type="application/json")
        world.client.post("/inventory/run-poll/", {"ids": [THEIRS]})
        asked = InventoryTask.objects.filter(state="queued").values_list("printer", flat=True)
        assert list(asked) == [OURS]

    def test_the_whole_fleet_is_ones_own(self, world: World):
        world.client.post("/inventory/run_all/")
        assert list(PollSchedule.objects.exclude(open_task=None).values_list("pk", flat=True)) == [OURS]

    def test_only_ones_own_job_can_be_stopped(self, world: World):
        assert world.client.post(f"/inventory/jobs/{THEIRS}/stop/").status_code == 404


def test_a_token_reaches_as_far_as_its_owner(world: World):
    row, text = tokens.create(world.person, "script", ["printers:read", "exports:run"], timezone.now())
    del row
    bearer = {"authorization": f"Bearer {text}"}
    listed = Client().get("/api/v1/printers/", headers=bearer).json()
    assert [one["id"] for one in listed["items"]] == [OURS]
    assert Client().get(f"/api/v1/printers/{THEIRS}/", headers=bearer).status_code == 404


def test_a_worker_makes_the_file_within_the_limit(world: World):
    answer = world.client.post("/inventory/exports/new/", {"format": "csv"}, headers={"accept": "application/json"})
    assert answer.status_code == 202
    assert exporting.run_next()
    job = Export.objects.get(pk=answer.json()["id"])
    content = b"".join(bytes(piece.content) for piece in job.pieces.all()).decode()
    assert "ALPHA1" in content
    assert MARK not in content


def test_nobody_leaves_their_limit_by_a_form(world: World):
    """Moving a printer or a device to another organization is choosing one that is not offered."""
    printer = Printer.objects.get(pk=OURS)
    answer = world.client.patch(
        f"/api/v1/printers/{OURS}/", json.dumps({"organization_id": THEIRS}), content_type="application/json",
        headers={"if-match": "*"},
    )  # fmt: skip
    assert answer.status_code == 422, answer.content
    body = json.dumps({"organization_id": THEIRS, "version": 0})
    answer = world.client.post(f"/contracts/api/{OURS}/update/", body, content_type="application/json")
    assert answer.status_code == 422
    printer.refresh_from_db()
    assert printer.organization_id == OURS


def test_an_address_taken_by_a_hidden_printer_is_a_conflict_not_a_failure(world: World):
    taken = Printer.objects.get(pk=THEIRS).ip_address
    answer = world.client.patch(
        f"/api/v1/printers/{OURS}/", json.dumps({"ip_address": taken}), content_type="application/json",
        headers={"if-match": "*"},
    )  # fmt: skip
    assert answer.status_code in (409, 422)


class TestWhoLimits:
    def test_an_administrator_of_users_sets_and_lifts_it(self, world: World):
        root = Client()
        root.force_login(User.objects.get(username="root"))
        sent = {"roles": [], "is_active": "on", "is_limited": "on", "organizations": [THEIRS]}
        assert root.post(f"/users/{world.person.pk}/", sent).status_code == 302
        assert [row.pk for row in OrganizationLimit.objects.get().organizations.all()] == [THEIRS]
        assert EntityChangeLog.objects.latest("pk").changes
        root.post(f"/users/{world.person.pk}/", {"roles": [], "is_active": "on"})
        assert not OrganizationLimit.objects.exists()

    def test_nobody_lifts_their_own(self, world: World):
        with pytest.raises(people.NotYoursError):
            people.limit(world.person, Actor.of(world.person), None)

    def test_a_limited_person_manages_no_users_and_opens_no_administration(self, world: World):
        world.person.is_staff = True
        world.person.save()
        for address in (
            "/users/",
            "/audit/",
            "/admin/",
            "/metrics/",
            "/inventory/discovery/",
            "/inventory/fleet-health/",
            "/dashboard/alarms/",
            f"/dashboard/alarms/rules/{OURS}/",
            "/dashboard/alarms/rules/add/",
            "/dashboard/deliveries/",
            "/billing/",
        ):
            assert world.client.get(address).status_code == 403, address


@pytest.mark.django_db(transaction=True)
class TestWebSocket:
    def test_hints_are_about_ones_own_rows_alone(self, world: World):
        async def listen() -> list[Any]:
            fleet, month = socket(world.client, "/ws/inventory/"), socket(world.client, "/ws/monthly-report/2026/03/")
            assert (await fleet.connect())[0]
            assert (await month.connect())[0]
            send = sync_to_async(notifying.send, thread_sensitive=False)
            await send({"type": "inventory_start", "printer_id": THEIRS, "triggered_by": "manual"})
            await send({"type": "inventory_update", "printer_id": THEIRS, "message": MARK})
            await send({"type": "inventory_batch", "printer_ids": [THEIRS], "what": "stored"})
            await send({"type": "inventory_batch", "printer_ids": [THEIRS, OURS], "what": "stored"})
            tell = sync_to_async(live.rows_changed, thread_sensitive=False)
            await tell(MONTH, [THEIRS], "edit", MARK)
            await tell(MONTH, [THEIRS, OURS], "edit")
            heard = [await fleet.receive_json_from(5), await month.receive_json_from(5)]
            await fleet.disconnect()
            await month.disconnect()
            return heard

        fleet, month = async_to_sync(listen)()
        assert fleet["printer_ids"] == [OURS]
        assert month["ids"] == [OURS]
        assert month["count"] == 1

    @pytest.mark.parametrize("how", ["closed", "signed out", "role taken", "password changed"])
    @pytest.mark.parametrize("path", ["/ws/inventory/", "/ws/monthly-report/2026/03/"])
    def test_an_open_one_ends_when_its_person_is_revoked(self, world: World, settings: Any, how: str, path: str):
        settings.WEBSOCKET_RECHECK_SECONDS = 0.05

        def revoke() -> None:
            person = User.objects.get(pk=world.person.pk)
            if how == "closed":
                people.change(person, Actor(), roles=person.groups.all(), active=False)
            elif how == "signed out":
                world.client.logout()
            elif how == "role taken":
                person.groups.clear()
            else:
                person.set_password("another")
                person.save()

        async def listen() -> Any:
            talk = socket(world.client, path)
            assert (await talk.connect())[0]
            await sync_to_async(revoke)()
            return await talk.receive_output(timeout=10)

        told = async_to_sync(listen)()
        assert told["type"] == "websocket.close"
        assert told["code"] == (4403 if how == "role taken" else 4401)

    def test_the_recheck_and_the_providers_interval_are_a_minute_together(self, settings: Any):
        assert settings.WEBSOCKET_RECHECK_SECONDS + settings.OIDC_RECHECK_SECONDS <= 60
