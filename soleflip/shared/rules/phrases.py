"""Sentences that were stored in English with their values filled in, recognised again so that a page says them its way."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import regex

from shared.translation import Phrase, Word

LONGEST: Final = 1_000
"""Characters; a longer text is none of ours, which cut what they quote."""
SECONDS: Final = 1.0


def _pattern(template: str) -> regex.Pattern[str]:
    parts = regex.split(r"%\((\w+)\)s", template)
    shown = (f"(?P<{each}>.*?)" if place % 2 else regex.escape(each) for place, each in enumerate(parts))
    return regex.compile("".join(shown), regex.DOTALL)


class Phrases:
    """Templates that stored texts were made of; the first that fits counts."""

    def __init__(self, templates: Iterable[str], words: frozenset[str] = frozenset()) -> None:
        """Read the templates, `%(name)s` for values; `words` are the names of values that are words of ours."""
        self._words = words
        self._patterns = tuple((template, _pattern(template)) for template in templates)

    def recognised(self, text: str) -> str:
        """Return a stored text as the phrase it was made of; one that is none of these stays as it is."""
        if len(text) <= LONGEST:
            for template, pattern in self._patterns:
                if found := pattern.fullmatch(text, timeout=SECONDS):
                    values = found.groupdict()
                    return Phrase(template, values | {name: Word(values[name]) for name in values.keys() & self._words})
        return text
