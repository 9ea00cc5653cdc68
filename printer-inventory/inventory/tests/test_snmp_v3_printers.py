"""Printers that speak SNMPv3: their passwords go in by the form, lie encrypted, and are used by the sweep alone."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection

from inventory.models import Discovery, Printer, PrinterState
from inventory.models.encrypted import Secret
from inventory.polling.snmp.discover import Asked, Discoverer, Heard
from inventory.polling.snmp.targets import V3Credentials
from inventory.polling.space import AddressSpace
from inventory.services import discovering, discovery
from inventory.services.sweeping import Sweep
from inventory.tests.factories import make_printer
from inventory.tests.test_pages import client_of

pytestmark = pytest.mark.django_db
AUTH, PRIV = "fleet-auth-pass", "fleet-priv-pass"
FORM = {
    "snmp_port": 161, "web_port": 80, "snmp_version": "3", "snmp_v3_user": "fleet", "snmp_v3_auth_protocol": "SHA",
    "snmp_v3_auth_password": AUTH, "snmp_v3_priv_protocol": "AES", "snmp_v3_priv_password": PRIV,
}  # fmt: skip


def v3_printer(one, user="fleet", auth=AUTH, priv=PRIV, **more) -> Printer:
    return make_printer(
        ip_address=one.address, snmp_port=one.snmp_port, serial_number="", snmp_community="wrong", snmp_version="3",
        snmp_v3_user=user, snmp_v3_auth_password=auth, snmp_v3_priv_password=priv, **more,
    )  # fmt: skip


def test_a_sweep_reads_printers_over_v3(fleet, caplog):
    good = v3_printer(fleet.printers[0])
    sha256 = v3_printer(fleet.printers[1], "fleet-sha256", snmp_v3_auth_protocol="SHA256")
    wrong = v3_printer(fleet.printers[2], auth="not-the-password")
    bare = v3_printer(fleet.printers[3], user="")
    with caplog.at_level(logging.DEBUG):
        Sweep().run()
    ended = dict(PrinterState.objects.values_list("pk", "last_verdict"))
    assert [ended[one.pk] for one in (good, sha256, wrong, bare)] == ["SUCCESS", "SUCCESS", "FAILED", "FAILED"]
    good.refresh_from_db()
    assert good.serial_number == fleet.truth(fleet.printers[0].address)["serial"]
    told = caplog.text + " ".join(PrinterState.objects.values_list("last_error", flat=True))
    assert not any(secret in told for secret in (AUTH, PRIV, "not-the-password"))


def test_a_secret_that_no_key_opens_fails_one_printer_and_not_the_sweep(fleet, caplog):
    good, lost = v3_printer(fleet.printers[0]), v3_printer(fleet.printers[1])
    Printer.objects.filter(pk=lost.pk).update(snmp_v3_auth_password=Secret("gAAAAAforeign"))
    Sweep().run()
    ended = dict(PrinterState.objects.values_list("pk", "last_verdict"))
    assert (ended[good.pk], ended[lost.pk]) == ("SUCCESS", "FAILED")
    assert "cannot be opened" in caplog.text


def test_the_form_takes_passwords_and_never_gives_them_back():
    editor = client_of("Inventory Editor")
    answer = editor.post("/inventory/add/", {**FORM, "ip_address": "127.9.1.1"})
    assert answer.status_code == 302, answer.text
    printer = Printer.objects.get()
    assert (printer.snmp_v3_auth_password.reveal(), printer.snmp_v3_priv_password.reveal()) == (AUTH, PRIV)
    with connection.cursor() as cursor:
        cursor.execute("SELECT snmp_v3_auth_password, snmp_v3_priv_password FROM inventory_printer")
        assert not any(secret in text for text in cursor.fetchone() for secret in (AUTH, PRIV))
    for path in (f"/inventory/{printer.pk}/edit/", f"/inventory/{printer.pk}/"):
        text = editor.get(path).text
        assert not any(secret in text for secret in (AUTH, PRIV, printer.snmp_v3_auth_password.token))
    kept = {**FORM, "ip_address": "127.9.1.1", "snmp_v3_auth_password": "", "snmp_v3_priv_password": "", "version": 0}
    assert editor.post(f"/inventory/{printer.pk}/edit/", {**kept, "location": "hall"}).status_code == 302
    printer.refresh_from_db()
    assert (printer.location, printer.snmp_v3_auth_password.reveal()) == ("hall", AUTH)
    moved = {**kept, "ip_address": "127.9.1.2", "version": printer.version}
    assert editor.post(f"/inventory/{printer.pk}/edit/", moved).status_code == 302
    printer.refresh_from_db()
    assert not printer.snmp_v3_auth_password
    assert not printer.snmp_v3_priv_password


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"snmp_v3_user": ""}, "SNMPv3 needs a user"),
        ({"snmp_v3_auth_password": ""}, "type this password too"),
        ({"snmp_v3_auth_password": "short"}, "at least 8"),
    ],
)
def test_what_could_not_be_asked_is_refused(change, words):
    answer = client_of("Inventory Editor").post("/inventory/add/", {**FORM, "ip_address": "127.9.1.1", **change})
    assert answer.status_code == 422
    assert words in answer.text
    assert AUTH not in answer.text


V3 = {"snmp_v3_user": "fleet", "snmp_v3_auth_password": AUTH, "snmp_v3_priv_password": PRIV}


class TestSearchesAndProbes:
    """What is not a printer yet is asked over SNMPv3 as well."""

    @pytest.fixture
    def silent(self, fleet) -> Iterator[Any]:
        """A printer that answers v3 alone."""
        fleet.set_faults(4, only="v3")
        yield fleet.printers[4]
        fleet.set_faults(4)

    def test_the_question_to_nobody_is_answered_by_a_report(self, silent):
        space = AddressSpace.parse([f"{silent.address}/32"], ["127.0.0.0/8"])
        for v3, found in ((None, []), (V3Credentials("fleet"), [3])):
            with Discoverer(space, Asked((silent.snmp_port,), v3=v3), retry_after=0.05, last_wait=0.5) as search:
                assert [one.version for one in search.run() if isinstance(one, Heard)] == found
                assert search.tally.strays == 0

    def test_a_search_finds_it_and_adds_it_with_its_credentials(self, silent, fleet, caplog):
        client = client_of("Inventory Editor")
        form = {"networks": silent.address, "ports": str(silent.snmp_port), **V3}
        with caplog.at_level(logging.DEBUG):
            answer = client.post("/inventory/discovery/new/", form)
            assert answer.status_code == 302, answer.text
            assert discovering.run_next(30)
        search = Discovery.objects.get()
        assert (search.state, AUTH in str(Discovery.objects.values().get())) == ("done", False)
        device = search.devices.get()
        assert (device.snmp_version, device.serial_number, device.is_printer) == ("3", silent.serial, True)
        assert AUTH not in client.get(search.get_absolute_url()).text + caplog.text
        (pk,) = discovery.add_devices(search.pk, None, None, None)
        printer = Printer.objects.get(pk=pk)
        assert (printer.snmp_version, printer.snmp_v3_auth_password.reveal()) == ("3", AUTH)
        Sweep(only=[pk]).run()
        assert PrinterState.objects.get(pk=pk).last_verdict == "SUCCESS"

    def test_a_password_without_the_other_is_refused_by_the_form(self):
        form = {"networks": "127.9.9.9", "snmp_v3_user": "fleet", "snmp_v3_priv_password": PRIV}
        answer = client_of("Inventory Editor").post("/inventory/discovery/new/", form)
        assert (answer.status_code, "type this password too" in answer.text) == (422, True)
        assert not Discovery.objects.exists()

    def test_a_probe_asks_as_the_user(self, silent):
        client = client_of("Inventory Editor")
        body = {"ip": silent.address, "port": silent.snmp_port, "version": "3", **V3}
        answer = client.post("/inventory/api/probe-serial/", body, content_type="application/json")
        assert (answer.status_code, answer.json()["serial"]) == (200, silent.serial)
        wrong = client.post(
            "/inventory/api/probe-serial/",
            {**body, "snmp_v3_auth_password": "not-the-password"},
            content_type="application/json",
        )
        assert (wrong.status_code, wrong.json()["ok"]) == (502, False)
        short = client.post(
            "/inventory/api/probe-serial/", {**body, "snmp_v3_auth_password": "short"}, content_type="application/json"
        )
        assert short.status_code == 400

    def test_the_api_takes_credentials_and_tells_no_password(self):
        client = client_of("Inventory Editor")
        body = {"ip_address": "127.9.1.9", "snmp_version": "3", **V3}
        made = client.post("/api/v1/printers/", body, content_type="application/json")
        assert made.status_code == 201, made.content
        assert (made.json()["snmp_v3_user"], AUTH in made.text) == ("fleet", False)
        address = f"/api/v1/printers/{made.json()['id']}/"
        changed = client.patch(
            address, {"location": "Hall"}, content_type="application/json", headers={"if-match": made.headers["ETag"]}
        )
        assert changed.status_code == 200, changed.content
        printer = Printer.objects.get()
        assert (printer.location, printer.snmp_v3_priv_password.reveal()) == ("Hall", PRIV)
        bare = client.post(
            "/api/v1/printers/", {"ip_address": "127.9.1.8", "snmp_version": "3"}, content_type="application/json"
        )
        assert (bare.status_code, bare.json()["errors"][0]["field"]) == (422, "snmp_v3_user")
