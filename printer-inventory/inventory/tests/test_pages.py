"""Pages by their HTTP face, as people with a role see them."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Group, User
from django.test import Client
from django.urls import reverse

from access.services.roles import bootstrap_roles
from inventory.models import Printer, PrinterState
from inventory.tests.factories import make_organization, make_printer

pytestmark = pytest.mark.django_db
HOSTILE = "<script>alert(1)</script>"


def client_of(role: str) -> Client:
    """Return a browser signed in with one role."""
    bootstrap_roles()
    user = User.objects.create_user(role.replace(" ", "-").lower())
    user.groups.set(Group.objects.filter(name=role))
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def viewer() -> Client:
    return client_of("Inventory Viewer")


@pytest.fixture
def editor() -> Client:
    return client_of("Inventory Editor")


@pytest.mark.parametrize("prefix", ["/inventory/", "/printers/"])
def test_both_prefixes_show_the_fleet(viewer, prefix):
    make_printer(serial_number="SERIAL1")
    answer = viewer.get(prefix)
    assert answer.status_code == 200
    assert "SERIAL1" in answer.text


def test_an_empty_fleet_teaches(editor):
    answer = editor.get("/inventory/")
    assert "No printers yet" in answer.text
    assert reverse("inventory:printer_add") in answer.text


def test_a_filter_that_matches_nothing_says_so(viewer):
    make_printer()
    assert "No printer matches" in viewer.get("/inventory/", {"q": "nowhere"}).text


def test_visitors_sign_in_first_and_come_back():
    answer = Client().get("/inventory/?state=failed")
    assert (answer.status_code, answer.headers["location"]) == (
        302,
        "/accounts/login/?next=/inventory/%3Fstate%3Dfailed",
    )


def test_programs_get_401_instead_of_a_login_page():
    answer = Client().get("/inventory/jobs/", headers={"accept": "application/json"})
    assert (answer.status_code, answer.headers["content-type"]) == (401, "application/problem+json")


def test_people_without_a_role_are_told_what_is_missing():
    client = Client()
    client.force_login(User.objects.create_user("nobody"))
    answer = client.get("/inventory/")
    assert answer.status_code == 403
    assert "Inventory Viewer" in answer.text


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("post", "/inventory/{pk}/run/"),
        ("post", "/inventory/run_all/"),
        ("post", "/inventory/run-poll/"),
        ("post", "/inventory/api/run-poll/"),
        ("post", "/inventory/api/probe-serial/"),
        ("get", "/inventory/add/"),
        ("get", "/inventory/{pk}/edit/"),
        ("post", "/inventory/{pk}/delete/"),
        ("post", "/inventory/{pk}/restore/"),
    ],
)
def test_viewers_only_look(viewer, method, path):
    answer = getattr(viewer, method)(path.format(pk=make_printer().pk))
    assert answer.status_code == 403


def test_what_a_device_says_is_never_markup(viewer):
    printer = make_printer(hostname=HOSTILE, location=HOSTILE, serial_number=HOSTILE)
    PrinterState.objects.filter(pk=printer.pk).update(
        last_verdict="FAILED",
        last_error=HOSTILE,
        console=HOSTILE,
        printer_status=HOSTILE,
        firmware=HOSTILE,
        alerts=[{"description": HOSTILE, "severity": HOSTILE, "group": HOSTILE, "code_name": HOSTILE}],
        supplies=[
            {
                "index": "1.1",
                "description": HOSTILE,
                "kind": HOSTILE,
                "color": HOSTILE,
                "percent": None,
                "state": HOSTILE,
                "unit": HOSTILE,
                "level": 1,
                "capacity": 2,
                "part_number": HOSTILE,
            }
        ],
    )
    for path in ("/inventory/", f"/inventory/{printer.pk}/", f"/inventory/rows/?ids={printer.pk}"):
        text = viewer.get(path).text
        assert HOSTILE not in text
        assert "&lt;script&gt;" in text, (path, text[text.find("<tbody") :][:1500])


def test_pages_allow_nothing_inline(viewer):
    make_printer()
    policy = viewer.get("/inventory/").headers["content-security-policy"]
    assert "unsafe" not in policy
    assert "script-src 'self'" in policy


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ({"q": "ALPHA"}, {"ALPHA1"}),
        ({"state": "failed"}, {"BETA2"}),
        ({"low": "10"}, {"ALPHA1"}),
        ({"active": "false"}, {"GONE3"}),
        ({"active": "all"}, {"ALPHA1", "BETA2", "GONE3"}),
        ({"org": "none"}, {"BETA2"}),
        ({"state": "never"}, {"ALPHA1", "BETA2"}),
        ({"page": "99999999999999999999", "per_page": "x", "sort": "'; DROP", "low": "²"}, {"ALPHA1", "BETA2"}),
        ({"q": "\x00"}, {"ALPHA1", "BETA2"}),
    ],
)
def test_filters(viewer, query, shown):
    alpha = make_printer(serial_number="ALPHA1", organization=make_organization())
    beta = make_printer(serial_number="BETA2")
    make_printer(serial_number="GONE3", is_active=False)
    PrinterState.objects.filter(pk=alpha.pk).update(lowest_percent=8)
    PrinterState.objects.filter(pk=beta.pk).update(last_verdict="FAILED")
    text = viewer.get("/inventory/", query).text
    assert {serial for serial in ("ALPHA1", "BETA2", "GONE3") if serial in text} == shown


def test_the_list_costs_the_same_for_any_number_of_printers(viewer, django_assert_max_num_queries):
    for _ in range(30):
        make_printer(organization=make_organization())
    viewer.get("/inventory/")
    with django_assert_max_num_queries(6):
        viewer.get("/inventory/")


class TestEditing:
    def values(self, **changes: object) -> dict[str, object]:
        return {"ip_address": "127.7.0.1", "snmp_port": 161, "web_port": 80, "snmp_version": "auto", **changes}

    def test_adding_a_printer_asks_for_its_first_poll(self, editor):
        answer = editor.post("/inventory/add/", self.values())
        printer = Printer.objects.get()
        assert (answer.status_code, answer.headers["location"]) == (302, printer.get_absolute_url())
        assert (printer.snmp_community, printer.tasks.count()) == ("public", 1)

    def test_an_address_in_use_is_refused_and_what_was_typed_stays(self, editor):
        make_printer(ip_address="127.7.0.1")
        answer = editor.post("/inventory/add/", self.values(hostname="typed"))
        assert answer.status_code == 422
        assert "already has the address" in answer.text
        assert 'value="typed"' in answer.text

    def test_an_address_outside_the_printer_networks_is_refused(self, editor):
        answer = editor.post("/inventory/add/", self.values(ip_address="8.8.8.8"))
        assert answer.status_code == 422
        assert "PRINTER_NETWORKS" in answer.text

    def test_the_community_is_never_shown_and_stays_when_left_empty(self, editor):
        printer = make_printer(snmp_community="s3cret")
        assert "s3cret" not in editor.get(f"/inventory/{printer.pk}/edit/").text
        values = self.values(ip_address=printer.ip_address, version=0, hostname="new")
        assert editor.post(f"/inventory/{printer.pk}/edit/", values).status_code == 302
        printer.refresh_from_db()
        assert (printer.snmp_community, printer.hostname, printer.version) == ("s3cret", "new", 1)

    def test_an_edit_of_an_older_version_is_a_conflict(self, editor):
        printer = make_printer()
        values = self.values(ip_address=printer.ip_address, version=0)
        assert editor.post(f"/inventory/{printer.pk}/edit/", {**values, "hostname": "first"}).status_code == 302
        answer = editor.post(f"/inventory/{printer.pk}/edit/", {**values, "hostname": "second"})
        assert answer.status_code == 409
        assert "Somebody else" in answer.text
        assert Printer.objects.get().hostname == "first"

    def test_retiring_can_be_undone_and_both_are_on_record(self, editor):
        printer = make_printer()
        page = editor.post(f"/inventory/{printer.pk}/delete/", follow=True)
        assert f"/inventory/{printer.pk}/restore/" in page.text
        assert Printer.objects.filter(pk=printer.pk, is_active=False, replaced_at__isnull=False).exists()
        editor.post(f"/inventory/{printer.pk}/restore/")
        assert Printer.objects.filter(pk=printer.pk, is_active=True, replaced_at=None).exists()
        text = editor.get(f"/inventory/{printer.pk}/").text
        assert ">retired</span>" in text
        assert ">restored</span>" in text

    def test_a_retired_printers_address_is_free(self, editor):
        make_printer(ip_address="127.7.0.1", is_active=False)
        assert editor.post("/inventory/add/", self.values()).status_code == 302


class TestAsking:
    def test_one_click_makes_one_row(self, editor):
        printer = make_printer()
        answer = editor.post(f"/inventory/{printer.pk}/run/", headers={"accept": "application/json"})
        assert answer.status_code == 202
        task = editor.get(f"/inventory/api/task-status/{answer.json()['task_id']}/").json()
        assert (task["state"], task["printer_id"]) == ("queued", printer.pk)
        assert editor.get(f"/inventory/api/latest-task/{printer.pk}/").json() == task

    def test_poll_all_pressed_twice_is_one_job(self, editor):
        for _ in range(3):
            make_printer()
        first, second = (
            editor.post("/printers/run_all/", headers={"accept": "application/json"}).json() for _ in range(2)
        )
        assert first["id"] == second["id"]
        assert (first["state"], first["done"], first["total"]) == ("running", 0, 3)
        assert [job["id"] for job in editor.get("/inventory/jobs/").json()["jobs"]] == [first["id"]]

    def test_a_job_can_be_stopped(self, editor):
        make_printer()
        job = editor.post("/inventory/run_all/", headers={"accept": "application/json"}).json()
        stopped = editor.post(job["stop_url"], headers={"accept": "application/json"}).json()
        assert (stopped["stopped"], stopped["state"]) == (1, "stopped")

    def test_everything_a_filter_matches_can_be_asked(self, editor):
        make_printer(serial_number="ALPHA1")
        make_printer(serial_number="BETA2")
        answer = editor.post(
            "/inventory/run-poll/?q=alpha", {"scope": "filter"}, headers={"accept": "application/json"}
        )
        assert answer.json()["total"] == 1

    @pytest.mark.parametrize("body", [b"", b"{", b"[]", b'{"printer_ids": ["1"]}', b'{"printer_ids": [true]}', b"\xff"])
    def test_unreadable_requests_are_refused(self, editor, body):
        answer = editor.post("/inventory/api/run-poll/", body, content_type="application/json")
        assert (answer.status_code, answer.json()["status"]) == (400, 400)

    def test_a_retired_printer_is_not_polled(self, editor):
        printer = make_printer(is_active=False)
        assert editor.post(f"/inventory/{printer.pk}/run/", headers={"accept": "application/json"}).status_code == 409
