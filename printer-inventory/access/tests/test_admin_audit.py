"""Every edit in the administration stands in the audit log, whoever's table it is."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib import admin
from django.contrib.auth.models import Group, User
from django.test import Client

from access.admin_site import Audited, AuditedAdminSite
from access.models import EntityChangeLog
from contracts.models import City, Manufacturer
from inventory.tests.factories import make_organization

pytestmark = pytest.mark.django_db


@pytest.fixture
def root() -> Client:
    client = Client(REMOTE_ADDR="10.9.8.7")
    client.force_login(User.objects.create_superuser("root"))
    return client


def rows(what: str) -> list[tuple[str, str, str, dict[str, tuple[Any, Any]]]]:
    """Return (action, who, from where, {field: (before, after)}) of a table's rows in the audit log, oldest first."""
    found = EntityChangeLog.objects.filter(content_type__model=what).order_by("id")
    return [
        (
            row.action,
            row.actor,
            row.ip_address or "",
            {name: (one["old"], one["new"]) for name, one in row.changes.items()},
        )
        for row in found
    ]


def test_every_table_is_audited():
    assert isinstance(admin.site, admin.AdminSite)
    assert type(admin.site._wrapped if hasattr(admin.site, "_wrapped") else admin.site) is AuditedAdminSite
    left = [model._meta.label for model, one in admin.site._registry.items() if not isinstance(one, Audited)]
    assert not left


def test_adding_changing_and_deleting(root):
    assert root.post("/admin/contracts/city/add/", {"name": "Bratsk"}).status_code == 302
    city = City.objects.get(name="Bratsk")
    root.post(f"/admin/contracts/city/{city.pk}/change/", {"name": "Angarsk"})
    root.post(f"/admin/contracts/city/{city.pk}/change/", {"name": "Angarsk"})
    root.post(f"/admin/contracts/city/{city.pk}/delete/", {"post": "yes"})
    assert rows("city") == [
        ("create", "root", "10.9.8.7", {"name": (None, "Bratsk")}),
        ("update", "root", "10.9.8.7", {"name": ("Bratsk", "Angarsk")}),
        ("delete", "root", "10.9.8.7", {}),
    ]


def test_deleting_many(root):
    made = [Manufacturer.objects.create(name=f"Maker {number}") for number in range(3)]
    chosen = {"action": "delete_selected", "_selected_action": [one.pk for one in made], "post": "yes"}
    root.post("/admin/contracts/manufacturer/", chosen)
    assert [(action, who) for action, who, _from, _changes in rows("manufacturer")] == [("delete", "root")] * 3


def test_what_a_role_may_do_is_audited_by_name(root):
    root.post("/admin/auth/group/add/", {"name": "Readers"})
    group = Group.objects.get(name="Readers")
    from django.contrib.auth.models import Permission

    permission = Permission.objects.get(codename="view_entity_changes")
    root.post(f"/admin/auth/group/{group.pk}/change/", {"name": "Readers", "permissions": [permission.pk]})
    action, who, _from, changes = rows("group")[-1]
    assert (action, who) == ("update", "root")
    assert changes["permissions"] == ([], [str(permission)])


def test_passwords_are_noted_and_never_kept(root):
    user = User.objects.create_user("olga", password="old-one-12345")
    fields = {"password1": "fresh-secret-77", "password2": "fresh-secret-77", "usable_password": "true"}
    assert root.post(f"/admin/auth/user/{user.pk}/password/", fields).status_code == 302
    noted = EntityChangeLog.objects.get(content_type__model="user", action="update", object_id=str(user.pk))
    assert "password" in noted.changes
    assert "fresh-secret-77" not in str(noted.changes)


def test_an_edit_that_is_undone_is_not_noted(root, monkeypatch):
    organization = make_organization("Alpha")
    monkeypatch.setattr("django.contrib.admin.ModelAdmin.log_change", lambda *_a: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        root.post(f"/admin/inventory/organization/{organization.pk}/change/", {"name": "Beta", "is_active": "on"})
    organization.refresh_from_db()
    assert organization.name == "Alpha"
    assert rows("organization") == []
