"""`/api/v1/` by its HTTP face: who may, what it tells, how it refuses."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.test import Client
from django.utils import timezone

from access.scopes import SCOPES
from access.services import tokens
from access.services.roles import bootstrap_roles
from inventory.models import InventoryTask, JobState, PageCounter, Printer, PrinterState
from inventory.tasks import run_exports
from inventory.tests.factories import make_organization, make_printer

pytestmark = pytest.mark.django_db


def program(role: str = "Inventory Editor", scopes: tuple[str, ...] = tuple(SCOPES)) -> Client:
    """Return a client that sends a token of somebody with this role."""
    bootstrap_roles()
    user = User.objects.create_user(f"program-{role}-{User.objects.count()}")
    user.groups.set(Group.objects.filter(name=role))
    _row, text = tokens.create(user, "test", scopes, timezone.now())
    return Client(headers={"authorization": f"Bearer {text}"})


@pytest.fixture
def api() -> Client:
    return program()


def send(client: Client, method: str, path: str, data: Any = None, **headers: str) -> Any:
    body = json.dumps(data) if data is not None else ""
    return client.generic(method, f"/api/v1{path}", body, content_type="application/json", headers=headers)


class TestWayIn:
    """Tokens, sessions, scopes, permissions."""

    def test_without_a_token_there_is_nothing(self):
        answer = Client().get("/api/v1/printers/")
        assert (answer.status_code, answer.headers["content-type"]) == (401, "application/problem+json")
        assert answer.headers["www-authenticate"].startswith("Bearer")

    @pytest.mark.parametrize("header", ["Bearer", "Bearer ", "Bearer pit_wrong", "Basic YTpi", "pit_x", "Bearer \xff"])
    def test_a_wrong_token_is_refused(self, header):
        assert Client(headers={"authorization": header}).get("/api/v1/printers/").status_code == 401

    def test_a_token_without_the_scope_is_told_which_one(self):
        answer = program(scopes=("polls:run",)).get("/api/v1/printers/")
        assert answer.status_code == 403
        assert "printers:read" in answer.json()["detail"]

    def test_a_scope_never_gives_more_than_the_owner_may(self):
        viewer = program("Inventory Viewer")
        assert viewer.get("/api/v1/printers/").status_code == 200
        answer = send(viewer, "POST", "/printers/", {"ip_address": "127.9.1.1"})
        assert answer.status_code == 403
        assert "inventory.add_printer" in answer.json()["detail"]
        assert not Printer.objects.exists()

    def test_a_revoked_token_is_refused_at_once(self, api):
        assert api.get("/api/v1/me/").json()["scopes"] == sorted(SCOPES)
        tokens.revoke(User.objects.get().api_tokens.get(), timezone.now())
        assert api.get("/api/v1/me/").status_code == 401

    def test_a_session_reads_and_writes_only_with_its_csrf_token(self):
        program()
        browser = Client(enforce_csrf_checks=True)
        browser.force_login(User.objects.get())
        assert browser.get("/api/v1/me/").json()["token"] is None
        assert send(browser, "POST", "/printers/", {"ip_address": "127.9.1.1"}).status_code == 403
        assert not Printer.objects.exists()

    def test_the_documentation_is_for_those_who_may_read_it(self, api):
        editor, admin = Client(), Client()
        editor.force_login(User.objects.get())
        assert editor.get("/api/v1/openapi.json").status_code == 403
        admin.force_login(User.objects.create_superuser("root"))
        document = admin.get("/api/v1/openapi.json").json()
        assert document["paths"]["/api/v1/printers/"]["get"]["responses"]["401"]["content"].keys() == {
            "application/problem+json"
        }
        page = admin.get("/api/v1/docs/")
        assert page.status_code == 200
        assert "cdn" not in page.text


class TestPrinters:
    """Reading and editing the fleet."""

    def test_the_list_is_filtered_sorted_and_paged(self, api):
        alpha = make_organization("Alpha")
        made = [make_printer(organization=alpha) for _ in range(3)]
        make_printer()
        answer = api.get("/api/v1/printers/", {"org": alpha.pk, "sort": "-address", "per_page": 2}).json()
        assert [one["id"] for one in answer["items"]] == [made[2].pk, made[1].pk]
        assert (answer["total"], answer["pages"]) == (3, 2)
        following = api.get(answer["next"]).json()
        assert [one["id"] for one in following["items"]] == [made[0].pk]
        assert following["next"] is None

    def test_queries_do_not_grow_with_the_page(self, api, django_assert_max_num_queries):
        def ask() -> None:
            with django_assert_max_num_queries(7):
                assert api.get("/api/v1/printers/").status_code == 200

        make_printer()
        ask()
        for _ in range(30):
            make_printer(organization=make_organization())
        ask()

    def test_no_secret_is_told(self, api):
        printer = make_printer(snmp_community="s3cret")
        for path in ("/printers/", f"/printers/{printer.pk}/"):
            assert "s3cret" not in send(api, "GET", path).text

    def test_an_unknown_filter_word_is_an_error_and_not_ignored(self, api):
        answer = api.get("/api/v1/printers/", {"state": "broken", "per_page": 1000})
        assert answer.status_code == 422
        fields = [one["field"] for one in answer.json()["errors"]]
        assert any("state" in field for field in fields)
        assert any("per_page" in field for field in fields)

    def test_what_is_known_already_is_not_sent_again(self, api):
        printer = make_printer()
        for path in (f"/printers/{printer.pk}/", "/printers/", "/organizations/"):
            first = send(api, "GET", path)
            again = send(api, "GET", path, **{"if-none-match": first.headers["etag"]})
            assert (first.status_code, again.status_code, again.content) == (200, 304, b"")
        PrinterState.objects.update(last_attempt_at=timezone.now(), last_verdict="SUCCESS")
        assert (
            send(api, "GET", f"/printers/{printer.pk}/", **{"if-none-match": first.headers["etag"]}).status_code == 200
        )

    def test_a_printer_is_added_once(self, api):
        answer = send(api, "POST", "/printers/", {"ip_address": "127.9.1.1", "mac_address": "001BA9123456"})
        assert answer.status_code == 201
        assert answer.json()["mac_address"] == "00:1B:A9:12:34:56"
        assert api.get(answer.headers["location"]).json()["id"] == answer.json()["id"]
        again = send(api, "POST", "/printers/", {"ip_address": "127.9.1.1"})
        assert again.status_code == 409
        assert "already has the address" in again.json()["detail"]

    @pytest.mark.parametrize(
        ("field", "value"),
        [
            ("ip_address", "8.8.8.8"),
            ("ip_address", "x"),
            ("mac_address", "zz"),
            ("hostname", "a\x00b"),
            ("organization_id", 999999),
        ],
    )
    def test_a_wrong_value_is_named(self, api, field, value):
        answer = send(api, "POST", "/printers/", {"ip_address": "127.9.1.1", field: value})
        assert answer.status_code == 422
        assert answer.json()["errors"][0]["field"] == field
        assert not Printer.objects.exists()

    def test_editing_wants_what_was_read_and_loses_nobodys_edit(self, api):
        printer = make_printer(
            hostname="old", snmp_community="s3cret", location="here", web_username="w", snmp_v3_user="u"
        )
        path = f"/printers/{printer.pk}/"
        tag = send(api, "GET", path).headers["etag"]
        assert send(api, "PATCH", path, {"hostname": "new"}).status_code == 428
        PrinterState.objects.update(last_attempt_at=timezone.now())  # a poll in between is no conflict
        answer = send(api, "PATCH", path, {"hostname": "new"}, **{"if-match": tag})
        assert (answer.status_code, answer.json()["hostname"], answer.json()["version"]) == (200, "new", 1)
        assert send(api, "PATCH", path, {"hostname": "newer"}, **{"if-match": tag}).status_code == 412
        assert send(api, "PATCH", path, {"hostname": "newest"}, **{"if-match": "*"}).status_code == 200
        printer.refresh_from_db()
        assert (printer.hostname, printer.snmp_community, printer.location) == ("newest", "s3cret", "here")
        assert (printer.web_username, printer.snmp_v3_user) == ("w", "u")

    def test_retiring_and_restoring_may_be_repeated(self, api):
        printer = make_printer()
        for _ in range(2):
            assert send(api, "DELETE", f"/printers/{printer.pk}/").status_code == 204
        assert api.get("/api/v1/printers/").json()["total"] == 0
        for _ in range(2):
            assert send(api, "POST", f"/printers/{printer.pk}/restore/").json()["is_active"] is True
        assert Printer.objects.get().version == 2

    def test_what_does_not_exist_is_a_problem(self, api):
        for path in ("/printers/999999/", "/printers/999999/readings/", "/polls/999999/", "/exports/999999/"):
            answer = send(api, "GET", path)
            assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json")
            assert answer.json()["problem_id"]
        answer = send(api, "PUT", "/printers/1/")
        assert (answer.status_code, answer.headers["content-type"]) == (405, "application/problem+json")


class TestReadingsAndPolls:
    """What was read, and asking now."""

    def test_readings_come_newest_first_and_page_by_page(self, api):
        printer = make_printer()
        now = timezone.now()
        for hour in range(5):
            due = now - timedelta(hours=hour)
            task = InventoryTask.objects.create(printer=printer, due_at=due, state=JobState.DONE, status="SUCCESS")
            PageCounter.objects.create(
                task=task, printer=printer, recorded_at=due, total_pages=100 - hour, rule_version=1, reading={}
            )
        path = f"/api/v1/printers/{printer.pk}/readings/"
        first = api.get(path, {"limit": 3}).json()
        second = api.get(path, {"limit": 3, "before": first["next"]}).json()
        totals = [one["counters"]["total"] for one in first["items"] + second["items"]]
        assert (totals, second["next"]) == ([100, 99, 98, 97, 96], None)
        polls = api.get(f"/api/v1/printers/{printer.pk}/polls/", {"limit": 2}).json()
        assert (len(polls["items"]), polls["items"][0]["state"]) == (2, "done")

    def test_a_poll_is_a_row_at_once(self, api):
        printer = make_printer()
        asked = send(api, "POST", f"/printers/{printer.pk}/poll/")
        assert (asked.status_code, asked.json()["state"]) == (202, "queued")
        again = send(api, "POST", "/polls/", {"printer_ids": [printer.pk, 999999]})
        assert again.json() == {"polls": [{"printer_id": printer.pk, "poll_id": asked.json()["id"]}]}
        assert send(api, "GET", f"/polls/{asked.json()['id']}/").json()["trigger"] == "manual"
        retired = make_printer(is_active=False)
        assert send(api, "POST", f"/printers/{retired.pk}/poll/").status_code == 409

    def test_a_file_is_asked_for_followed_and_fetched(self, api):
        alpha = make_organization("Alpha")
        make_printer(organization=alpha, serial_number="S1")
        make_printer()
        wish = {"format": "csv", "query": f"org={alpha.pk}&nonsense=1", "columns": ["serial"]}
        asked = send(api, "POST", "/exports/", wish)
        assert (asked.status_code, asked.json()["state"]) == (202, "queued")
        path = f"/exports/{asked.json()['id']}/"
        assert send(api, "GET", f"{path}file/").status_code == 409
        run_exports()
        done = send(api, "GET", path).json()
        assert (done["state"], done["done"]) == ("done", 1)
        content = b"".join(api.get(done["download_url"]).streaming_content)
        assert content == "\ufeffSerial number\r\nS1\r\n".encode()
        assert send(program(), "GET", path).status_code == 404
