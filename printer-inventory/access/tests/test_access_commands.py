"""The commands of access and of the error pages, and those pages themselves."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Group, User
from django.core.management import CommandError, call_command

from access.models import AllowedUser, EntityChangeLog

pytestmark = pytest.mark.django_db


def states() -> dict[str, str]:
    """Return who is on the list and how they stand."""
    return {entry.username: entry.state for entry in AllowedUser.objects.all()}


def test_the_whitelist_by_command(capsys):
    call_command("manage_whitelist", "--add", "ivan", "--email", "ivan@example.test")
    call_command("manage_whitelist", "--deactivate", "IVAN")
    assert states() == {"ivan": "blocked"}
    call_command("manage_whitelist", "--activate", "ivan")
    call_command("manage_whitelist", "--list")
    assert "ivan\tallowed\tivan@example.test" in capsys.readouterr().out
    call_command("manage_whitelist", "--remove", "ivan")
    assert states() == {}
    assert EntityChangeLog.objects.filter(actor__endswith="(console)").count() == 4


def test_accounts_that_exist_come_onto_the_list():
    User.objects.create_user("ivan")
    User.objects.create_user("gone", is_active=False)
    call_command("manage_whitelist", "--import-existing")
    assert states() == {"ivan": "allowed"}


def test_many_come_from_a_file_or_none(tmp_path):
    path = tmp_path / "people.csv"
    path.write_text("ivan;ivan@example.test;Ivan;\n\npetr;;;notes\n", encoding="utf-8")
    call_command("manage_whitelist", "--bulk-add", str(path), "--delimiter", ";", "--dry-run")
    assert states() == {}
    call_command("manage_whitelist", "--bulk-add", str(path), "--delimiter", ";")
    assert states() == {"ivan": "allowed", "petr": "allowed"}
    path.write_text("olga,o@example.test\nbad,not-an-address\n", encoding="utf-8")
    with pytest.raises(CommandError, match="Nothing was added"):
        call_command("manage_whitelist", "--bulk-add", str(path))
    assert "olga" not in states()


@pytest.mark.parametrize(
    "arguments", [["--remove", "nobody"], ["--add", ""], ["--add", "x" * 151], ["--bulk-add", "none.csv"]]
)
def test_what_is_wrong_is_said(arguments):
    with pytest.raises(CommandError):
        call_command("manage_whitelist", *arguments)


@pytest.mark.parametrize("command", ["bootstrap_roles", "setup_roles", "setup_keycloak_groups"])
def test_roles_are_made_under_every_documented_name(command):
    call_command(command)
    assert Group.objects.filter(name="Inventory Viewer").exists()


def test_every_error_page_is_as_it_should_be(capsys):
    call_command("test_errors", "--test-all")
    assert "6 error pages are as they should be" in capsys.readouterr().out
    call_command("test_errors", "--create-test-urls")
    assert "/debug/errors/csrf/" in capsys.readouterr().out


@pytest.mark.parametrize("name", ["", "400/", "403/", "404/", "405/", "500/", "csrf/", "csrf/submit/"])
def test_the_error_menu_exists_in_debug_only(client, settings, name):
    assert client.get(f"/debug/errors/{name}").status_code == 404
    settings.DEBUG = True
    assert client.get(f"/debug/errors/{name}").status_code == {"": 200, "csrf/submit/": 200}.get(
        name, int(name[:3]) if name[:3].isdigit() else 403
    )


def test_a_form_without_its_token_is_refused(settings):
    from django.test import Client

    settings.DEBUG = True
    strict = Client(enforce_csrf_checks=True)
    answer = strict.post("/debug/errors/csrf/submit/")
    assert (answer.status_code, "could not be checked" in answer.text) == (403, True)
