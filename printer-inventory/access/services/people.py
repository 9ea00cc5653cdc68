"""Accounts and their roles, as an administrator of users sees and changes them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.contrib.auth.models import Group, User
from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.utils.translation import gettext as _

from access.models import AllowedUser, EntityChangeLog, OrganizationLimit
from access.services import audit, provider_sessions
from access.services.audit import Actor

Action = EntityChangeLog.Action


class NotYoursError(Exception):
    """The account is one that this person may not change; the text says why."""


def accounts(search: str = "", role: str = "", state: str = "") -> QuerySet[User]:
    """Return accounts by a part of name or e-mail, by role and by state (active, blocked), ready to be listed."""
    rows = User.objects.select_related("identity").prefetch_related("groups").order_by("username")
    if search:
        wanted = Q(username__icontains=search) | Q(email__icontains=search)
        rows = rows.filter(wanted | Q(first_name__icontains=search) | Q(last_name__icontains=search))
    if role:
        rows = rows.filter(groups__name=role)
    if state:
        rows = rows.filter(is_active=state == "active")
    return rows


def entries(search: str = "", state: str = "") -> QuerySet[AllowedUser]:
    """Return the whitelist, who waits first; `state` is allowed, waiting or blocked."""
    rows = AllowedUser.objects.prefetch_related("initial_groups").order_by(
        F("requested_at").desc(nulls_last=True), "username"
    )
    waits = Q(is_active=False, requested_at__isnull=False, decided_at=None)
    if search:
        rows = rows.filter(Q(username__icontains=search) | Q(full_name__icontains=search) | Q(email__icontains=search))
    if state == "allowed":
        rows = rows.filter(is_active=True)
    elif state == "waiting":
        rows = rows.filter(waits)
    elif state == "blocked":
        rows = rows.filter(is_active=False).exclude(waits)
    return rows


def waiting_count() -> int:
    """Return how many people wait for approval: the badge of the section."""
    return entries(state="waiting").order_by().count()


def check_may_change(actor: Actor, user: User) -> None:
    """Raise NotYoursError for one's own account, and for a superuser's unless one is one."""
    if actor.user is None:
        return
    if actor.user.pk == user.pk:
        raise NotYoursError(_("Nobody changes their own roles. Ask another administrator."))
    if user.is_superuser and not actor.user.is_superuser:
        raise NotYoursError(_("Only a superuser changes a superuser's account."))


def change(user: User, actor: Actor, *, roles: Iterable[Group], active: bool) -> bool:
    """Give an account exactly these roles and open or close it; return whether anything changed. Raise NotYoursError."""
    check_may_change(actor, user)
    with transaction.atomic():
        user = User.objects.select_for_update().get(pk=user.pk)
        before = {"roles": sorted(user.groups.values_list("name", flat=True)), "is_active": user.is_active}
        roles = list(roles)
        after = {"roles": sorted(role.name for role in roles), "is_active": active}
        changes = audit.differences(before, after)
        if not changes:
            return False
        user.groups.set(roles)
        if "is_active" in changes:
            user.is_active = active
            user.save(update_fields=["is_active"])
            if not active:
                provider_sessions.end_all(user, f"closed by {actor.name}")
        audit.record(actor, Action.UPDATE if active else Action.REVOKED, user, changes)
    return True


def limit_of(user: User) -> list[Any] | None:
    """Return the organizations an account is limited to by name, or None when it has no limit."""
    limit = OrganizationLimit.objects.filter(user=user).first()
    return None if limit is None else list(limit.organizations.order_by("name"))


def limit(user: User, actor: Actor, organizations: Iterable[Any] | None) -> bool:
    """Let an account see only these organizations (none: nothing), or everything again (None); return whether it changed.

    It holds from the next request on, for open WebSockets within a minute. Raise NotYoursError.
    """
    check_may_change(actor, user)
    with transaction.atomic():
        User.objects.select_for_update().get(pk=user.pk)
        before = limit_of(user)
        wanted = None if organizations is None else sorted(organizations, key=str)
        told = [None if rows is None else [str(row) for row in rows] for rows in (before, wanted)]
        if told[0] == told[1]:
            return False
        if wanted is None:
            OrganizationLimit.objects.filter(user=user).delete()
        else:
            OrganizationLimit.objects.get_or_create(user=user)[0].organizations.set(wanted)
        audit.record(actor, Action.UPDATE, user, {"organizations": (told[0], told[1])})
    return True


def end_sign_ins(user: User, actor: Actor) -> int:
    """Sign a person out of everything that came through the provider; return how many sign-ins that were."""
    ended = provider_sessions.end_all(user, f"ended by {actor.name}")
    audit.record(actor, Action.REVOKED, user, reason=f"{ended} sign-ins ended")
    return ended


def changes_matching(
    search: str = "", action: str = "", since: datetime | None = None, until: datetime | None = None
) -> QuerySet[EntityChangeLog]:
    """Return the audit log, newest first."""
    rows = EntityChangeLog.objects.select_related("content_type").order_by("-timestamp", "-id")
    if search:
        rows = rows.filter(Q(actor__icontains=search) | Q(object_repr__icontains=search) | Q(reason__icontains=search))
    if action:
        rows = rows.filter(action=action)
    if since:
        rows = rows.filter(timestamp__gte=since)
    if until:
        rows = rows.filter(timestamp__lt=until)
    return rows
