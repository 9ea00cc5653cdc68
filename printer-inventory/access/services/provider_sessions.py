"""Sign-ins through the provider: begun, confirmed again and again, ended."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum

from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from access.models import ProviderSession
from access.services.audit import Actor
from access.services.vault import seal, unseal

logger = logging.getLogger(__name__)

KEEP_ENDED = timedelta(days=90)


@dataclass(frozen=True, slots=True)
class Tokens:
    """What the provider gave; `refresh_token` is "" when it gives none."""

    id_token: str
    access_token: str
    refresh_token: str = ""


class ProviderRefusedError(Exception):
    """The provider says that the person may not go on: disabled, signed out there, or the token is void."""


class ProviderAwayError(Exception):
    """The provider did not answer, or answered with an error of its own."""


class Standing(Enum):
    """What a check found: the sign-in holds, has ended, or is not told yet because somebody else is asking."""

    HOLDS = "holds"
    ENDED = "ended"


Refresh = Callable[[str], Tokens]
"""Exchange a refresh token for new tokens; raises ProviderRefusedError or ProviderAwayError."""


def begin(user: User, tokens: Tokens, actor: Actor) -> ProviderSession:
    """Keep a sign-in; what the provider gave is encrypted."""
    return ProviderSession.objects.create(
        user=user,
        id_token=seal(tokens.id_token),
        refresh_token=seal(tokens.refresh_token),
        ip_address=actor.ip_address,
        user_agent=actor.user_agent[:300],
    )


def check(pk: int, user_id: int, refresh: Refresh, now: datetime) -> Standing:
    """Tell whether a sign-in still holds, asking the provider when it was last asked over OIDC_RECHECK_SECONDS ago.

    One request asks, under a row lock; others go on meanwhile with what is known. A provider that is away is forgiven for
    OIDC_AWAY_SECONDS.
    """
    found = ProviderSession.objects.filter(pk=pk, user_id=user_id).values_list("ended_at", "checked_at").first()
    if found is None or found[0] is not None:
        return Standing.ENDED
    if now - found[1] < timedelta(seconds=settings.OIDC_RECHECK_SECONDS):
        return Standing.HOLDS
    return _confirm(pk, refresh, now)


def _confirm(pk: int, refresh: Refresh, now: datetime) -> Standing:
    with transaction.atomic():
        session = ProviderSession.objects.select_for_update(skip_locked=True).filter(pk=pk).first()
        if session is None:  # another request is asking just now
            return Standing.HOLDS
        if session.ended_at is not None:
            return Standing.ENDED
        if now - session.checked_at < timedelta(seconds=settings.OIDC_RECHECK_SECONDS):
            return Standing.HOLDS
        return _ask(session, refresh, now)


def _ask(session: ProviderSession, refresh: Refresh, now: datetime) -> Standing:
    """Ask the provider and note its answer; the row is locked."""
    token = unseal(session.refresh_token)
    if not token:
        end(session, "there is no refresh token", now)
        return Standing.ENDED
    try:
        tokens = refresh(token)
    except ProviderRefusedError as error:
        end(session, f"the provider refused: {error}", now)
        return Standing.ENDED
    except ProviderAwayError as error:
        if now - session.checked_at < timedelta(seconds=settings.OIDC_AWAY_SECONDS):
            logger.warning("Session %s goes on without the provider: %s", session.pk, error)
            return Standing.HOLDS
        end(session, "the provider has been away for too long", now)
        return Standing.ENDED
    session.id_token = seal(tokens.id_token) if tokens.id_token else session.id_token
    session.refresh_token = seal(tokens.refresh_token) if tokens.refresh_token else session.refresh_token
    session.checked_at = now
    session.save(update_fields=["id_token", "refresh_token", "checked_at"])
    return Standing.HOLDS


def end(session: ProviderSession, reason: str, now: datetime) -> None:
    """End a sign-in and forget its tokens."""
    session.ended_at, session.end_reason = now, reason[:200]
    session.id_token = session.refresh_token = ""
    session.save(update_fields=["ended_at", "end_reason", "id_token", "refresh_token"])
    logger.info("Session %s of user %s ended: %s", session.pk, session.user_id, reason)


def end_all(user: User, reason: str) -> int:
    """End every open sign-in of a person; return how many there were."""
    return ProviderSession.objects.filter(user=user, ended_at=None).update(
        ended_at=timezone.now(), end_reason=reason[:200], id_token="", refresh_token=""
    )


def id_token_of(pk: int) -> str:
    """Return the ID token by which the provider is told who signs out, or ""."""
    session = ProviderSession.objects.filter(pk=pk).only("id_token").first()
    return unseal(session.id_token) if session else ""


def forget_old(now: datetime) -> int:
    """Delete sign-ins that ended long ago; return how many."""
    return ProviderSession.objects.filter(ended_at__lt=now - KEEP_ENDED).delete()[0]
