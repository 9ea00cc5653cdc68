"""A client and a browser in one, for the tests of the provider: it follows nothing by itself."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from html import unescape
from types import TracebackType
from typing import Any, Literal, Self
from urllib.parse import parse_qs, urlsplit

import httpx2
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from standins.oidc import Client, OidcProvider, RealmData, demo_data
from standins.oidc.tokens import challenge_of, unb64

CALLBACK = "http://app.test/callback"
VERIFIER = "a-verifier-of-forty-three-characters-or-more"
CLIENT = Client("app", "app secret", (CALLBACK, f"{CALLBACK}?tenant=1"), ("http://app.test/bye",))
OTHER_CLIENT = Client("other", "other-secret", ("http://other.test/callback",))


def realm_data() -> RealmData:
    return RealmData("test", demo_data().users, (CLIENT, OTHER_CLIENT))


def plain_client() -> httpx2.Client:
    """A client for plain HTTP: reading the certificate store for each one would take longer than the test."""
    return httpx2.Client(timeout=20, verify=False)


@dataclass
class Clock:
    """A clock that a test turns."""

    now: float

    def __call__(self) -> float:
        return self.now


def verified(http: httpx2.Client, certs: str, token: str) -> dict[str, Any]:
    """The claims of a token after its RS256 signature was checked with the published keys."""
    head, body, signature = token.split(".")
    header = json.loads(unb64(head))
    assert header["alg"] == "RS256"
    jwk = next(key for key in http.get(certs).json()["keys"] if key["kid"] == header["kid"])
    exponent, modulus = (int.from_bytes(unb64(jwk[part]), "big") for part in ("e", "n"))
    key = rsa.RSAPublicNumbers(exponent, modulus).public_key()
    key.verify(unb64(signature), f"{head}.{body}".encode(), padding.PKCS1v15(), hashes.SHA256())
    claims: dict[str, Any] = json.loads(unb64(body))
    return claims


def unverified(token: str) -> tuple[dict[str, Any], dict[str, Any]]:
    head, body, _signature = token.split(".")
    return json.loads(unb64(head)), json.loads(unb64(body))


class Party:
    """What a client's server and a person's browser do, step by step."""

    def __init__(self, provider: OidcProvider) -> None:
        self.provider = provider
        self.http = plain_client()
        self.last_cookies = ""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.http.close()

    def endpoint(self, name: str) -> str:
        return f"{self.provider.issuer}/protocol/openid-connect/{name}"

    def authorize(self, **changed: str | None) -> httpx2.Response:
        fields: dict[str, str | None] = {
            "client_id": "app",
            "response_type": "code",
            "scope": "openid profile email roles",
            "redirect_uri": CALLBACK,
            "state": "the state",
            "nonce": "the nonce",
            "code_challenge": challenge_of(VERIFIER),
            "code_challenge_method": "S256",
        }
        return self.http.get(self.endpoint("auth"), params=_without_none(fields | changed))

    def form_fields(self, page: httpx2.Response) -> dict[str, str]:
        pairs = re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)">', page.text)
        return {name: unescape(value) for name, value in pairs}

    def sign_in(self, form: httpx2.Response, username: str, password: str, csrf: str | None = None) -> httpx2.Response:
        action = re.search(r'action="([^"]*)"', form.text)
        assert action, form.text
        fields = self.form_fields(form)
        fields |= {"username": username, "password": password} | ({"csrf": csrf} if csrf else {})
        answer = self.http.post(unescape(action[1]), data=fields)
        self.last_cookies = answer.headers.get("set-cookie", "")
        return answer

    def redirected(self, answer: httpx2.Response) -> dict[str, str]:
        assert answer.status_code == 302, answer.text
        location = answer.headers["location"]
        assert location.startswith(f"{CALLBACK}?")
        return {name: values[0] for name, values in parse_qs(urlsplit(location).query).items()}

    def code(self, username: str = "operator", **changed: str | None) -> str:
        answer = self.authorize(**changed)
        if answer.status_code == 200:
            answer = self.sign_in(answer, username, username)
        return self.redirected(answer)["code"]

    def exchange(
        self, sent: str, /, *, way: Literal["post", "basic"] = "post", **changed: str | None
    ) -> httpx2.Response:
        fields: dict[str, str | None] = {
            "grant_type": "authorization_code",
            "code": sent,
            "redirect_uri": CALLBACK,
            "code_verifier": VERIFIER,
        }
        return self._ask(fields | changed, way)

    def exchange_with(self, changed: dict[str, str | None]) -> httpx2.Response:
        """Exchange a fresh code, with some fields changed."""
        return self.exchange(self.code(), way="post", **changed)

    def refresh(self, token: str, **changed: str | None) -> httpx2.Response:
        fields: dict[str, str | None] = {"grant_type": "refresh_token", "refresh_token": token}
        return self._ask(fields | changed, "post")

    def _ask(self, fields: dict[str, str | None], way: str) -> httpx2.Response:
        if way == "basic":
            return self.http.post(self.endpoint("token"), data=_without_none(fields), auth=("app", "app%20secret"))
        client: dict[str, str | None] = {"client_id": "app", "client_secret": "app secret"}
        return self.http.post(self.endpoint("token"), data=_without_none(client | fields))

    def tokens(self, username: str = "operator", **changed: str | None) -> dict[str, Any]:
        answer = self.exchange(self.code(username, **changed))
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def userinfo(self, token: str) -> httpx2.Response:
        return self.http.get(self.endpoint("userinfo"), headers={"Authorization": f"Bearer {token}".strip()})

    def logout(self, **fields: str) -> httpx2.Response:
        return self.http.get(self.endpoint("logout"), params=fields)


def _without_none(fields: dict[str, str | None]) -> dict[str, str]:
    return {name: value for name, value in fields.items() if value is not None}
