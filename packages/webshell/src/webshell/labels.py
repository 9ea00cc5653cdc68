"""Names of models and fields in the visitor's language, also where a model gives none: Django makes them up in English.

Only what is shown changes. Migrations are written from what the model says (`Field.deconstruct`, `Options.original_attrs`), so
none comes of it.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db.models import Field, Model
from django.utils.translation import gettext_lazy


def translate_names(models: Iterable[type[Model]]) -> None:
    """Put every plain name and help text of these models and their fields through the catalogs, when it is shown."""
    for model in models:
        options = model._meta  # noqa: SLF001 - documented by Django, whatever its name says
        for name in ("verbose_name", "verbose_name_plural"):
            _translate(options, name)
        for field in options.get_fields():
            if isinstance(field, Field):
                _translate(field, "verbose_name")
                _translate(field, "help_text")


def _translate(owner: Any, name: str) -> None:
    text = getattr(owner, name, "")
    if isinstance(text, str) and text:
        setattr(owner, name, gettext_lazy(text))
