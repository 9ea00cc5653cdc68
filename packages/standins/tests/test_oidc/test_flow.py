"""The provider over real sockets: the code flow from the first redirect to the last logout."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest

from standins.oidc import Lifetimes, OidcProvider, subject
from standins.oidc.tokens import challenge_of, half_hash

from .client import CALLBACK, OTHER_CLIENT, VERIFIER, Clock, Party, realm_data, verified


def test_a_whole_sign_in(provider: OidcProvider, party: Party) -> None:
    metadata = party.http.get(f"{provider.issuer}/.well-known/openid-configuration").json()
    assert metadata["issuer"] == provider.issuer
    assert metadata["authorization_endpoint"] == f"{provider.issuer}/protocol/openid-connect/auth"
    assert metadata["code_challenge_methods_supported"] == ["S256"]
    form = party.authorize()
    assert form.status_code == 200
    assert "default-src 'none'" in form.headers["content-security-policy"]
    answer = party.sign_in(form, "operator", "operator")
    fields = party.redirected(answer)
    assert fields["state"] == "the state"
    assert fields["iss"] == provider.issuer
    tokens = party.exchange(fields["code"]).json()
    claims = verified(party.http, metadata["jwks_uri"], tokens["id_token"])
    assert claims["iss"] == provider.issuer
    assert (claims["aud"], claims["azp"], claims["nonce"], claims["typ"]) == ("app", "app", "the nonce", "ID")
    assert claims["at_hash"] == half_hash(tokens["access_token"])
    assert claims["exp"] - claims["iat"] == 300
    assert claims["iat"] - 5 <= claims["auth_time"] <= claims["iat"]
    assert claims["preferred_username"] == "operator"
    assert claims["sub"] == subject("test", "operator")
    assert claims["realm_access"] == {"roles": ["operator"]}
    assert claims["groups"] == ["operators"]
    told = party.userinfo(tokens["access_token"]).json()
    assert (told["sub"], told["email"], told["name"]) == (claims["sub"], "operator@example.test", "Oleg Orlov")


def test_scopes_decide_what_is_told(party: Party) -> None:
    tokens = party.tokens(scope="openid")
    claims = verified(party.http, party.endpoint("certs"), tokens["id_token"])
    assert not claims.keys() & {"email", "name", "groups", "realm_access", "preferred_username"}
    assert party.userinfo(tokens["access_token"]).json() == {"sub": claims["sub"]}


def test_wrong_passwords_show_the_form_again(party: Party) -> None:
    form = party.authorize(login_hint="<b>operator")
    assert "&lt;b&gt;operator" in form.text
    for username, password in (("operator", "wrong"), ("nobody", "operator"), ("operator", ""), ("", "")):
        answer = party.sign_in(form, username, password)
        assert answer.status_code == 401
        assert "Invalid user name or password" in answer.text
    assert party.sign_in(form, "<script>", "x").text.count("<script>") == 0
    assert party.redirected(party.sign_in(form, "OPERATOR", "operator"))["code"]


def test_a_form_can_be_tried_only_so_often(party: Party) -> None:
    form = party.authorize()
    answers = [party.sign_in(form, "operator", "wrong").status_code for _try in range(21)]
    assert answers == [401] * 20 + [400]


def test_the_form_is_bound_to_browser_and_csrf_token(provider: OidcProvider, party: Party) -> None:
    form = party.authorize()
    assert party.sign_in(form, "operator", "operator", csrf="another").status_code == 403
    with Party(provider) as thief:
        assert thief.sign_in(form, "operator", "operator").status_code == 403
    assert party.sign_in(form, "operator", "operator").status_code == 302
    assert party.sign_in(form, "operator", "operator").status_code == 400


def test_a_session_answers_without_a_form_and_prompt_and_max_age_ask_again(party: Party, clock: Clock) -> None:
    party.tokens()
    assert party.redirected(party.authorize())["code"]
    assert party.redirected(party.authorize(prompt="none"))["code"]
    assert party.authorize(prompt="login").status_code == 200
    clock.now += 100
    assert party.redirected(party.authorize(max_age="1000"))["code"]
    assert party.authorize(max_age="99").status_code == 200
    assert party.redirected(party.authorize(max_age="99", prompt="none"))["error"] == "login_required"


def test_signing_in_again_gives_a_new_session(party: Party) -> None:
    party.tokens()
    first = party.http.cookies["STANDIN_SESSION"]
    party.sign_in(party.authorize(prompt="login"), "viewer", "viewer")
    assert party.http.cookies["STANDIN_SESSION"] != first
    assert "HttpOnly" in party.last_cookies
    assert "SameSite=Lax" in party.last_cookies


def test_prompt_none_without_a_session(party: Party) -> None:
    fields = party.redirected(party.authorize(prompt="none"))
    assert (fields["error"], fields["state"]) == ("login_required", "the state")


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"response_type": None}, "unsupported_response_type"),
        ({"scope": "email"}, "invalid_scope"),
        ({"scope": "openid everything"}, "invalid_scope"),
        ({"code_challenge": None}, "invalid_request"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"code_challenge_method": None}, "invalid_request"),
        ({"code_challenge": "short"}, "invalid_request"),
        ({"response_mode": "fragment"}, "invalid_request"),
        ({"request": "x.y.z"}, "request_not_supported"),
        ({"request_uri": "http://127.0.0.1/x"}, "request_uri_not_supported"),
        ({"prompt": "none login"}, "invalid_request"),
    ],
)
def test_what_the_client_is_told(party: Party, changed: dict[str, str | None], error: str) -> None:
    fields = party.redirected(party.authorize(**changed))
    assert (fields["error"], fields["state"]) == (error, "the state")


@pytest.mark.parametrize(
    "changed",
    [
        {"client_id": "nobody"},
        {"client_id": None},
        {"redirect_uri": None},
        {"redirect_uri": f"{CALLBACK}/"},
        {"redirect_uri": f"{CALLBACK}?x=1"},
        {"redirect_uri": CALLBACK.replace("http:", "https:")},
        {"redirect_uri": "http://evil.test/callback"},
        {"client_id": "other"},
    ],
)
def test_who_is_never_redirected(party: Party, changed: dict[str, str | None]) -> None:
    answer = party.authorize(**changed)
    assert answer.status_code == 400
    assert "location" not in answer.headers


def test_a_doubled_field_is_refused(party: Party) -> None:
    answer = party.http.get(f"{party.endpoint('auth')}?client_id=app&client_id=app")
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")


def test_the_clients_own_query_stays(provider: OidcProvider, party: Party) -> None:
    answer = party.sign_in(party.authorize(redirect_uri=f"{CALLBACK}?tenant=1"), "operator", "operator")
    query = parse_qs(urlsplit(answer.headers["location"]).query)
    assert query["tenant"] == ["1"]
    assert query["code"]


def test_both_ways_of_client_authentication(party: Party) -> None:
    assert party.exchange(party.code(), way="basic").status_code == 200
    assert party.exchange(party.code(), way="post").status_code == 200


@pytest.mark.parametrize(
    ("changed", "status", "error"),
    [
        ({"code": "guessed"}, 400, "invalid_grant"),
        ({"code": None}, 400, "invalid_grant"),
        ({"code_verifier": "x" * 43}, 400, "invalid_grant"),
        ({"code_verifier": None}, 400, "invalid_grant"),
        ({"redirect_uri": f"{CALLBACK}?tenant=1"}, 400, "invalid_grant"),
        ({"redirect_uri": None}, 400, "invalid_grant"),
        ({"client_secret": "wrong"}, 401, "invalid_client"),
        ({"client_secret": None}, 401, "invalid_client"),
        ({"client_id": "nobody"}, 401, "invalid_client"),
        ({"grant_type": "password"}, 400, "unsupported_grant_type"),
        ({"grant_type": None}, 400, "invalid_request"),
    ],
)
def test_what_the_token_endpoint_refuses(party: Party, changed: dict[str, str | None], status: int, error: str) -> None:
    answer = party.exchange_with(changed)
    assert (answer.status_code, answer.json()["error"]) == (status, error)
    assert answer.headers["cache-control"] == "no-store"


def test_a_code_of_another_client(party: Party) -> None:
    secret = OTHER_CLIENT.secret
    answer = party.exchange(party.code(), client_id=OTHER_CLIENT.client_id, client_secret=secret)
    assert answer.json()["error"] == "invalid_grant"


def test_a_client_cannot_say_who_it_is_in_two_ways(party: Party) -> None:
    answer = party.http.post(
        party.endpoint("token"), data={"client_id": "app", "client_secret": "app secret"}, auth=("app", "app%20secret")
    )
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")
    broken = party.http.post(party.endpoint("token"), data={"code": "x"}, headers={"Authorization": "Basic !!!"})
    assert broken.status_code == 401
    assert broken.headers["www-authenticate"].startswith("Basic")


def test_a_code_works_once_and_its_second_use_takes_everything_back(party: Party) -> None:
    code = party.code()
    tokens = party.exchange(code).json()
    assert party.userinfo(tokens["access_token"]).status_code == 200
    assert party.exchange(code).json()["error"] == "invalid_grant"
    assert party.userinfo(tokens["access_token"]).status_code == 401
    assert party.refresh(tokens["refresh_token"]).json()["error"] == "invalid_grant"


def test_a_code_expires(party: Party, clock: Clock) -> None:
    code = party.code()
    clock.now += 61
    assert party.exchange(code).json()["error"] == "invalid_grant"


def test_refresh_tokens_rotate(party: Party) -> None:
    first = party.tokens()
    second = party.refresh(first["refresh_token"]).json()
    assert second["refresh_token"] != first["refresh_token"]
    claims = verified(party.http, party.endpoint("certs"), second["id_token"])
    assert "nonce" not in claims
    assert claims["at_hash"] == half_hash(second["access_token"])
    assert party.refresh(second["refresh_token"], scope="openid").json()["scope"] == "openid"


def test_a_refresh_token_used_twice_ends_the_session(party: Party) -> None:
    first = party.tokens()
    second = party.refresh(first["refresh_token"]).json()
    assert "reuse" in party.refresh(first["refresh_token"]).json()["error_description"]
    assert party.refresh(second["refresh_token"]).json()["error"] == "invalid_grant"
    assert party.userinfo(second["access_token"]).status_code == 401
    assert party.authorize().status_code == 200


def test_what_a_refresh_refuses(party: Party, clock: Clock) -> None:
    tokens = party.tokens(scope="openid email")
    assert party.refresh(tokens["refresh_token"], scope="openid profile").json()["error"] == "invalid_scope"
    other = {"client_id": OTHER_CLIENT.client_id, "client_secret": OTHER_CLIENT.secret}
    assert party.refresh(tokens["refresh_token"], **other).json()["error"] == "invalid_grant"
    assert party.refresh("guessed").json()["error"] == "invalid_grant"
    clock.now += 1801
    assert party.refresh(tokens["refresh_token"]).json()["error"] == "invalid_grant"


def test_access_tokens_expire(party: Party, clock: Clock) -> None:
    tokens = party.tokens()
    assert tokens["expires_in"] == 300
    clock.now += 301
    answer = party.userinfo(tokens["access_token"])
    assert answer.status_code == 401
    assert 'error="invalid_token"' in answer.headers["www-authenticate"]


def test_lifetimes_are_configurable() -> None:
    with (
        OidcProvider(realm_data(), lifetimes=Lifetimes(access_token=7, id_token=8)) as provider,
        Party(provider) as party,
    ):
        tokens = party.tokens()
        assert tokens["expires_in"] == 7
        claims = verified(party.http, party.endpoint("certs"), tokens["id_token"])
        assert claims["exp"] - claims["iat"] == 8


def test_userinfo_takes_access_tokens_only(party: Party) -> None:
    tokens = party.tokens()
    for given in (tokens["id_token"], tokens["refresh_token"], "a.b.c", "", tokens["access_token"][:-8] + "AAAAAAAA"):
        assert party.userinfo(given).status_code == 401
    assert party.http.get(party.endpoint("userinfo")).status_code == 401


def test_logout_with_an_id_token(party: Party, clock: Clock) -> None:
    tokens = party.tokens()
    clock.now += 400  # an expired ID token is good enough to sign out
    answer = party.logout(id_token_hint=tokens["id_token"], post_logout_redirect_uri="http://app.test/bye", state="s")
    assert answer.status_code == 302
    assert answer.headers["location"] == "http://app.test/bye?state=s"
    assert "STANDIN_SESSION" not in party.http.cookies
    assert party.refresh(tokens["refresh_token"]).json()["error"] == "invalid_grant"
    assert party.authorize().status_code == 200


def test_logout_without_an_id_token_asks_first(party: Party) -> None:
    tokens = party.tokens()
    page = party.logout(client_id="app", post_logout_redirect_uri="http://app.test/bye")
    assert "Do you want to sign out?" in page.text
    assert party.userinfo(tokens["access_token"]).status_code == 200
    fields = party.form_fields(page)
    wrong = party.http.post(party.endpoint("logout"), data={**fields, "csrf": "x"})
    assert "Do you want to sign out?" in wrong.text
    assert party.http.post(party.endpoint("logout"), data=fields).headers["location"] == "http://app.test/bye"
    assert party.userinfo(tokens["access_token"]).status_code == 401


def test_logout_sends_nobody_to_strangers(party: Party) -> None:
    tokens = party.tokens()
    hint = tokens["id_token"]
    assert party.logout(id_token_hint=hint, post_logout_redirect_uri="http://evil.test/").status_code == 400
    assert party.logout(post_logout_redirect_uri="http://app.test/bye").status_code == 400
    assert party.logout(id_token_hint=tokens["access_token"]).status_code == 400
    assert party.logout(id_token_hint=hint, client_id="other").status_code == 400
    assert party.logout(id_token_hint=hint[:-6] + "AAAAAA").status_code == 400
    assert party.userinfo(tokens["access_token"]).status_code == 200


def test_unknown_pages_and_methods(provider: OidcProvider, party: Party) -> None:
    assert party.http.get(f"{provider.issuer}/nothing").status_code == 404
    assert party.http.get(provider.issuer.replace("/realms/test", "/realms/other")).status_code == 404
    assert party.http.get(party.endpoint("token")).status_code == 405
    assert party.http.post(party.endpoint("token"), json={"grant_type": "x"}).status_code == 400
    assert party.http.post(party.endpoint("token"), content=b"x" * 70_000).status_code == 413


def test_challenge_is_that_of_the_rfc() -> None:
    assert challenge_of("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk") == "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
    assert len(VERIFIER) >= 43


def test_it_listens_on_loopback_only() -> None:
    with pytest.raises(ValueError, match="loopback"):
        OidcProvider(host="0.0.0.0")  # noqa: S104 -- the address that must be refused


def test_the_port_is_free_again(provider: OidcProvider) -> None:
    other = OidcProvider(realm_data())
    with pytest.raises(OSError, match="in use"):
        OidcProvider(realm_data(), port=provider.port)
    with other:
        assert httpx2.get(f"{other.issuer}/.well-known/openid-configuration").status_code == 200
    with pytest.raises(httpx2.ConnectError):
        httpx2.get(f"{other.issuer}/.well-known/openid-configuration")
