"""Pages of searches: the form, the live page, the list, adding; who may."""

from __future__ import annotations

import pytest
from django.test import Client
from django.utils import timezone

from inventory.models import DiscoveredDevice, Discovery, Printer
from inventory.services import discovery
from inventory.tests.factories import make_organization, make_printer
from inventory.tests.test_pages import HOSTILE, client_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def editor() -> Client:
    return client_of("Inventory Editor")


def make_discovery(state: str = "done", **values: object) -> Discovery:
    facts: dict[str, object] = {
        "networks": ["127.5.0.0/24"], "ports": [161], "communities": ["s3cret"], "pps": 100, "total": 254,
    }  # fmt: skip
    return Discovery.objects.create(state=state, **{**facts, **values})


def make_device(job: Discovery, number: int, **values: object) -> DiscoveredDevice:
    now = timezone.now()
    facts: dict[str, object] = {
        "address": f"127.5.{number // 250}.{number % 250 + 1}",
        "port": 161,
        "community": "s3cret",
        "is_printer": True,
        "asked_at": now,
        "serial_number": f"DEV{number:05}",
        "manufacturer": "Kyocera",
        "model": "P2040",
        "standing": "new",
        "first_seen": now,
        "last_seen": now,
    }
    return DiscoveredDevice.objects.create(discovery=job, **{**facts, **values})


EVERY = {"DEV00001", "DEV00002", "DEV00003"}
PATHS = [
    ("get", "/inventory/discovery/"),
    ("get", "/inventory/discovery/new/"),
    ("post", "/inventory/discovery/new/"),
    ("post", "/inventory/discovery/estimate/"),
    ("get", "/inventory/discovery/{pk}/"),
    ("get", "/inventory/discovery/{pk}/devices/"),
    ("get", "/inventory/discovery/{pk}/progress/"),
    ("post", "/inventory/discovery/{pk}/stop/"),
    ("post", "/inventory/discovery/{pk}/add/"),
]


@pytest.mark.parametrize(("method", "path"), PATHS)
@pytest.mark.parametrize(
    ("role", "may"),
    [("Inventory Viewer", False), ("Inventory Operator", False), ("Inventory Editor", True), ("Inventory Admin", True)],
)
def test_only_who_may_add_printers_may_search(role, may, method, path):
    job = make_discovery(state="running")
    answer = getattr(client_of(role), method)(path.format(pk=job.pk))
    assert (answer.status_code != 403) is may
    if not may:
        job.refresh_from_db()
        assert not job.stop_asked


@pytest.mark.parametrize("path", [path for method, path in PATHS if method == "get"])
def test_visitors_sign_in_first(path):
    assert Client().get(path.format(pk=make_discovery().pk)).status_code == 302


class TestForm:
    def test_a_search_is_a_row_at_once(self, editor):
        organization = make_organization()
        values = {
            "networks": "127.5.0.0/24\n127.6.0.1",
            "organization": organization.pk,
            "communities": "one, two",
            "ports": "161 1161",
        }
        answer = editor.post("/inventory/discovery/new/", values)
        job = Discovery.objects.get()
        assert (answer.status_code, answer.headers["location"]) == (302, job.get_absolute_url())
        assert (job.state, job.total, job.ports, job.communities) == ("queued", 255, [161, 1161], ["one", "two"])
        assert (job.organization, str(job.requested_by)) == (organization, "inventory-editor")

    @pytest.mark.parametrize(
        ("values", "word"),
        [
            ({"networks": ""}, "required"),
            ({"networks": "8.8.8.0/24"}, "PRINTER_NETWORKS"),
            ({"networks": "printer"}, "is no network"),
            ({"networks": "127.0.0.0/8"}, "addresses"),
            ({"networks": "127.5.0.0/24", "ports": "0"}, "65535"),
            ({"networks": "127.5.0.0/24", "ports": "1 2 3 4 5 6"}, "at most 5"),
            ({"networks": "127.5.0.0/24", "communities": "a,b,c,d,e,f"}, "at most 5"),
            ({"networks": "127.5.0.0/24", "communities": "x" * 101}, "100 characters"),
            ({"networks": "127.5.0.0/24", "pps": "0"}, "greater than or equal to 1"),
            ({"networks": "127.5.0.0/24", "organization": "99999"}, "valid choice"),
        ],
    )
    def test_what_cannot_be_searched_is_refused_with_words(self, editor, values, word):
        answer = editor.post("/inventory/discovery/new/", values)
        assert answer.status_code == 422
        assert word in answer.text
        assert not Discovery.objects.exists()

    def test_the_estimate_tells_addresses_packets_and_time(self, editor):
        text = editor.post("/inventory/discovery/estimate/", {"networks": "127.5.0.0/16"}).text
        assert "65,534" in text
        assert "131,068" in text
        assert "about 17 s" in text
        assert "PRINTER_NETWORKS" in editor.post("/inventory/discovery/estimate/", {"networks": "8.8.8.8"}).text
        assert "Write a network" in editor.post("/inventory/discovery/estimate/", {"networks": " "}).text


