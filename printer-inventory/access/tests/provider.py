"""A provider of the stand-ins, and a browser that walks through its login form."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from html import unescape
from typing import Any
from urllib.parse import urljoin, urlsplit

import httpx2
from django.test import Client, override_settings
from standins.oidc import Client as ProviderClient
from standins.oidc import KeyRing, OidcProvider, RealmData, User

CALLBACK = "http://testserver/oidc/callback/"
SECRET = "a-secret-for-tests"
PEOPLE = (
    User("admin", "pw-admin", "admin@example.test", "Anna", "Ahlers"),
    User("operator", "pw-operator", "operator@example.test", "Oleg", "Orlov"),
    User("viewer", "pw-viewer", "viewer@example.test", "Vera", "Volkova"),
    User("stranger", "pw-stranger", "stranger@example.test", "Stefan", "Sturm"),
    User("Ivan.Petrov", "pw-Ivan.Petrov", "ivan@example.test", "Иван", "Петров"),
)


def realm(*sites: str) -> RealmData:
    """Return a realm whose client is this system at the test client's address and at given ones."""
    redirects = (CALLBACK, *(f"{site}/oidc/callback/" for site in sites))
    homes = ("http://testserver/", *(f"{site}/" for site in sites))
    return RealmData("tests", PEOPLE, (ProviderClient("printer-inventory", SECRET, redirects, homes),))


def endpoints(issuer: str) -> dict[str, Any]:
    """Return the settings that point at a provider with Keycloak's addresses."""
    base = f"{issuer}/protocol/openid-connect"
    return {
        "OIDC_ENABLED": True,
        "OIDC_RP_CLIENT_ID": "printer-inventory",
        "OIDC_RP_CLIENT_SECRET": SECRET,
        "OIDC_OP_ISSUER": issuer,
        "OIDC_OP_AUTHORIZATION_ENDPOINT": f"{base}/auth",
        "OIDC_OP_TOKEN_ENDPOINT": f"{base}/token",
        "OIDC_OP_USER_ENDPOINT": f"{base}/userinfo",
        "OIDC_OP_JWKS_ENDPOINT": f"{base}/certs",
        "OIDC_OP_LOGOUT_ENDPOINT": f"{base}/logout",
    }


@contextmanager
def running(keys: KeyRing | None = None, **values: Any) -> Iterator[OidcProvider]:
    """Run a provider and point the settings at it."""
    with (
        OidcProvider(realm(), keys=keys, **values) as provider,
        override_settings(**endpoints(provider.issuer)),
    ):
        yield provider


@dataclass
class Visitor:
    """A person with a browser: Django's test client on our side, a real HTTP client on the provider's."""

    client: Client = field(default_factory=Client)
    web: httpx2.Client = field(default_factory=lambda: httpx2.Client(timeout=20, verify=False))

    def close(self) -> None:
        """Close the connections to the provider."""
        self.web.close()

    def begin(self, target: str = "") -> str:
        """Press the button; return the provider's address the browser is sent to."""
        answer = self.client.get("/oidc/authenticate/", {"next": target} if target else {})
        assert answer.status_code == 302
        return str(answer.headers["location"])

    def at_provider(self, address: str, username: str) -> str:
        """Fill in the provider's form; return the address it sends the browser back to."""
        page, address = self._follow(self.web.get(address), address)
        if page is None:
            return address
        form = re.search(r'<form[^>]*action="([^"]+)"', page.text)
        assert form is not None, page.text
        fields = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page.text))
        sent = {**fields, "username": username, "password": f"pw-{username}"}
        action = urljoin(address, unescape(form[1]))
        page, address = self._follow(self.web.post(action, data=sent), action)
        assert page is None, page
        return address

    def _follow(self, page: httpx2.Response, address: str) -> tuple[httpx2.Response | None, str]:
        """Follow redirects; return the page they end at and its address, or None and the address that leads back to us."""
        while page.status_code in (302, 303):
            address = urljoin(address, page.headers["location"])
            if address.startswith("http://testserver/"):
                return None, address
            page = self.web.get(address)
        return page, address

    def back(self, address: str) -> Any:
        """Follow the provider's redirect to us."""
        parts = urlsplit(address)
        return self.client.get(f"{parts.path}?{parts.query}")

    def sign_in(self, username: str, target: str = "") -> Any:
        """Go all the way; return our answer to the callback."""
        return self.back(self.at_provider(self.begin(target), username))
