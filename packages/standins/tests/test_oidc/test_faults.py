"""The provider on its worst days: every fault does what it says, and the control door opens only to its token."""

from __future__ import annotations

import hashlib
import hmac
from typing import Any

import httpx2
import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from standins.oidc import FAULTS, Client, ConfigError, Fault, OidcProvider, User, load_realm, subject
from standins.oidc.model import parse_realm
from standins.oidc.tokens import half_hash, unb64

from .client import Clock, Party, plain_client, unverified, verified


class Control:
    """The control door, as a test in another process uses it."""

    def __init__(self, provider: OidcProvider, token: str | None = None) -> None:
        self.base = provider.issuer.partition("/realms/")[0] + "/control/"
        self.headers = {"Authorization": f"Bearer {provider.control_token if token is None else token}".strip()}

    def __call__(self, method: str, path: str, body: dict[str, Any] | None = None) -> httpx2.Response:
        with plain_client() as http:
            return http.request(method, self.base + path, json=body, headers=self.headers)


@pytest.fixture
def control(provider: OidcProvider) -> Control:
    return Control(provider)


def id_token_with(provider: OidcProvider, party: Party, **fault: Any) -> str:
    provider.misbehave(Fault(**fault))
    token: str = party.tokens()["id_token"]
    return token


@pytest.mark.parametrize(
    ("kind", "claim", "value"),
    [
        ("wrong_nonce", "nonce", "a-nonce-of-somebody-else"),
        ("no_nonce", "nonce", None),
        ("wrong_audience", "aud", "another-client"),
        ("wrong_at_hash", "at_hash", half_hash("another token")),
    ],
)
def test_wrong_claims_are_well_signed(
    provider: OidcProvider, party: Party, kind: str, claim: str, value: object
) -> None:
    claims = verified(party.http, party.endpoint("certs"), id_token_with(provider, party, kind=kind))
    assert claims.get(claim) == value
    claims = verified(party.http, party.endpoint("certs"), party.tokens()["id_token"])
    assert claims[claim] != value


def test_wrong_issuer_and_times(provider: OidcProvider, party: Party, clock: Clock) -> None:
    certs = party.endpoint("certs")
    claims = verified(party.http, certs, id_token_with(provider, party, kind="wrong_issuer"))
    assert claims["iss"] != provider.issuer
    claims = verified(party.http, certs, id_token_with(provider, party, kind="expired"))
    assert claims["exp"] < clock.now - 3000
    claims = verified(party.http, certs, id_token_with(provider, party, kind="issued_in_future"))
    assert claims["iat"] > clock.now + 3000


def test_a_tampered_token_does_not_verify(provider: OidcProvider, party: Party) -> None:
    token = id_token_with(provider, party, kind="tampered_token")
    assert unverified(token)[1]["preferred_username"] == "admin"
    with pytest.raises(InvalidSignature):
        verified(party.http, party.endpoint("certs"), token)


def test_alg_none_has_no_signature(provider: OidcProvider, party: Party) -> None:
    token = id_token_with(provider, party, kind="alg_none")
    assert unverified(token)[0]["alg"] == "none"
    assert token.endswith(".")


def test_alg_hs256_is_made_with_the_public_key(provider: OidcProvider, party: Party) -> None:
    token = id_token_with(provider, party, kind="alg_hs256")
    header, _claims = unverified(token)
    assert header["alg"] == "HS256"
    key = party.http.get(party.endpoint("certs")).json()["keys"][0]
    exponent, modulus = (int.from_bytes(unb64(key[part]), "big") for part in ("e", "n"))
    public = rsa.RSAPublicNumbers(exponent, modulus).public_key()
    pem = public.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    signed, _dot, signature = token.rpartition(".")
    assert hmac.digest(pem, signed.encode(), hashlib.sha256) == unb64(signature)


def test_unknown_key(provider: OidcProvider, party: Party) -> None:
    token = id_token_with(provider, party, kind="unknown_key")
    known = {key["kid"] for key in party.http.get(party.endpoint("certs")).json()["keys"]}
    assert unverified(token)[0]["kid"] not in known


