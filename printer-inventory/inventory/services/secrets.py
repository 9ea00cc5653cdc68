"""Giving every stored secret the first of the keys."""

from __future__ import annotations

from collections.abc import Iterable

from django.apps import apps
from django.db import models, transaction
from django.db.models import QuerySet

from inventory.models.encrypted import EncryptedField, UndecryptableError


def rotate(among: Iterable[type[models.Model]] | None = None) -> dict[str, tuple[int, int]]:
    """Encrypt every secret of all models under the first key; return {"app.Model.field": (done, cannot be opened)}.

    A row is locked while it is rewritten, and one that changed meanwhile is taken as it is then. What no key opens stays as it
    is, to be opened by a key that comes back.
    """
    found = {}
    for model in apps.get_models() if among is None else among:
        meta = model._meta  # noqa: SLF001 - documented by Django under this name
        for field in meta.concrete_fields:
            if isinstance(field, EncryptedField):
                found[f"{meta.label}.{field.name}"] = _rotate_field(QuerySet(model), field.name)
    return found


def _rotate_field(rows: QuerySet[models.Model], name: str) -> tuple[int, int]:
    done = lost = 0
    for pk in rows.exclude(**{name: ""}).values_list("pk", flat=True).iterator(chunk_size=1000):
        with transaction.atomic():
            row = rows.filter(pk=pk).select_for_update(of=("self",)).only(name).first()
            if row is None:
                continue
            try:
                rotated = getattr(row, name).rotated()
            except UndecryptableError:
                lost += 1
            else:
                done += rows.filter(pk=pk).update(**{name: rotated})
    return done, lost
