"""What engines and judges said in English, in the language of who reads it."""

from __future__ import annotations

from functools import lru_cache

from django.utils.translation import get_language, gettext

from inventory.rules.sentences import known


def said(text: object) -> str:
    """Return a stored or raised sentence in the active language; what nobody knows stays as it is."""
    return _said(str(text or ""), get_language() or "en")


@lru_cache(maxsize=4096)
def _said(text: str, language: str) -> str:
    if language.startswith("en"):
        return text
    return " ".join(one if values is None else gettext(one) % values for one, values in known(text))
