"""The administration: every table is there, opens quickly, and offers no list of ten thousand rows to choose from."""

from __future__ import annotations

import pytest
from django.apps import apps
from django.contrib import admin
from django.contrib.auth.models import User
from django.db.models import CompositePrimaryKey, Model
from django.test import Client
from django.urls import reverse

from inventory.models import WebParsingRule
from inventory.tests.factories import make_organization, make_printer

pytestmark = pytest.mark.django_db
APPLICATIONS = ("access", "billing", "dashboard", "inventory", "outbox")
MODELS = [
    model
    for label in (*APPLICATIONS, "contracts", "monthly_report")
    for model in apps.get_app_config(label).get_models()
    # Django's administration cannot show tables with a key of several columns.
    if model._meta.managed and not isinstance(model._meta.pk, CompositePrimaryKey)
]


@pytest.fixture
def root() -> Client:
    client = Client()
    client.force_login(User.objects.create_superuser("root"))
    return client


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model._meta.label)
def test_every_table_is_listed_and_searched(root, model: type[Model]):
    assert admin.site.is_registered(model), f"register {model._meta.label} in its application's admin.py"
    for number in range(3):
        make_printer(organization=make_organization(f"Client {number}"))
    address = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
    assert root.get(address, {"q": "x"}).status_code == 200


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model._meta.label)
def test_no_form_draws_a_whole_table_as_choices(rf, model: type[Model]):
    one = admin.site.get_model_admin(model)
    request = rf.get("/")
    request.user = User(is_superuser=True, is_active=True)
    if not one.has_change_permission(request):
        return
    lazy = {*one.get_autocomplete_fields(request), *one.raw_id_fields, *one.get_readonly_fields(request)}
    related = {field.name for field in (*model._meta.fields, *model._meta.many_to_many) if field.is_relation}
    # A relation with a table of its own for each pair is edited where that table is.
    pairs = {field.name: field.remote_field.through for field in model._meta.many_to_many}
    by_hand = {name for name, through in pairs.items() if through is not None and not through._meta.auto_created}
    shown = {name for name in related - by_hand if model._meta.get_field(name).editable}
    assert shown <= lazy, f"add {', '.join(sorted(shown - lazy))} to autocomplete_fields"


def test_a_printers_form_opens(root):
    printer = make_printer(organization=make_organization())
    assert root.get(f"/admin/inventory/printer/{printer.pk}/change/").status_code == 200


@pytest.mark.parametrize("amount", [3, 60])
def test_the_list_of_printers_costs_the_same_for_any_number(root, amount, django_assert_max_num_queries):
    for number in range(amount):
        make_printer(organization=make_organization(f"Client {number}"))
    root.get("/admin/inventory/printer/")
    with django_assert_max_num_queries(9):
        root.get("/admin/inventory/printer/")


def test_a_web_rule_that_the_editor_would_refuse_is_refused_here(root):
    printer = make_printer()
    fields = {
        "printer": printer.pk,
        "position": 0,
        "field_name": "counter",
        "protocol": "http",
        "url_path": "/",
        "actions_chain": "[]",
    }
    for wrong in ({"xpath": "//*["}, {"xpath": "//b", "regex_pattern": "("}, {"calculation_formula": "9**9**9"}):
        assert root.post("/admin/inventory/webparsingrule/add/", {**fields, **wrong}).status_code == 200
    assert not WebParsingRule.objects.exists()
    assert root.post("/admin/inventory/webparsingrule/add/", {**fields, "xpath": "//b"}).status_code == 302
    assert WebParsingRule.objects.get().xpath == "//b"
