"""What a sign-in must refuse, by name. The stand-in provider misbehaves for real: no answer here is a mock's."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest
from django.contrib.auth.models import User
from django.test import Client
from standins.oidc import Fault, OidcProvider

from access.models import AllowedUser, ProviderSession
from access.tests.provider import Visitor

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def on_the_list(db: None) -> None:
    AllowedUser.objects.create(username="operator")


def nobody_came_in(visitor: Visitor) -> None:
    """Assert that a refused sign-in left no account, no sign-in and no session."""
    assert visitor.client.get("/inventory/").status_code == 302
    assert not ProviderSession.objects.exists()
    assert not User.objects.exists()


def refused(provider: OidcProvider, visitor: Visitor, fault: str) -> None:
    """Sign in while the provider misbehaves once, and see it refused with a page that says so."""
    provider.misbehave(Fault(fault))  # type: ignore[arg-type]  # the parameter is the name of a fault
    answer = visitor.sign_in("operator")
    assert answer.status_code == 403
    assert "nobody was signed in" in answer.text
    nobody_came_in(visitor)
    visitor.sign_in("operator")
    assert visitor.client.get("/inventory/").status_code == 200, "the fault was the reason"


def test_tampered_token(provider, visitor):
    refused(provider, visitor, "tampered_token")


def test_wrong_nonce(provider, visitor):
    refused(provider, visitor, "wrong_nonce")


def test_missing_nonce(provider, visitor):
    refused(provider, visitor, "no_nonce")


def test_alg_none(provider, visitor):
    refused(provider, visitor, "alg_none")


def test_alg_hs256_with_the_public_key_as_secret(provider, visitor):
    refused(provider, visitor, "alg_hs256")


def test_unknown_key(provider, visitor):
    refused(provider, visitor, "unknown_key")


def test_wrong_audience(provider, visitor):
    refused(provider, visitor, "wrong_audience")


def test_wrong_issuer(provider, visitor):
    refused(provider, visitor, "wrong_issuer")


def test_expired_token(provider, visitor):
    refused(provider, visitor, "expired")


def test_token_from_the_future(provider, visitor):
    refused(provider, visitor, "issued_in_future")


def test_access_token_of_another_answer(provider, visitor):
    refused(provider, visitor, "wrong_at_hash")


def test_userinfo_about_somebody_else(provider, visitor):
    refused(provider, visitor, "wrong_subject")


def test_wrong_state(provider, visitor):
    provider.misbehave(Fault("wrong_state"))
    answer = visitor.sign_in("operator")
    assert (answer.status_code, "was not begun in this browser" in answer.text) == (403, True)
    nobody_came_in(visitor)


def test_a_sign_in_begun_in_another_browser_is_refused(visit):
    """Login CSRF: an attacker's code and state, sent to a victim, must not sign the victim in as the attacker."""
    attacker, victim = visit(), visit()
    link = attacker.at_provider(attacker.begin(), "operator")
    victim.begin()
    assert victim.back(link).status_code == 403
    nobody_came_in(victim)


def test_a_state_is_used_up_by_the_first_answer(visitor):
    link = visitor.at_provider(visitor.begin(), "operator")
    assert visitor.back(link).status_code == 302
    visitor.client.post("/accounts/logout/")
    assert visitor.back(link).status_code == 403


def test_a_stolen_code_is_worth_nothing_without_its_verifier(visit):
    """PKCE: the thief has code and a state of their own, but not the verifier of the browser that began."""
    owner, thief = visit(), visit()
    code = parse_qs(urlsplit(owner.at_provider(owner.begin(), "operator")).query)["code"][0]
    state = parse_qs(urlsplit(thief.begin()).query)["state"][0]
    answer = thief.client.get("/oidc/callback/", {"code": code, "state": state})
    assert answer.status_code == 403
    nobody_came_in(thief)


def test_every_sign_in_asks_with_pkce_state_and_nonce_of_its_own(visitor):
    first, second = (parse_qs(urlsplit(visitor.begin()).query) for _ in range(2))
    assert first["code_challenge_method"] == ["S256"]
    for name in ("state", "nonce", "code_challenge"):
        assert len(first[name][0]) >= 32
        assert first[name] != second[name]


def test_session_fixation(visitor):
    """A session key that somebody planted before the sign-in is worth nothing after it."""
    visitor.begin()
    planted = visitor.client.cookies["sessionid"].value
    visitor.sign_in("operator")
    assert visitor.client.cookies["sessionid"].value != planted
    intruder = Client()
    intruder.cookies["sessionid"] = planted
    assert intruder.get("/inventory/").status_code == 302


def test_session_fixation_with_a_password(client):
    User.objects.create_superuser("root", password="a-long-password")
    client.get("/accounts/login/")
    client.session["planted"] = 1
    session = client.session
    session["planted"] = 1
    session.save()
    planted = session.session_key
    client.post("/accounts/login/", {"username": "root", "password": "a-long-password"})
    assert client.session.session_key != planted
    intruder = Client()
    intruder.cookies["sessionid"] = planted
    assert intruder.get("/inventory/").status_code == 302


@pytest.mark.parametrize(
    "target",
    [
        "https://evil.example/",
        "//evil.example/",
        "///evil.example",
        "http:evil.example",
        "javascript:alert(1)",
        "\\\\evil.example",
        "/\\evil.example",
        "https://testserver@evil.example/",
        "https://testserver.evil.example/",
        "\thttps://evil.example",
    ],
)
def test_open_redirect(visitor, client, target):
    assert visitor.sign_in("operator", target).headers["location"] == "/"
    User.objects.create_superuser("root", password="a-long-password")
    data = {"username": "root", "password": "a-long-password", "next": target}
    assert client.post("/accounts/login/", data).headers["location"] == "/"


def test_a_password_form_never_reaches_the_token_exchange(provider, client):
    """The library's backend would take `code` and `state` from the address of any login form."""
    provider.misbehave(Fault("server_error", times=None))
    answer = client.post("/accounts/login/?code=stolen&state=x", {"username": "operator", "password": "x"})
    assert (answer.status_code, "id_password" in answer.text) == (200, True)


def test_an_error_of_the_provider_is_never_markup(visitor):
    state = parse_qs(urlsplit(visitor.begin()).query)["state"][0]
    answer = visitor.client.get(
        "/oidc/callback/", {"state": state, "error": "<script>alert(1)</script>", "error_description": "<b>x</b>"}
    )
    assert answer.status_code == 403
    assert "<script>alert" not in answer.text
    assert "<b>x</b>" not in answer.text


def test_no_token_or_code_is_in_a_log(provider, visitor, caplog):
    caplog.set_level("DEBUG")
    visitor.sign_in("operator")
    session = ProviderSession.objects.get()
    from access.services.vault import unseal

    ours = "\n".join(
        record.getMessage() for record in caplog.records if not record.name.startswith(("httpx2", "httpcore2"))
    )
    assert unseal(session.refresh_token) not in ours
    assert unseal(session.id_token) not in ours
    assert "only-for" not in ours