class TestPages:
    def test_an_empty_history_teaches(self, editor):
        text = editor.get("/inventory/discovery/").text
        assert "No network searched yet" in text
        assert "/inventory/discovery/new/" in text

    def test_a_running_search_is_followed_and_can_be_stopped(self, editor):
        job = make_discovery(state="running", position=100)
        make_device(job, 1)
        page = editor.get(f"/inventory/discovery/{job.pk}/").text
        assert f'data-job="/inventory/discovery/{job.pk}/progress/"' in page
        assert 'hx-trigger="every 2s"' in page
        assert "data-check-all" not in page
        assert "127.5.0.2" in editor.get(f"/inventory/discovery/{job.pk}/devices/").text
        told = editor.get(f"/inventory/discovery/{job.pk}/progress/").json()
        assert (told["state"], told["done"], told["total"]) == ("running", 101, 255)
        answer = editor.post(f"/inventory/discovery/{job.pk}/stop/", headers={"accept": "application/json"})
        assert answer.status_code == 202
        job.refresh_from_db()
        assert job.stop_asked

    def test_communities_are_never_shown(self, editor):
        job = make_discovery(state="running")
        make_device(job, 1)
        for path in ("", f"{job.pk}/", f"{job.pk}/progress/", f"{job.pk}/devices/"):
            assert "s3cret" not in editor.get(f"/inventory/discovery/{path}").text

    def test_what_a_device_says_is_never_markup(self, editor):
        job = make_discovery()
        names = ("serial_number", "manufacturer", "model", "hostname", "description", "reason")
        make_device(job, 1, **dict.fromkeys(names, HOSTILE))
        make_device(job, 2, is_printer=False, standing="other", model="", description=HOSTILE)
        text = editor.get(f"/inventory/discovery/{job.pk}/").text
        assert HOSTILE not in text
        assert "&lt;script&gt;" in text

    @pytest.mark.parametrize(
        ("query", "shown"),
        [
            ({"standing": "moved"}, {"DEV00002"}),
            ({"q": "dev00001"}, {"DEV00001"}),
            ({"q": "ricoh"}, {"DEV00003"}),
            ({"q": "127.5.0.3 kyo"}, {"DEV00002"}),
            (
                {"standing": "nonsense", "sort": "'; DROP", "page": "9" * 30, "per_page": "-1"},
                {"DEV00001", "DEV00002", "DEV00003"},
            ),
            ({"q": "\x00"}, {"DEV00001", "DEV00002", "DEV00003"}),
            ({"q": "nobody"}, set()),
        ],
    )
    def test_filters(self, editor, query, shown):
        job = make_discovery()
        make_device(job, 1)
        make_device(job, 2, standing="moved")
        make_device(job, 3, manufacturer="Ricoh")
        text = editor.get(f"/inventory/discovery/{job.pk}/", query).text
        assert {serial for serial in ("DEV00001", "DEV00002", "DEV00003") if serial in text} == shown

    def test_addresses_are_sorted_as_numbers(self, editor):
        job = make_discovery()
        for address in ("127.5.0.100", "127.5.0.9", "127.5.0.20"):
            make_device(job, 1, address=address)
        text = editor.get(f"/inventory/discovery/{job.pk}/", {"sort": "-address"}).text
        assert text.index("127.5.0.100") < text.index("127.5.0.20") < text.index("127.5.0.9<")

    def test_a_page_costs_the_same_for_any_number_of_devices(
        self, editor, django_assert_num_queries, django_assert_max_num_queries
    ):
        job = make_discovery()
        for number in range(60):
            make_device(job, number, standing="known", printer=make_printer())
        editor.get(f"/inventory/discovery/{job.pk}/")
        with django_assert_max_num_queries(12):
            editor.get(f"/inventory/discovery/{job.pk}/")
        with django_assert_max_num_queries(7):
            editor.get("/inventory/discovery/")


class TestAdding:
    def test_the_selected_ones_are_added_to_an_organization(self, editor):
        job, organization = make_discovery(), make_organization()
        first, _ = make_device(job, 1), make_device(job, 2)
        values = {"ids": [first.pk, "x", "-1"], "organization": organization.pk}
        page = editor.post(f"/inventory/discovery/{job.pk}/add/", values, follow=True)
        assert "1 printer added" in page.text
        printer = Printer.objects.get()
        assert (printer.ip_address, printer.organization) == (first.address, organization)
        assert printer.snmp_community == "s3cret"

    def test_all_new_ones_are_added_once(self, editor):
        job = make_discovery()
        for number in range(5):
            make_device(job, number)
        make_device(job, 9, is_printer=False)
        for _ in range(2):
            editor.post(f"/inventory/discovery/{job.pk}/add/", {"scope": "filter"})
        assert Printer.objects.count() == 5

    def test_nothing_selected_adds_nothing(self, editor):
        job = make_discovery()
        make_device(job, 1)
        page = editor.post(f"/inventory/discovery/{job.pk}/add/", follow=True)
        assert "Nothing added" in page.text
        assert not Printer.objects.exists()

    def test_an_inactive_organization_is_refused(self, editor):
        job, organization = make_discovery(), make_organization(active=False)
        make_device(job, 1)
        values = {"scope": "filter", "organization": organization.pk}
        page = editor.post(f"/inventory/discovery/{job.pk}/add/", values, follow=True)
        assert "Choose another one" in page.text
        assert not Printer.objects.exists()

    def test_who_moved_is_not_added_again(self, editor):
        job = make_discovery()
        device = make_device(job, 1)
        ours = make_printer(serial_number=device.serial_number)
        editor.post(f"/inventory/discovery/{job.pk}/add/", {"scope": "filter"})
        assert discovery.standings(job) == {"moved": 1}
        assert ours.get_absolute_url() in editor.get(f"/inventory/discovery/{job.pk}/").text
