"""How far the person who asks can reach: everything, or what belongs to some organizations.

Whatever a request, a token, a WebSocket or a job does for a person with a limit runs inside `as_user`, or inside the
middleware that does the same. The managers of every table that belongs to an organization (`within`) look here, so a query
that forgets about limits is limited all the same. Workers that act for nobody, and people without a limit, reach everything.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from django.db import models


@dataclass(frozen=True, slots=True)
class Reach:
    """A person with a limit, and the organizations they may see: none at all is a limit too."""

    user_id: int
    organizations: frozenset[int]


Finder = Callable[[], Reach | None]
"""Finds the limit of whoever asks when it is first needed, so that a page that asks for no row costs no query."""
_finder: ContextVar[Finder | None] = ContextVar("reach", default=None)


def current() -> Reach | None:
    """Return the limit of whoever asks, or None when there is none."""
    finder = _finder.get()
    return finder() if finder is not None else None


def organizations() -> list[int] | None:
    """Return the organizations that may be seen, or None for all; for SQL: `%(reach)s IS NULL OR ... = ANY(%(reach)s)`."""
    limit = current()
    return None if limit is None else sorted(limit.organizations)


def once(find: Finder) -> Finder:
    """Return a finder that finds only once."""
    found: list[Reach | None] = []

    def finder() -> Reach | None:
        if not found:
            found.append(find())
        return found[0]

    return finder


def enter(finder: Finder | None) -> Finder | None:
    """Make this the finder from now on; return the one before, to be entered again afterwards."""
    before = _finder.get()
    _finder.set(finder)
    return before


@contextmanager
def as_user(user: Any) -> Iterator[None]:
    """Do something as a person: their limit holds inside."""
    before = enter(once(lambda: reach_of(user)))
    try:
        yield
    finally:
        enter(before)


def reach_of(user: Any) -> Reach | None:
    """Return the limit of an account; superusers and nobody have none. Accounts loaded by our backends cost no query."""
    if user is None or not user.is_authenticated or user.is_superuser:
        return None
    from access.models import OrganizationLimit

    if not hasattr(user, "limit_id"):
        theirs = OrganizationLimit.organizations.through.objects.filter(
            organizationlimit__user=user
        )  # not by their manager
        user.limit_id = OrganizationLimit.objects.filter(user=user).values_list("pk", flat=True).first()
        user.limit_organizations = list(theirs.values_list("organization_id", flat=True)) if user.limit_id else []
    return Reach(user.pk, frozenset(user.limit_organizations)) if user.limit_id is not None else None


class ReachManager(models.Manager[Any]):
    """Shows a person with a limit only what is theirs.

    `owner` is the path to the organization ("pk" on its own table), over rows that are one each. Without an owner the table is
    about the whole fleet, and people with a limit see nothing of it.
    """

    owner = ""

    def get_queryset(self) -> models.QuerySet[Any]:
        """Return the rows that whoever asks may see."""
        rows = super().get_queryset()
        limit = current()
        return rows if limit is None else self.narrow(rows, limit)

    def narrow(self, rows: models.QuerySet[Any], limit: Reach) -> models.QuerySet[Any]:
        """Return what of these rows lies within a limit."""
        return rows.filter(**{f"{self.owner}__in": limit.organizations}) if self.owner else rows.none()


class OwnManager(ReachManager):
    """Shows a person with a limit only what they asked for themselves."""

    def narrow(self, rows: models.QuerySet[Any], limit: Reach) -> models.QuerySet[Any]:
        """Return the rows that this person asked for."""
        return rows.filter(**{self.owner: limit.user_id})


def within(owner: str) -> Any:
    """Return a manager of rows that belong to an organization through `owner`; "" is for tables about the whole fleet."""
    return type("ReachManager", (ReachManager,), {"owner": owner, "__module__": __name__})()


def own(owner: str) -> Any:
    """Return a manager of rows that belong to the person named in the field `owner`."""
    return type("OwnManager", (OwnManager,), {"owner": owner, "__module__": __name__})()
