"""Making the groups that roles are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from django.contrib.auth.models import Group, Permission
from django.db import transaction
from django.db.models import Q

from access.roles import ROLES


class UnknownPermissionError(LookupError):
    """A role names a permission that no installed application has."""


def bootstrap_roles(roles: Mapping[str, Sequence[str]] = ROLES) -> dict[str, int]:
    """Create or correct one group per role; return {group name: number of permissions}.

    A group's permissions become exactly those of its role. Raise UnknownPermissionError, and change nothing, when one
    is missing: run `migrate` first.
    """
    made: dict[str, int] = {}
    with transaction.atomic():
        for name, wanted in roles.items():
            permissions = _find(wanted)
            group, _ = Group.objects.get_or_create(name=name)
            group.permissions.set(permissions)
            made[name] = len(permissions)
    return made


def _find(names: Sequence[str]) -> list[Permission]:
    query = Q()
    for name in set(names):
        app, codename = name.split(".")
        query |= Q(content_type__app_label=app, codename=codename)
    found = list(Permission.objects.filter(query).select_related("content_type"))
    missing = set(names) - {f"{row.content_type.app_label}.{row.codename}" for row in found}
    if missing:
        raise UnknownPermissionError(", ".join(sorted(missing)))
    return found
