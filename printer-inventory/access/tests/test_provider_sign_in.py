"""Signing in through the provider: the way there and back, who gets which account, and how it ends."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth.models import Group, User
from django.utils import timezone
from standins.oidc import Fault, OidcProvider

from access.models import AllowedUser, EntityChangeLog, Identity, ProviderSession
from access.services import tokens, whitelist
from access.services.audit import Actor
from access.services.vault import seal, unseal
from access.tests.provider import Visitor

pytestmark = pytest.mark.django_db


def allow(username: str, *roles: str) -> AllowedUser:
    """Put a person on the list."""
    entry = AllowedUser.objects.create(username=username)
    entry.initial_groups.set(Group.objects.filter(name__in=roles))
    return entry


def signed_in(visitor: Visitor) -> bool:
    """Tell whether a visitor may see the fleet."""
    return bool(visitor.client.get("/inventory/").status_code == 200)


def time_passes(seconds: float) -> None:
    """Let every sign-in be confirmed that long ago."""
    ProviderSession.objects.update(checked_at=timezone.now() - timedelta(seconds=seconds))


@pytest.mark.parametrize(
    ("roles", "expected"), [((), "Inventory Viewer"), (("Inventory Operator",), "Inventory Operator")]
)
def test_the_first_sign_in_makes_the_account_with_the_roles_of_the_list(visitor, roles, expected):
    allow("operator", *roles)
    answer = visitor.sign_in("operator", "/inventory/?state=failed")
    assert (answer.status_code, answer.headers["location"]) == (302, "/inventory/?state=failed")
    assert signed_in(visitor)
    user = User.objects.get()
    assert (user.username, user.email, user.get_full_name()) == ("operator", "operator@example.test", "Oleg Orlov")
    assert not user.has_usable_password()
    assert [group.name for group in user.groups.all()] == [expected]
    assert EntityChangeLog.objects.filter(action="sign_in", user=user, ip_address="127.0.0.1").count() == 1


def test_a_user_name_is_taken_as_it_is_and_compared_without_case(visitor):
    allow("ivan.PETROV")
    visitor.sign_in("Ivan.Petrov")
    user = User.objects.get()
    assert (user.username, user.first_name) == ("Ivan.Petrov", "Иван")


def test_roles_are_given_once(visit):
    entry = allow("operator", "Inventory Operator")
    visit().sign_in("operator")
    User.objects.get().groups.set(Group.objects.filter(name="Inventory Editor"))
    entry.initial_groups.set(Group.objects.filter(name="Inventory Admin"))
    visit().sign_in("operator")
    assert [group.name for group in User.objects.get().groups.all()] == ["Inventory Editor"]


def test_a_stranger_waits_for_approval_and_comes_in_once_approved(visitor):
    answer = visitor.sign_in("stranger")
    assert answer.headers["location"] == "/accounts/access-denied/"
    page = visitor.client.get("/accounts/access-denied/")
    assert (page.status_code, "Waiting for approval" in page.text, "stranger" in page.text) == (403, True, True)
    entry = AllowedUser.objects.get()
    assert (entry.state, entry.email, entry.full_name) == ("waiting", "stranger@example.test", "Stefan Sturm")
    assert not User.objects.exists()
    visitor.sign_in("stranger")
    assert AllowedUser.objects.count() == 1
    whitelist.decide(entry, Actor(name="console"), allow=True)
    assert visitor.sign_in("stranger").headers["location"] == "/"
    assert signed_in(visitor)


def test_who_is_blocked_is_told_so(visitor):
    whitelist.decide(allow("viewer"), Actor(name="console"), allow=False)
    visitor.sign_in("viewer")
    assert "may not use this system" in visitor.client.get("/accounts/access-denied/").text
    assert not signed_in(visitor)


def test_a_local_account_of_that_name_becomes_theirs_and_keeps_its_roles(visitor):
    allow("operator", "Inventory Viewer")
    user = User.objects.create_user("operator", password="a-local-password")
    user.groups.set(Group.objects.filter(name="Inventory Editor"))
    visitor.sign_in("operator")
    assert Identity.objects.get().user == user
    assert [group.name for group in user.groups.all()] == ["Inventory Editor"]


def test_an_account_is_never_handed_to_another_person_of_the_same_name(provider: OidcProvider, visitor):
    """A user name may be given to somebody new; issuer and subject may not."""
    allow("operator")
    user = User.objects.create_user("operator")
    Identity.objects.create(user=user, issuer=provider.issuer, subject="who-left", username="operator")
    assert visitor.sign_in("operator").headers["location"] == "/accounts/access-denied/"
    assert "belongs to somebody else" in visitor.client.get("/accounts/access-denied/").text
    assert not signed_in(visitor)


def test_only_a_superuser_lets_somebody_in_as_an_existing_superuser():
    User.objects.create_superuser("root")
    helper = User.objects.create_user("helper")
    with pytest.raises(whitelist.ProtectedAccountError):
        whitelist.add("ROOT", Actor.of(helper))
    waiting = AllowedUser.objects.create(username="root", is_active=False, requested_at=timezone.now())
    with pytest.raises(whitelist.ProtectedAccountError):
        whitelist.decide(waiting, Actor.of(helper), allow=True)


def test_tokens_are_refreshed_on_the_server_without_the_browser_noticing(visitor):
    allow("operator")
    visitor.sign_in("operator")
    before = ProviderSession.objects.get()
    time_passes(60)
    assert signed_in(visitor)
    after = ProviderSession.objects.get()
    assert unseal(after.refresh_token) != unseal(before.refresh_token)
    assert timezone.now() - after.checked_at < timedelta(seconds=20)


def test_the_provider_is_not_asked_for_every_request(provider: OidcProvider, visitor):
    allow("operator")
    visitor.sign_in("operator")
    provider.misbehave(Fault("server_error", times=None, endpoint="token"))
    assert all(signed_in(visitor) for _ in range(3))


def test_a_user_revoked_at_the_provider_is_out_within_a_minute(provider: OidcProvider, visitor, settings):
    allow("operator")
    visitor.sign_in("operator")
    provider.realm.enable_user("operator", enabled=False)
    assert settings.OIDC_RECHECK_SECONDS < 60
    time_passes(settings.OIDC_RECHECK_SECONDS + 1)
    assert not signed_in(visitor)
    session = ProviderSession.objects.get()
    assert (session.ended_at is not None, session.refresh_token, session.id_token) == (True, "", "")
    assert "Sign in again" in visitor.client.get("/accounts/login/").text


def test_a_user_signed_out_at_the_provider_is_out_within_a_minute(provider: OidcProvider, visitor, settings):
    allow("operator")
    visitor.sign_in("operator")
    provider.realm.end_sessions("operator")
    time_passes(settings.OIDC_RECHECK_SECONDS + 1)
    assert not signed_in(visitor)


def test_a_user_taken_off_the_list_is_out_with_the_next_request(visitor):
    entry = allow("operator")
    visitor.sign_in("operator")
    whitelist.decide(entry, Actor(name="console"), allow=False)
    assert not signed_in(visitor)


def test_a_token_of_somebody_taken_off_the_list_opens_nothing(visitor):
    entry = allow("operator")
    visitor.sign_in("operator")
    now = timezone.now()
    text = tokens.create(User.objects.get(), "script", ["printers:read"], now)[1]
    assert tokens.authenticate(text, now) is not None
    whitelist.decide(entry, Actor(name="console"), allow=False)
    assert tokens.authenticate(text, now) is None


def test_a_deactivated_account_is_out_with_the_next_request(visitor):
    allow("operator")
    visitor.sign_in("operator")
    User.objects.update(is_active=False)
    assert not signed_in(visitor)


def test_a_program_with_an_ended_session_gets_401(provider: OidcProvider, visitor):
    allow("operator")
    visitor.sign_in("operator")
    provider.realm.end_sessions("operator")
    time_passes(60)
    answer = visitor.client.get("/inventory/jobs/", headers={"accept": "application/json"})
    assert (answer.status_code, answer.headers["content-type"]) == (401, "application/problem+json")


def test_a_provider_that_is_away_throws_nobody_out_before_its_time(provider: OidcProvider, visitor, settings):
    allow("operator")
    visitor.sign_in("operator")
    provider.misbehave(Fault("server_error", times=None, endpoint="token"))
    time_passes(settings.OIDC_AWAY_SECONDS - 30)
    assert signed_in(visitor)
    time_passes(settings.OIDC_AWAY_SECONDS + 1)
    assert not signed_in(visitor)


def test_a_provider_that_is_away_at_the_sign_in_is_said_so(provider: OidcProvider, visitor):
    allow("operator")
    address = visitor.at_provider(visitor.begin(), "operator")
    provider.misbehave(Fault("server_error", endpoint="token"))
    answer = visitor.back(address)
    assert (answer.status_code, "does not answer" in answer.text) == (503, True)


def test_signing_out_ends_the_sign_in_here_and_there(visitor):
    allow("operator")
    visitor.sign_in("operator")
    answer = visitor.client.post("/accounts/logout/")
    there = visitor.web.get(answer.headers["location"])
    assert (there.status_code, there.headers["location"]) == (302, "http://testserver/")
    assert not signed_in(visitor)
    assert ProviderSession.objects.get().end_reason == "signed out"
    form = visitor.web.get(visitor.begin())
    assert 'name="password"' in form.text, "the provider asks again"


def test_tokens_are_encrypted_at_rest(visitor):
    allow("operator")
    visitor.sign_in("operator")
    session = ProviderSession.objects.get()
    assert unseal(session.id_token).count(".") == 2
    assert session.id_token.count(".") == 0
    assert unseal(session.refresh_token) not in session.refresh_token
    assert unseal(seal("x")[:-2] + "xx") == ""


def test_without_a_client_id_there_is_no_provider(client, settings):
    settings.OIDC_ENABLED = False
    assert "provider-sign-in" not in client.get("/accounts/login/").text
    assert client.get("/oidc/authenticate/").headers["location"] == "/accounts/login/"
    assert client.get("/oidc/callback/?code=a&state=b").headers["location"] == "/accounts/login/"
