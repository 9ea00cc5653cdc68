"""Who may call an operation of the API: a token with the scope, or the browser's session; both with their owner's permissions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils import timezone
from ninja.errors import HttpError
from ninja.security import APIKeyCookie, HttpBearer

from access.models import ApiToken
from access.services import tokens


class TokenAuth(HttpBearer):
    """`Authorization: Bearer pit_…`, made for this scope."""

    def __init__(self, scope: str, permissions: tuple[str, ...]) -> None:
        """Remember what is needed."""
        super().__init__()
        self._scope, self._permissions = scope, permissions

    def authenticate(self, request: HttpRequest, token: str) -> ApiToken | None:
        """Return the token and act as its owner, or None (401). Raise 403 when it may not do this."""
        found = tokens.authenticate(token, timezone.now())
        if found is None:
            return None
        if self._scope and not found.allows(self._scope):
            raise HttpError(403, f"This token was not made for {self._scope}. Make one with this scope.")
        request.user = found.user  # the middleware's limit follows it
        _check(request, self._permissions)
        return found


class SessionAuth(APIKeyCookie):
    """The session of somebody who has signed in; changes need the CSRF token too."""

    param_name = settings.SESSION_COOKIE_NAME

    def __init__(self, permissions: tuple[str, ...]) -> None:
        """Remember what is needed."""
        super().__init__(csrf=True)
        self._permissions = permissions

    def authenticate(self, request: HttpRequest, key: str | None) -> Any:
        """Return the user, or None (401). Raise 403 when they may not do this."""
        del key
        if not request.user.is_authenticated:
            return None
        _check(request, self._permissions)
        return request.user


def opens(scope: str, *permissions: str) -> list[Callable[[HttpRequest], Any]]:
    """Return the two ways in to an operation that needs this scope of a token and these permissions of its owner."""
    return [TokenAuth(scope, permissions), SessionAuth(permissions)]


def _check(request: HttpRequest, permissions: tuple[str, ...]) -> None:
    missing = [name for name in permissions if not request.user.has_perm(name)]
    if missing:
        raise HttpError(403, f"Your role does not allow this ({', '.join(missing)}). Ask an administrator.")
