"""API tokens: shown once, stored as a digest, gone when revoked, expired or their owner is."""

from __future__ import annotations

import io
from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command

from access.models import ApiToken
from access.services import tokens

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture
def user(db):
    return User.objects.create_user("program")


def test_a_token_is_shown_once_and_stored_as_a_digest(user):
    row, text = tokens.create(user, "GLPI", ["printers:read"], NOW)
    assert text.startswith("pit_")
    assert len(text) > 40
    stored = ApiToken.objects.filter(pk=row.pk).values().get()
    assert all(text not in str(value) for value in stored.values())
    assert text.startswith(stored["prefix"])
    assert tokens.authenticate(text, NOW) == row
    assert tokens.create(user, "GLPI", ["printers:read"], NOW)[1] != text


def test_it_opens_only_what_it_was_made_for(user):
    row, text = tokens.create(user, "GLPI", ["printers:read", "polls:run", "polls:run"], NOW)
    assert row.scopes == ["polls:run", "printers:read"]
    found = tokens.authenticate(text, NOW)
    assert found is not None
    assert found.allows("polls:run")
    assert not found.allows("printers:write")
    for scopes in ([], ["everything"], ["printers:read", "root"]):
        with pytest.raises(tokens.UnknownScopeError):
            tokens.create(user, "odd", scopes, NOW)


@pytest.mark.parametrize(
    "text", ["", "pit_", "pit_" + "x" * 43, "pit_" + "é" * 10, "pit_\x00", "Basic abc", "pit_" + "x" * 10**6]
)
def test_what_is_no_token_opens_nothing(user, text):
    tokens.create(user, "GLPI", ["printers:read"], NOW)
    assert tokens.authenticate(text, NOW) is None


def test_revoked_expired_and_locked_out_owners_open_nothing(user):
    row, text = tokens.create(user, "GLPI", ["printers:read"], NOW, NOW + timedelta(days=1))
    assert tokens.authenticate(text, NOW + timedelta(hours=23)) == row
    assert tokens.authenticate(text, NOW + timedelta(days=1)) is None
    User.objects.update(is_active=False)
    assert tokens.authenticate(text, NOW) is None
    User.objects.update(is_active=True)
    assert tokens.revoke(row, NOW)
    assert not tokens.revoke(row, NOW)
    assert tokens.authenticate(text, NOW) is None


def test_use_is_noted_to_the_minute_and_not_at_every_request(user, django_assert_num_queries):
    row, text = tokens.create(user, "GLPI", ["printers:read"], NOW)
    with django_assert_num_queries(2):
        tokens.authenticate(text, NOW)
    with django_assert_num_queries(1):
        tokens.authenticate(text, NOW + timedelta(seconds=59))
    tokens.authenticate(text, NOW + timedelta(seconds=60))
    row.refresh_from_db()
    assert row.last_used_at == NOW + timedelta(seconds=60)


def test_the_command_makes_lists_and_revokes(user):
    out = io.StringIO()
    call_command(
        "api_token", "create", "program", "--name", "GLPI", "--scope", "printers:read", stdout=out, stderr=io.StringIO()
    )
    text = out.getvalue().strip()
    row = ApiToken.objects.get()
    listing = io.StringIO()
    call_command("api_token", "list", stdout=listing)
    assert text not in listing.getvalue()
    assert text[:12] in listing.getvalue()
    call_command("api_token", "revoke", str(row.pk), stdout=io.StringIO())
    assert tokens.authenticate(text, NOW) is None
    for arguments in (("create", "nobody", "--name", "x", "--scope", "printers:read"), ("revoke", "4711")):
        with pytest.raises(CommandError):
            call_command("api_token", *arguments)
