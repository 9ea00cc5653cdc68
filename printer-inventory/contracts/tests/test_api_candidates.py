"""Candidates for polling for programs: GLPI and printers are stand-ins on real sockets; from an import to a printer and back."""

from __future__ import annotations

from typing import Any

import pytest
from standins.glpi import Glpi
from standins.printers import PrinterFleet

from contracts.models import ContractDevice, ImportSession
from contracts.services import autopoll_jobs
from contracts.tests.test_api_imports import Program
from contracts.tests.test_autopoll import LONG_AGO, TODAY, glpi, imported, printers  # noqa: F401 - fixtures
from inventory.models import InventoryTask, Printer

pytestmark = pytest.mark.django_db
BOTH = "Contracts Editor and Inventory Admin"


@pytest.fixture
def session(glpi: Glpi, printers: PrinterFleet, settings: Any) -> ImportSession:  # noqa: F811 - the fixtures
    """An applied import of three devices: one GLPI has lost sight of, one whose address is another's, one that is silent."""
    settings.AUTOPOLL_SNMP_PORT = printers.printers[0].snmp_port
    settings.AUTOPOLL_SNMP_COMMUNITY = printers.printers[0].community
    right, wrong, _ = printers.printers
    found = imported(right.serial, "ANOTHER", "SILENT")
    glpi.world.add(right.serial, right.address, log=[(LONG_AGO, 1)])
    glpi.world.add("ANOTHER", wrong.address, log=[(TODAY, 1)])
    glpi.world.add("SILENT", "127.42.255.1", log=[(TODAY, 1)])
    return found


def worked(program: Program, base: str, task: str, **more: Any) -> dict[str, Any]:
    answer = program.post(f"{base}job/", {"task": task, **more})
    assert (answer.status_code, answer.json()["state"]) == (202, "queued")
    assert program.post(f"{base}job/", {"task": task}).json()["id"] == answer.json()["id"], "asked twice it is one"
    assert autopoll_jobs.run_next()
    job: dict[str, Any] = program.get(f"{base}job/").json()
    return job


def test_a_program_goes_the_whole_way(session: ImportSession, printers: PrinterFleet):  # noqa: F811 - the fixture
    program = Program(BOTH, "contracts:import", "printers:write")
    base = f"{session.pk}/candidates/"
    assert (program.get(base).json()["total"], program.get(f"{base}job/").status_code) == (0, 404)
    assert worked(program, base, "probe")["state"] == "done"
    listed = program.get(base).json()
    by_serial = {one["serial_number"]: one for one in listed["items"]}
    right = by_serial[printers.printers[0].serial]
    assert (listed["total"], right["status"], right["is_sure"]) == (3, "glpi_stale", False)
    refused = program.post(f"{base}printers/", {"ids": [right["id"]]}).json()
    assert "Its address is not sure" in refused["refused"][0]["reason"]
    left = program.post(f"{base}ignore/", {"ids": [by_serial["SILENT"]["id"]]}).json()
    assert (left["rows"], left["counts"]["ignored"]) == (1, 1)
    assert worked(program, base, "verify", ids=[right["id"], by_serial["ANOTHER"]["id"]])["total"] == 2
    answers = {one["serial_number"]: one["answers"] for one in program.get(base).json()["items"]}
    assert answers == {right["serial_number"]: True, "ANOTHER": False, "SILENT": None}
    made = program.post(f"{base}printers/", {"ids": [right["id"], by_serial["ANOTHER"]["id"]]}).json()
    printer = Printer.objects.get()
    assert [one["printer_id"] for one in made["made"]] == [printer.pk]
    assert InventoryTask.objects.get(printer=printer).state == "queued"
    assert ContractDevice.objects.get(serial_number=right["serial_number"]).printer == printer
    assert program.get(f"{base}?status=printer").json()["total"] == 1
    again = program.post(f"{base}printers/", {"ids": [right["id"]]}).json()
    assert again == {"made": [], "refused": []}, "sent twice it happens once"
    assert program.post(f"{base}retire/", {"ids": [right["id"]]}).json()["rows"] == 1
    assert not Printer.objects.filter(is_active=True).exists()
    back = program.post(f"{base}ignore/", {"ids": [by_serial["SILENT"]["id"]], "ignored": False}).json()
    assert (back["rows"], back["counts"]["ignored"]) == (1, 0)


def test_who_may_import_but_not_add_printers_decides_only(session: ImportSession):
    base = f"{session.pk}/candidates/"
    editor = Program("Contracts Editor", "contracts:import", "printers:write")
    assert editor.get(base).status_code == 200
    assert editor.post(f"{base}printers/", {"ids": [1]}).status_code == 403
    assert editor.post(f"{base}retire/", {"ids": [1]}).status_code == 403
    importer = Program(BOTH, "contracts:import")
    assert "printers:write" in importer.post(f"{base}printers/", {"ids": [1]}).json()["detail"]


def test_what_does_not_fit_is_refused_with_words(session: ImportSession):
    program = Program()
    base = f"{session.pk}/candidates/"
    assert "Nothing is under way" in program.post(f"{base}job/stop/").json()["detail"]
    assert program.post(f"{base}job/", {"task": "guess"}).status_code == 422
    assert program.post(f"{base}ignore/", {"ids": []}).status_code == 422
    assert program.get(f"{base}?status=nonsense").status_code == 422
    stopped = program.post(f"{base}job/", {"task": "probe"}).json()
    assert program.post(f"{base}job/stop/").json() == {**stopped, "state": "stopped", "reason": STOPPED}
    ImportSession.objects.update(state=ImportSession.State.OFFERED)
    assert (program.get(base).status_code, "Apply it first" in program.get(base).json()["detail"]) == (409, True)


STOPPED = "Stopped by hand; what was found until then is kept."


def test_the_list_costs_the_same_for_any_number(glpi: Glpi, django_assert_max_num_queries: Any):  # noqa: F811 - the fixture
    session = imported(*(f"S{number}" for number in range(40)))
    program = Program()
    worked(program, f"{session.pk}/candidates/", "probe")
    with django_assert_max_num_queries(16):
        assert len(program.get(f"{session.pk}/candidates/").json()["items"]) == 40
