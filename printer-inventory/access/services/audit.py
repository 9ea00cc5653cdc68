"""Writing down who changed what."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser, User
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import FieldDoesNotExist
from django.db.models import Model

from access.models import EntityChangeLog

SECRET_WORDS = ("password", "token", "secret", "community")
"""A field with one of these in its name is noted as changed, never with its value."""


@dataclass(frozen=True, slots=True)
class Actor:
    """Who does something, from where: taken from a request by a view, or made by a command."""

    user: User | None = None
    name: str = ""
    ip_address: str | None = None
    user_agent: str = ""

    @classmethod
    def of(cls, user: AbstractBaseUser | AnonymousUser, ip_address: str | None = None, user_agent: str = "") -> Actor:
        """Return the actor that a request's user is."""
        known = user if isinstance(user, User) else None
        return cls(known, known.get_username() if known else "", ip_address, user_agent)


def record(
    actor: Actor,
    action: EntityChangeLog.Action,
    what: Model,
    changes: Mapping[str, tuple[Any, Any]] | None = None,
    reason: str = "",
) -> EntityChangeLog:
    """Write one row: `changes` is {field: (before, after)}; values of secret fields are not kept."""
    return EntityChangeLog.objects.create(
        content_type=ContentType.objects.get_for_model(what),
        object_id=str(what.pk or ""),
        object_repr=str(what)[:500],
        action=action,
        user=actor.user,
        actor=actor.name[:150],
        changes={name: _change(what, name, *pair) for name, pair in (changes or {}).items()},
        reason=reason[:500],
        ip_address=actor.ip_address,
        user_agent=actor.user_agent[:500],
    )


def differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, tuple[Any, Any]]:
    """Return {field: (before, after)} of what differs."""
    return {name: (before.get(name), after[name]) for name in after if before.get(name) != after[name]}


def _change(what: Model, name: str, old: Any, new: Any) -> dict[str, Any]:
    if any(word in name for word in SECRET_WORDS):
        old, new = ("***" if old else ""), ("***" if new else "")
    return {"old": _plain(old), "new": _plain(new), "label": _label(what, name)}


def _label(what: Model, name: str) -> str:
    try:
        return str(getattr(what._meta.get_field(name), "verbose_name", name))  # noqa: SLF001 - Django documents _meta
    except FieldDoesNotExist:
        return name.replace("_", " ")


def _plain(value: Any) -> Any:
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, list | tuple | set | frozenset):
        return sorted(str(one) for one in value)
    return str(value)
