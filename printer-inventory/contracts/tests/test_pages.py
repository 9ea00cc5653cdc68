"""The contracts' pages and JSON by their HTTP face, as people with a role see them."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from sheets import read_table

from contracts.models import City, ContractDevice, ContractEvent
from contracts.tests.factories import make_device, make_model, make_provider, make_status
from inventory.tests.factories import make_organization, make_printer
from inventory.tests.test_pages import HOSTILE, client_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def viewer() -> Client:
    return client_of("Contracts Viewer")


@pytest.fixture
def editor() -> Client:
    return client_of("Contracts Editor")


def post(client: Client, url: str, **values: Any) -> Any:
    return client.post(url, json.dumps(values), content_type="application/json")


class TestList:
    def test_an_empty_list_teaches(self, editor):
        answer = editor.get("/contracts/")
        assert "No devices under contract yet" in answer.text
        assert reverse("contracts:import_start") in answer.text

    def test_a_filter_that_matches_nothing_says_so(self, viewer):
        make_device()
        assert "No device matches" in viewer.get("/contracts/", {"q": "nowhere"}).text

    def test_every_column_filters(self, viewer):
        alpha = make_organization("Alpha")
        wanted = make_device(
            organization=alpha,
            city=City.objects.create(name="Bratsk"),
            address="Mira 5",
            room_number="12A",
            model=make_model("HP", "M428"),
            serial_number="WANTED1",
            status=make_status("In repair"),
            service_provider=make_provider(),
            service_start_month="2026-03-01",
            comment="near the stairs",
            printer=make_printer(serial_number="WANTED1"),
        )
        make_device(serial_number="OTHER1", room_number="7")
        for query in (
            {"organization": alpha.pk},
            {"city__in": wanted.city_id},
            {"address": "mira"},
            {"address__in": "Mira 5"},
            {"room": "12a"},
            {"manufacturer__in": wanted.model.manufacturer_id},
            {"model": wanted.model_id},
            {"serial": "wanted"},
            {"status__in": f"{wanted.status_id}||999"},
            {"provider__in": wanted.service_provider_id},
            {"month__in": "2026-03"},
            {"comment": "STAIRS"},
            {"printer__in": "linked"},
            {"q": "bratsk m428"},
        ):
            text = viewer.get("/contracts/", query).text
            assert "WANTED1" in text, query
            assert "OTHER1" not in text, query
        assert "OTHER1" in viewer.get("/contracts/", {"provider__in": "none"}).text

    def test_choices_are_what_the_other_filters_leave(self, viewer):
        bratsk, tomsk = City.objects.create(name="Bratsk"), City.objects.create(name="Tomsk")
        alpha = make_organization("Alpha")
        make_device(organization=alpha, city=bratsk)
        make_device(city=tomsk)
        query = {"column": "city", "organization__in": alpha.pk, "city__in": bratsk.pk}
        listed = viewer.get("/contracts/api/filters/", query).json()["filters"]["city"]
        assert listed == [{"value": str(bratsk.pk), "label": "Bratsk", "count": 1}]
        assert "Bratsk" in viewer.get("/contracts/filters/", query).text

    def test_a_page_costs_the_same_queries_however_many_rows_it_has(self, viewer):
        def queries() -> int:
            with CaptureQueriesContext(
                connection,
            ) as caught:
                assert viewer.get("/contracts/").status_code == 200
            return len(caught)

        make_device(service_provider=make_provider(), printer=make_printer())
        queries()
        few = queries()
        for _ in range(20):
            make_device(service_provider=make_provider(), printer=make_printer())
        assert queries() == few <= 14

    def test_words_of_people_are_shown_as_words(self, viewer):
        make_device(address=HOSTILE, comment=HOSTILE, room_number=HOSTILE, serial_number=HOSTILE)
        device = ContractDevice.objects.get()
        for path in ("/contracts/", device.get_absolute_url(), "/contracts/filters/?column=address"):
            assert HOSTILE not in viewer.get(path).text

    def test_odd_queries_are_ignored(self, viewer):
        make_device()
        for query in (
            "?page=99999999999",
            "?sort=-nothing",
            "?city=1e9",
            "?month=2026-99",
            "?per_page=7",
            "?q=%00",
            "?active=x",
        ):
            assert viewer.get("/contracts/" + query).status_code == 200

    def test_the_export_holds_exactly_what_is_filtered(self, viewer):
        make_device(serial_number="0012", address="=1+1", status=make_status("In repair", "#e8590c"))
        make_device(serial_number="OTHER1")
        answer = viewer.get("/contracts/export/", {"serial": "0012"})
        assert "contract_devices_" in answer.headers["content-disposition"]
        with read_table(io.BytesIO(b"".join(answer)), header_row=1) as table:
            rows = list(table)
            header = table.header
        assert header is not None
        assert "Серийный номер" in [str(cell) for cell in header.cells]
        assert len(rows) == 1
        assert {"0012", "=1+1"} <= set(rows[0].cells)

    def test_many_are_changed_and_taken_out_at_once_and_taken_back(self, editor):
        status = make_status("In store")
        devices = [make_device() for _ in range(3)]
        ids = [device.pk for device in devices[:2]]
        editor.post("/contracts/bulk/", {"action": "set", "ids": ids, "status_id": status.pk})
        assert ContractDevice.objects.filter(status=status).count() == 2
        answer = editor.post(
            "/contracts/bulk/?serial=" + devices[2].serial_number, {"action": "remove", "scope": "filter"}
        )
        assert answer.status_code == 302
        assert not ContractDevice.objects.get(pk=devices[2].pk).is_active
        editor.post(f"/contracts/restore/?ids={devices[2].pk}")
        assert ContractDevice.objects.get(pk=devices[2].pk).is_active


class TestEdits:
    def test_an_edit_of_an_older_version_is_a_conflict_and_changes_nothing(self, editor):
        device = make_device(address="Lenina 1")
        url = f"/contracts/api/{device.pk}/update/"
        first = post(editor, url, version=0, address="Lenina 2")
        assert (first.status_code, first.json()["device"]["version"]) == (200, 1)
        second = post(editor, url, version=0, address="Lenina 3")
        assert second.status_code == 409
        assert second.json()["device"]["address"] == "Lenina 2"
        device.refresh_from_db()
        assert device.address == "Lenina 2"

    def test_names_and_months_are_understood(self, editor):
        City.objects.create(name="Bratsk")
        make_model("HP", "LaserJet 5")
        device = make_device()
        answer = post(
            editor,
            f"/contracts/api/{device.pk}/update/",
            version=0,
            city="BRATSK",
            model="hp laserjet 5",
            service_start_month="03.2026",
            service_provider_id="",
        )
        facts = answer.json()["device"]
        assert (facts["city"], facts["model"], facts["service_start_month"]) == ("Bratsk", "LaserJet 5", "03.2026")
        event = ContractEvent.objects.get(device=device)
        assert event.new_values["city"] == "Bratsk"
        assert event.user is not None

    @pytest.mark.parametrize(
        ("field", "value"),
        [
            ("city", "Nowhere"), ("city_id", 10**12), ("model_id", "x"), ("organization_id", ""), ("address", " "),
            ("service_start_month", "soon"), ("address", "x" * 256), ("status_id", None),
        ],
    )  # fmt: skip
    def test_what_cannot_be_taken_is_said_by_field(self, editor, field, value):
        device = make_device()
        answer = post(editor, f"/contracts/api/{device.pk}/update/", **{"version": 0, field: value})
        assert answer.status_code == 422
        assert list(answer.json()["errors"]) == [field.removesuffix("_id")]

    def test_a_serial_number_of_the_same_organization_is_refused_in_words(self, editor):
        first = make_device(serial_number="TAKEN")
        second = make_device(organization=first.organization)
        answer = post(editor, f"/contracts/api/{second.pk}/update/", version=0, serial_number="taken")
        assert answer.status_code == 422
        assert "taken" in answer.json()["errors"]["serial_number"]

    @pytest.mark.parametrize("body", ["", "[]", "{", '"x"', "\xff"])
    def test_what_is_no_object_is_refused(self, editor, body):
        device = make_device()
        answer = editor.post(f"/contracts/api/{device.pk}/update/", body, content_type="application/json")
        assert answer.status_code == 400

    def test_a_device_is_created_linked_and_found_by_its_serial_number(self, editor):
        printer = make_printer(serial_number="VCF1")
        organization, status, model = make_organization("Alpha"), make_status(), make_model()
        City.objects.create(name="Bratsk")
        answer = post(
            editor, "/contracts/api/create/", organization="alpha", city="Bratsk", address="Mira 1", model=str(model),
            status_id=status.pk, serial_number="vcf1",
        )  # fmt: skip
        assert answer.status_code == 201
        facts = answer.json()["device"]
        assert (facts["organization_id"], facts["printer_id"]) == (organization.pk, printer.pk)
        found = post(editor, "/contracts/api/lookup-by-serial/", serial_number="VCF1").json()
        assert found["device"]["id"] == facts["id"]
        history = editor.get(f"/contracts/api/{facts['id']}/history/").json()["history"]
        assert {one["change"] for one in history} == {"added", "linked"}

    def test_the_same_serial_number_in_two_organizations_is_found_twice(self, viewer):
        make_device(serial_number="TWICE")
        make_device(serial_number="twice")
        answer = post(viewer, "/contracts/api/lookup-by-serial/", serial_number="Twice")
        assert len(answer.json()["devices"]) == 2

    def test_the_form_keeps_what_was_typed_and_refuses_an_older_version(self, editor):
        device = make_device(address="Lenina 1")
        page = editor.get(f"/contracts/{device.pk}/edit/")
        assert "Lenina 1" in page.text
        typed = {
            "organization": device.organization.name, "city": "Irkutsk", "address": "Lenina 9", "model": str(device.model),
            "serial_number": device.serial_number, "status_id": device.status_id, "version": 0,
        }  # fmt: skip
        assert editor.post(f"/contracts/{device.pk}/edit/", typed).status_code == 302
        stale = editor.post(f"/contracts/{device.pk}/edit/", {**typed, "address": "Lenina 10"})
        assert stale.status_code == 409
        assert "Lenina 10" in stale.text
        wrong = editor.post(f"/contracts/{device.pk}/edit/", {**typed, "city": "Nowhere", "version": 1})
        assert (wrong.status_code, "Nowhere" in wrong.text) == (422, True)
        device.refresh_from_db()
        assert device.address == "Lenina 9"

    def test_a_device_is_added_by_the_form(self, editor):
        device = make_device()
        typed = {
            "organization": device.organization.name, "city": "irkutsk", "address": "Mira 2", "model": str(device.model),
            "serial_number": "NEWONE", "status_id": device.status_id,
        }  # fmt: skip
        answer = editor.post("/contracts/new/", typed, follow=True)
        assert "NEWONE" in answer.text
        twice = editor.post("/contracts/new/", typed)
        assert twice.status_code == 422

    def test_taking_out_keeps_everything_and_is_undone(self, editor):
        device = make_device()
        assert post(editor, f"/contracts/api/{device.pk}/delete/").json()["device"]["is_active"] is False
        assert device.serial_number not in editor.get("/contracts/").text
        editor.post(f"/contracts/restore/?ids={device.pk}")
        assert device.serial_number in editor.get("/contracts/").text
        assert "taken back" in editor.get(device.get_absolute_url()).text

    def test_taking_back_what_stands_elsewhere_by_now_is_refused(self, editor):
        device = make_device(serial_number="AGAIN", is_active=False)
        make_device(serial_number="again", organization=device.organization)
        answer = editor.post(f"/contracts/restore/?ids={device.pk}", follow=True)
        assert "another device" in answer.text
        device.refresh_from_db()
        assert not device.is_active


PATHS = ("/contracts/", "/contracts/rows/?ids=1", "/contracts/filters/", "/contracts/api/devices/", "/contracts/api/filters/",
         "/contracts/api/choices/?field=city", "/contracts/orders/", "/contracts/export/")  # fmt: skip
FOR_EDITORS = (
    "/contracts/new/",
    "/contracts/{pk}/edit/",
    "/contracts/{pk}/replace/",
    "/contracts/{pk}/order/",
    "/contracts/import/",
)


def test_who_may_what():
    device = make_device()
    other, viewer, editor = client_of("Inventory Editor"), client_of("Contracts Viewer"), client_of("Contracts Editor")
    for path in (*PATHS, device.get_absolute_url(), f"/contracts/device/{device.pk}/"):
        assert viewer.get(path).status_code == 200, path
        assert other.get(path).status_code == 403, path
        assert Client().get(path).status_code in (302, 401), path
    for path in FOR_EDITORS:
        assert editor.get(path.format(pk=device.pk)).status_code == 200, path
        assert viewer.get(path.format(pk=device.pk)).status_code == 403, path
    for path in ("update", "delete"):
        assert post(viewer, f"/contracts/api/{device.pk}/{path}/", version=0).status_code == 403
    assert viewer.post("/contracts/bulk/", {"action": "remove", "ids": device.pk}).status_code == 403
    assert not LogEntry.objects.exists()