def test_wrong_state_and_wrong_subject(provider: OidcProvider, party: Party) -> None:
    provider.misbehave(Fault("wrong_state"))
    assert party.redirected(party.sign_in(party.authorize(), "viewer", "viewer"))["state"] != "the state"
    tokens = party.tokens()
    provider.misbehave(Fault("wrong_subject"))
    assert party.userinfo(tokens["access_token"]).json()["sub"] != subject("test", "viewer")
    assert party.userinfo(tokens["access_token"]).json()["sub"] == subject("test", "viewer")


def test_server_errors_happen_where_and_as_often_as_asked(provider: OidcProvider, party: Party) -> None:
    provider.misbehave(Fault("server_error", times=2, endpoint="certs"))
    answers = [party.http.get(party.endpoint("certs")).status_code for _try in range(3)]
    assert answers == [500, 500, 200]
    provider.misbehave(Fault("server_error", times=None, endpoint="token"))
    code = party.code()
    assert [party.exchange(code).status_code for _try in range(3)] == [500] * 3
    provider.realm.faults.clear()
    assert party.exchange(code).status_code == 200


def test_slow_outlasts_a_clients_patience_and_ends_with_the_provider(provider: OidcProvider) -> None:
    provider.misbehave(Fault("slow", endpoint="discovery", seconds=60))
    with plain_client() as http:
        with pytest.raises(httpx2.ReadTimeout):
            http.get(f"{provider.issuer}/.well-known/openid-configuration", timeout=0.2)
        assert http.get(f"{provider.issuer}/.well-known/openid-configuration").status_code == 200


def test_faults_over_http(control: Control, party: Party) -> None:
    assert control("POST", "faults", {"kind": "wrong_nonce", "times": None}).status_code == 204
    assert control("POST", "faults", {"kind": "server_error", "endpoint": "userinfo"}).status_code == 204
    tokens = party.tokens()
    assert unverified(tokens["id_token"])[1]["nonce"] != "the nonce"
    assert party.userinfo(tokens["access_token"]).status_code == 500
    assert control("DELETE", "faults").status_code == 204
    assert unverified(party.tokens()["id_token"])[1]["nonce"] == "the nonce"


@pytest.mark.parametrize(
    "body",
    [{}, {"kind": "fire"}, {"kind": "slow", "seconds": 1000}, {"kind": "slow", "endpoint": "x"}, {"kind": "slow", "times": 0},
     {"kind": "slow", "times": "1"}, {"kind": "slow", "else": 1}, {"kind": "slow", "seconds": "1"},
     {"kind": "slow", "endpoint": 5}],
)  # fmt: skip
def test_faults_that_make_no_sense(control: Control, body: dict[str, Any]) -> None:
    answer = control("POST", "faults", body)
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")


def test_every_fault_is_known_to_the_tests() -> None:
    assert {
        "wrong_nonce", "no_nonce", "wrong_audience", "wrong_issuer", "wrong_at_hash", "wrong_subject", "expired",
        "issued_in_future", "tampered_token", "alg_none", "alg_hs256", "unknown_key", "wrong_state", "slow", "server_error"
    } == FAULTS  # fmt: skip


def test_rotated_keys(control: Control, party: Party) -> None:
    certs = party.endpoint("certs")
    old = party.tokens()
    kid = control("POST", "keys/rotate").json()["kid"]
    assert [key["kid"] for key in party.http.get(certs).json()["keys"]] == [kid, unverified(old["id_token"])[0]["kid"]]
    assert party.userinfo(old["access_token"]).status_code == 200
    verified(party.http, certs, old["id_token"])
    new = party.tokens()
    assert unverified(new["id_token"])[0]["kid"] == kid
    control("POST", "keys/rotate", {"keep_old": False})
    assert len(party.http.get(certs).json()["keys"]) == 1
    assert party.userinfo(new["access_token"]).status_code == 401


