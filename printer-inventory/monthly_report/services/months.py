"""Months as a whole: which there are, whether they are open, who sees them."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import TypeVar

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.core.exceptions import PermissionDenied
from django.db.models import F, Model, QuerySet
from django.utils import timezone

from inventory.rules.months import bounds, month_of
from monthly_report.models import MonthControl

M = TypeVar("M", bound=Model)
VISIBILITY = "monthly_report.can_manage_month_visibility"


class MonthClosedError(Exception):
    """The month is not open for editing."""


def this_month(now: datetime) -> date:
    """Return the month it is in the site's zone."""
    return month_of(now.astimezone(timezone.get_default_timezone()))


def end_of(month: date) -> datetime:
    """Return the last second of a month in the site's zone: until then it is open unless told otherwise."""
    return bounds(month, timezone.get_default_timezone())[1] - timedelta(seconds=1)


def control_of(month: date) -> MonthControl:
    """Return a month's row, made when missing: closed and hidden."""
    return MonthControl.objects.get_or_create(month=month)[0]


def locked_control(month: date) -> MonthControl:
    """Return a month's row, held until the transaction ends: whoever changes rows of a month takes turns."""
    MonthControl.objects.get_or_create(month=month)
    return MonthControl.objects.select_for_update().get(month=month)


def require_open(control: MonthControl, now: datetime) -> None:
    """Raise MonthClosedError for a month that may not be edited."""
    if not control.is_open(now):
        raise MonthClosedError


def require_visible(user: AbstractBaseUser | AnonymousUser, control: MonthControl | None) -> None:
    """Raise PermissionDenied for a month that is not published, unless the user manages that.

    Every door to a month's figures goes through here: pages, API, exports, comparisons, live updates.
    """
    published = control is not None and control.is_published
    if not published and not user.has_perm(VISIBILITY):  # type: ignore[union-attr] # AbstractBaseUser without the mixin
        raise PermissionDenied


def only_visible(rows: QuerySet[M], user: AbstractBaseUser | AnonymousUser, field: str = "month") -> QuerySet[M]:
    """Return the rows of months that a person may see, for doors that show several months at once; `field` names the month."""
    if user.has_perm(VISIBILITY):  # type: ignore[union-attr] # AbstractBaseUser without the mixin
        return rows
    return rows.filter(**{f"{field}__in": MonthControl.objects.filter(is_published=True).values("month")})


def touched(control: MonthControl) -> None:
    """Count a change of a month's rows, so that open pages know that they are old."""
    MonthControl.objects.filter(pk=control.pk).update(revision=F("revision") + 1)


def set_window(month: date, until: datetime | None) -> MonthControl:
    """Open a month for editing until a moment, or close it (None)."""
    control = control_of(month)
    control.edit_until = until
    control.save(update_fields=["edit_until"])
    return control


def set_published(month: date, *, published: bool) -> MonthControl:
    """Show a month to everybody who may read reports, or hide it."""
    control = control_of(month)
    control.is_published = published
    control.save(update_fields=["is_published"])
    return control


def set_auto_sync(month: date, *, enabled: bool) -> MonthControl:
    """Let polls fill a month, or stop that."""
    control = control_of(month)
    control.auto_sync_enabled = enabled
    control.save(update_fields=["auto_sync_enabled"])
    return control
