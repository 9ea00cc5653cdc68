"""Jinja2 for what is drawn hundreds of times on a page: a table's rows cost a tenth of what Django's template language takes.

Use it for row partials only; pages stay in Django's language. Everything is escaped unless it is a SafeString.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from django.urls import reverse
from django.utils.formats import number_format
from django.utils.translation import get_language, gettext, ngettext
from jinja2 import Environment, StrictUndefined

from webshell.supplies import four_inks
from webshell.templatetags.webshell import ago, icon, moment, state_badge


@lru_cache(maxsize=8192)
def _grouped(value: int, language: str) -> str:
    """Return a number with the separators of a language; formatting is dear and lists repeat themselves."""
    del language
    return number_format(value, use_l10n=True, force_grouping=True)


def number(value: int | None, missing: str = "\N{EN DASH}") -> str:
    """Return a whole number with the locale's separators, or what stands for a missing one."""
    return missing if value is None else _grouped(value, get_language() or "")


def environment(**options: Any) -> Environment:
    """Return the environment for Django's Jinja2 backend (`OPTIONS = {"environment": "webshell.jinja.environment"}`)."""
    options.pop("autoescape", None)
    options = {"undefined": StrictUndefined, "trim_blocks": True, "lstrip_blocks": True, **options}
    made = Environment(autoescape=True, extensions=["jinja2.ext.i18n"], **options)
    made.install_gettext_callables(gettext, ngettext, newstyle=True)  # type: ignore[attr-defined] # added by the extension
    made.globals.update(ago=ago, icon=icon, moment=moment, state_badge=state_badge, four_inks=four_inks, url=reverse)
    made.filters["number"] = number
    return made