def test_a_revoked_user_is_out_at_once(control: Control, party: Party) -> None:
    tokens = party.tokens()
    code = party.code()
    assert control("POST", "users/Operator/disable").status_code == 204
    assert party.userinfo(tokens["access_token"]).status_code == 401
    assert party.refresh(tokens["refresh_token"]).json()["error"] == "invalid_grant"
    assert party.exchange(code).json()["error"] == "invalid_grant"
    assert party.redirected(party.authorize(prompt="none"))["error"] == "login_required"
    answer = party.sign_in(party.authorize(), "operator", "operator")
    assert (answer.status_code, "Account is disabled" in answer.text) == (401, True)
    assert control("POST", "users/operator/enable").status_code == 204
    assert party.tokens()["id_token"]
    assert party.refresh(tokens["refresh_token"]).json()["error"] == "invalid_grant"


def test_users_come_and_go(control: Control, party: Party) -> None:
    new = {"password": "s3cret", "email": "n@example.test", "given_name": "N", "groups": ["viewers"]}
    assert control("PUT", "users/newcomer", new).status_code == 204
    tokens = party.exchange(party.redirected(party.sign_in(party.authorize(), "newcomer", "s3cret"))["code"]).json()
    assert party.userinfo(tokens["access_token"]).json()["groups"] == ["viewers"]
    assert control("POST", "users/newcomer/logout").status_code == 204
    assert party.userinfo(tokens["access_token"]).status_code == 401
    assert control("DELETE", "users/newcomer").status_code == 204
    assert party.sign_in(party.authorize(), "newcomer", "s3cret").status_code == 401
    assert control("PUT", "users/x", {"password": 5}).status_code == 400
    assert control("POST", "users/nobody/disable").status_code == 404


def test_the_control_door_is_closed_to_others(provider: OidcProvider) -> None:
    for token in ("", "wrong", provider.control_token[:-1]):
        assert Control(provider, token)("DELETE", "faults").status_code == 404
    assert Control(provider)("GET", "nothing").status_code == 404
    with OidcProvider(control_token="") as closed:
        assert Control(closed, "")("DELETE", "faults").status_code == 404


def test_an_error_inside_is_a_500_and_a_line_in_the_log(
    provider: OidcProvider, party: Party, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(provider.realm.keys, "key_set", lambda: 1 / 0)
    assert party.http.get(party.endpoint("certs")).status_code == 500
    assert "ZeroDivisionError" in caplog.text


def test_nothing_secret_is_logged(party: Party, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    code = party.code()
    tokens = party.exchange(code).json()
    party.userinfo(tokens["access_token"])
    ours = "\n".join(record.getMessage() for record in caplog.records if record.name.startswith("standins"))
    assert "POST /realms/test/protocol/openid-connect/token 200" in ours
    assert not any(
        secret in ours for secret in (code, tokens["access_token"], tokens["refresh_token"], "app secret", "code=")
    )
    assert "operator" not in repr(User("u", "operator"))
    assert "hidden" not in repr(Client("c", "hidden"))


@pytest.mark.parametrize(
    ("data", "text"),
    [
        ([], "the file is no object"),
        ({"users": {}}, "users is no list"),
        ({"users": [{"password": "x"}]}, "a user without a username"),
        ({"users": [{"username": "a", "enabled": "yes"}]}, "user a: enabled"),
        ({"users": [{"username": "a"}, {"username": "A"}]}, "a user is described twice"),
        ({"users": [{"username": "a", "roles": "admin"}]}, "user a: roles is no list of texts"),
        ({"clients": [{"secret": "x"}]}, "a client without a client_id"),
        ({"clients": [{"client_id": "c", "redirect_uris": ["/relative"]}]}, "client c: '/relative'"),
        ({"clients": [{"client_id": "c", "redirect_uris": ["http://x/#f"]}]}, "fragment"),
    ],
)
def test_data_that_describes_no_realm(data: object, text: str) -> None:
    with pytest.raises(ConfigError, match=text):
        parse_realm(data)


def test_a_file_that_is_no_json(tmp_path: Any) -> None:
    path = tmp_path / "users.json"
    path.write_text("{")
    with pytest.raises(ConfigError, match=r"users\.json is no JSON"):
        load_realm(path)
    path.write_bytes(b" " * (1024 * 1024 + 1))
    with pytest.raises(ConfigError, match="over 1 MiB"):
        load_realm(path)
