"""Asking the provider: one host, JSON answers, limits, and no secret in an error's text."""

from __future__ import annotations

import ssl
from typing import Any

from django.conf import settings
from safehttp import Client, Limits, Provider, Response, SafeHttpError, tls

from access.services.provider_sessions import ProviderAwayError

LIMITS = Limits(total_seconds=6, connect_seconds=3, read_seconds=5, max_body_bytes=512 * 1024, max_redirects=0)


class Keycloak(Provider):
    """The provider's host alone. OIDC_VERIFY_SSL=False takes any certificate, for a Keycloak on a laptop."""

    def tls_context(self) -> ssl.SSLContext:
        """Return the checks that are set."""
        return super().tls_context() if settings.OIDC_VERIFY_SSL else tls.device_context(verify=False, legacy=False)


def ask(method: str, url: str, **fields: Any) -> tuple[Response, dict[str, Any]]:
    """Return the provider's answer and the JSON object in it; raise ProviderAwayError when there is none.

    `fields` are those of safehttp's clients: data, headers.
    """
    policy = Keycloak(
        [settings.OIDC_OP_TOKEN_ENDPOINT, settings.OIDC_OP_JWKS_ENDPOINT],
        networks=settings.OIDC_NETWORKS,
        ca_file=settings.OIDC_CA_FILE or None,
    )
    try:
        response = Client(policy, LIMITS).request(method, url, follow_redirects=False, **fields)
        body = response.json()
    except SafeHttpError as error:
        raise ProviderAwayError(str(error)) from error
    if not isinstance(body, dict):
        raise ProviderAwayError(f"{response.origin} did not answer with a JSON object (status {response.status})")
    return response, body
