"""The import wizard for programs: the same two phases, typed and paged, by a token."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from access.services import tokens
from access.services.roles import bootstrap_roles
from contracts.models import City
from contracts.services import import_jobs
from contracts.tests.factories import make_device, make_model, make_status
from contracts.tests.test_imports import ROW, book
from inventory.models import Organization
from inventory.tests.factories import make_organization

pytestmark = pytest.mark.django_db
BASE = "/api/v1/contracts/import/sessions/"


class Program:
    """A program with a token."""

    def __init__(self, role: str = "Contracts Editor", *scopes: str) -> None:
        bootstrap_roles()
        user, _new = User.objects.get_or_create(username=role)
        user.groups.set(Group.objects.filter(name__in=role.split(" and ")))
        _row, text = tokens.create(user, "script", list(scopes or ("contracts:import",)), timezone.now())
        self._headers = {"authorization": f"Bearer {text}"}

    def get(self, path: str) -> Any:
        return Client().get(BASE + path, headers=self._headers)

    def post(self, path: str, body: Any = None) -> Any:
        return Client().post(BASE + path, body or {}, content_type="application/json", headers=self._headers)

    def upload(self, content: bytes, **fields: Any) -> Any:
        sent = {"status_id": make_status().pk, **fields, "files": SimpleUploadedFile("devices.xlsx", content)}
        return Client().post(BASE, sent, headers=self._headers)


@pytest.fixture
def program() -> Program:
    City.objects.create(name="Irkutsk")
    make_model()
    make_organization("Alpha")
    return Program()


def test_a_program_uploads_decides_applies_looks_for_missing_ones_and_undoes(program: Program):
    missing = make_device(organization=Organization.objects.get(name="Alpha"), serial_number="ELSEWHERE")
    make_device(organization=make_organization("Beta"), serial_number="MOVES")
    answer = program.upload(book(ROW, (*ROW[:6], "MOVES", "")), name="March")
    assert answer.status_code == 202, answer.content
    path = f"{answer.json()['id']}/"
    assert (answer.json()["state"], program.post(f"{path}apply/", {"token": answer.json()["token"]}).status_code) == (
        "queued",
        409,
    )
    assert import_jobs.run_next()
    looked = program.get(path).json()
    assert (looked["state"], looked["counts"]) == ("offered", {"new": 1, "moved": 1, "apply": 1})
    rows = program.get(f"{path}preview/?per_page=1&label=moved").json()
    assert (rows["total"], rows["items"][0]["number"], rows["items"][0]["decision"]) == (1, 3, "pending")
    decided = program.post(f"{path}decisions/", {"decision": "apply", "ids": [rows["items"][0]["id"]]}).json()
    assert decided["session"]["counts"]["apply"] == 2
    assert program.post(f"{path}apply/", {"token": looked["token"]}).status_code == 409
    assert program.post(f"{path}apply/", {"token": decided["session"]["token"]}).status_code == 202
    assert import_jobs.run_next()
    assert program.get(path).json()["result"] == {"created": 1, "updated": 1}
    assert [one["id"] for one in program.get(f"{path}missing/").json()["items"]] == [missing.pk]
    assert program.post(f"{path}undo/").status_code == 202
    assert import_jobs.run_next()
    assert program.get(path).json()["undone_at"]
    assert program.get("").json()["total"] == 1


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("decisions/", {"decision": "apply"}, 422), ("decisions/", {"decision": "apply", "label": "nonsense"}, 422),
        ("decisions/", {"decision": "maybe", "ids": [1]}, 422), ("apply/", {}, 422), ("undo/", {}, 409),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_refused_with_words(program: Program, path: str, body: dict[str, Any], status: int):
    session = program.upload(book(ROW)).json()["id"]
    import_jobs.run_next()
    answer = program.post(f"{session}/{path}", body)
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")


def test_an_unknown_status_is_named(program: Program):
    answer = program.upload(book(ROW), status_id=10**9)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "status_id")


def test_a_token_for_something_else_and_a_role_without_the_right_are_refused():
    assert Program("Contracts Editor", "printers:read").get("").status_code == 403
    assert Program(role="Contracts Viewer").get("").status_code == 403


def test_a_page_of_rows_costs_the_same_for_any_number(program: Program, django_assert_max_num_queries: Any):
    lines = [(*ROW[:6], f"S{place}", "") for place in range(60)]
    path = f"{program.upload(book(*lines)).json()['id']}/preview/?per_page=60"
    import_jobs.run_next()
    with django_assert_max_num_queries(12):
        assert len(program.get(path).json()["items"]) == 60
