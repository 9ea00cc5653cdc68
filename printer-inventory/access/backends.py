"""Signing in through the provider (Keycloak, or any OpenID Connect provider with its addresses)."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

import jwt
from django.conf import settings
from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.models import User
from django.contrib.postgres.expressions import ArraySubquery
from django.core.exceptions import SuspiciousOperation
from django.db.models import F, OuterRef, QuerySet
from django.http import HttpRequest
from mozilla_django_oidc.auth import OIDCAuthenticationBackend

from access.models import OrganizationLimit
from access.provider import ask
from access.reach import reach_of
from access.roles import WHOLE_FLEET, WHOLE_FLEET_APPS
from access.rules.claims import ClaimsError, Person, check_id_token, person_of
from access.services import whitelist
from access.services.provider_sessions import ProviderAwayError, ProviderRefusedError, Tokens

logger = logging.getLogger(__name__)

LEEWAY_SECONDS = 10
"""How far the provider's clock and ours may be apart."""


REFUSALS = ("invalid_grant", "unauthorized_client", "access_denied")
"""Errors of the token endpoint (RFC 6749, 5.2) that are about the person; others are about us or the provider."""


class Limited(ModelBackend):
    """Loads accounts with their limit, and leaves people with one no permission that reaches beyond it."""

    def get_user(self, user_id: int) -> User | None:
        """Return the account, as long as it is active."""
        return with_limit(User.objects.filter(pk=user_id, is_active=True)).first()

    def get_all_permissions(self, user_obj: Any, obj: Any = None) -> set[str]:
        """Return what an account may do."""
        held: set[str] = super().get_all_permissions(user_obj, obj)
        if reach_of(user_obj) is None:
            return held
        return {name for name in held if name not in WHOLE_FLEET and name.partition(".")[0] not in WHOLE_FLEET_APPS}

    def has_module_perms(self, user_obj: Any, app_label: str) -> bool:
        """Tell whether an account may do anything in an application."""
        return user_obj.is_active and any(
            name.startswith(f"{app_label}.") for name in self.get_all_permissions(user_obj)
        )


def with_limit(users: QuerySet[User]) -> QuerySet[User]:
    """Load accounts together with what `access.reach` asks of them, in the same query."""
    theirs = OrganizationLimit.organizations.through.objects.filter(organizationlimit__user=OuterRef("pk"))
    return users.annotate(
        limit_id=F("organization_limit__pk"), limit_organizations=ArraySubquery(theirs.values("organization_id"))
    )


class PasswordBackend(Limited):
    """Signing in with a name and a password of this system."""


class CustomOIDCAuthenticationBackend(Limited, OIDCAuthenticationBackend):
    """Checks what the library leaves to its users: issuer, audience, expiry, `azp`, `at_hash` and userinfo's `sub`.

    Accounts are found by issuer and subject, and only for people on the whitelist; `get_user` asks the list again for
    every request, in the one query that loads the account.
    """

    def authenticate(  # type: ignore[override] # nobody signs in by calling this
        self, request: HttpRequest | None, *, oidc: object, **kwargs: Any
    ) -> None:
        """Never: the callback view asks `exchange` itself, so that no password form can reach a token exchange."""

    def exchange(self, code: str, verifier: str, nonce: str, redirect_uri: str) -> tuple[Person, Tokens]:
        """Return who an authorization code stands for; raise ClaimsError, ProviderRefusedError or ProviderAwayError."""
        answer = self._token_request(
            {
                "grant_type": "authorization_code",
                "code": code,
                "code_verifier": verifier,
                "redirect_uri": redirect_uri,
            }
        )
        tokens = _tokens(answer)
        payload = self._payload(tokens, nonce=nonce)
        return person_of(payload, self._userinfo(tokens)), tokens

    def refresh(self, refresh_token: str) -> Tokens:
        """Return new tokens; raise ProviderRefusedError when the person may not go on, ProviderAwayError otherwise."""
        answer = self._token_request({"grant_type": "refresh_token", "refresh_token": refresh_token})
        return _tokens(answer)

    def _payload(self, tokens: Tokens, nonce: str) -> dict[str, Any]:
        try:
            payload: dict[str, Any] = self.verify_token(tokens.id_token, nonce=nonce)
        except (jwt.PyJWTError, SuspiciousOperation, KeyError, TypeError, ValueError) as error:
            raise ClaimsError(f"the ID token is not valid: {error}") from error
        check_id_token(payload, client_id=self.OIDC_RP_CLIENT_ID, nonce=nonce, access_token=tokens.access_token)
        return payload

    def _verify_jws(self, payload: str, key: Any) -> dict[str, Any]:
        """Check signature and registered claims; only RS256 counts, whatever the token's header says."""
        return jwt.decode(
            payload,
            key,
            algorithms=[self.OIDC_RP_SIGN_ALGO],
            audience=self.OIDC_RP_CLIENT_ID,
            issuer=settings.OIDC_OP_ISSUER,
            leeway=LEEWAY_SECONDS,
            options={"require": ["exp", "iat", "iss", "aud", "sub"]},
        )

    def _userinfo(self, tokens: Tokens) -> Mapping[str, Any]:
        header = {"Authorization": f"Bearer {tokens.access_token}"}
        response, answer = ask("GET", self.OIDC_OP_USER_ENDPOINT, headers=header)
        if not response.ok:
            raise ProviderAwayError(f"userinfo answered HTTP {response.status}")
        return answer

    def _token_request(self, fields: dict[str, str]) -> Mapping[str, Any]:
        """Ask the token endpoint (RFC 6749, 3.2)."""
        secrets = {"client_id": self.OIDC_RP_CLIENT_ID, "client_secret": self.OIDC_RP_CLIENT_SECRET}
        response, answer = ask("POST", self.OIDC_OP_TOKEN_ENDPOINT, data={**fields, **secrets})
        if response.status == 200:
            return answer
        code = str(answer.get("error", ""))
        if response.status in (400, 401) and code in REFUSALS:
            raise ProviderRefusedError(code)
        raise ProviderAwayError(f"the token endpoint answered HTTP {response.status} {code[:40]}".strip())

    def retrieve_matching_jwk(self, token: str) -> jwt.PyJWK:
        """Return the provider's key that the token's header names; only a key for our algorithm counts."""
        response, answer = ask("GET", self.OIDC_OP_JWKS_ENDPOINT)
        if not response.ok:
            raise ProviderAwayError(f"the key set answered HTTP {response.status}")
        wanted = jwt.get_unverified_header(token).get("kid")
        for entry in answer.get("keys") or ():
            if entry.get("kid") == wanted and entry.get("alg") in (None, self.OIDC_RP_SIGN_ALGO):
                return jwt.PyJWK(entry, algorithm=self.OIDC_RP_SIGN_ALGO)
        raise ClaimsError("the provider has no key of that name")

    def get_user(self, user_id: int) -> User | None:
        """Return the account, as long as it is active and its person is on the list."""
        known = User.objects.filter(whitelist.listed("identity__username"), pk=user_id, is_active=True)
        return with_limit(known).first()


def _tokens(answer: Mapping[str, Any]) -> Tokens:
    fields = [answer.get(name) or "" for name in ("id_token", "access_token", "refresh_token")]
    if not all(isinstance(field, str) for field in fields):
        raise ClaimsError("the provider's answer holds no tokens")
    return Tokens(*fields)
