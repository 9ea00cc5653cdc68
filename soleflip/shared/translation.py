"""The languages pages speak: which one somebody gets, its catalog (gettext), and how it writes numbers and days.

Texts are written in English and marked: `_("...")` and `{% trans %}` in templates, `gettext_noop` for what Python keeps and
a page says. `tools/messages.py` reads the marks and compiles `locale/<language>/LC_MESSAGES/messages.po`.
"""

from __future__ import annotations

import gettext
from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any, Final, Self

LANGUAGES: Final = {"en": "English", "de": "Deutsch"}
AUTOMATIC: Final = "auto"
"""What a person's language is until they choose one: what their browser asks for."""
LOCALE: Final = Path(__file__).resolve().parent.parent / "locale"
LONGEST_HEADER: Final = 500


def gettext_noop(text: str) -> str:
    """Mark a text for the catalogs; it is translated where it is shown."""
    return text


class Phrase(str):
    """A sentence with values: English as it is, and able to be said in another language where it is shown."""

    __slots__ = ("template", "values")
    template: str
    values: Mapping[str, object]

    def __new__(cls, template: str, values: Mapping[str, object]) -> Self:
        """Fill in the values by their names, `%(name)s`."""
        made = super().__new__(cls, template % values if values else template)
        made.template, made.values = template, values
        return made


class Word(str):
    """A text that stands in a phrase as one of our words, and is said in the language of who looks; a plain text is not."""

    __slots__ = ()


def phrase(text: str, /, **values: object) -> Phrase:
    """Mark a sentence for the catalogs and fill in its values; `Speech.gettext` says it in another language."""
    return Phrase(text, values)


def ngettext_noop(one: str, many: str) -> tuple[str, str]:
    """Mark a text and its plural for the catalogs."""
    return one, many


MONTHS: Final = (
    gettext_noop("Jan"), gettext_noop("Feb"), gettext_noop("Mar"), gettext_noop("Apr"), gettext_noop("May"),
    gettext_noop("Jun"), gettext_noop("Jul"), gettext_noop("Aug"), gettext_noop("Sep"), gettext_noop("Oct"),
    gettext_noop("Nov"), gettext_noop("Dec"),
)  # fmt: skip


def choose(told: str, accepted: str) -> str:
    """Return the language of somebody: their own setting, else what their browser likes best (RFC 9110, 12.5.4)."""
    if told in LANGUAGES:
        return told
    best, most = "en", 0.0
    for each in accepted[:LONGEST_HEADER].split(","):
        name, _, rest = each.strip().partition(";")
        quality = rest.strip().removeprefix("q=")
        weight = float(quality) if quality.replace(".", "", 1).isdecimal() and quality.isascii() else 1.0
        language = name.strip().lower().partition("-")[0]
        if language in LANGUAGES and weight > most:
            best, most = language, weight
    return best


class Speech:
    """One language: texts, numbers and days."""

    def __init__(self, language: str) -> None:
        """Read the compiled catalog; English is what the texts are written in."""
        self.language = language
        self.catalog = gettext.translation("messages", LOCALE, [language], fallback=True)

    def gettext(self, text: str | None) -> str:
        """Return a text in this language; one nobody marked stays as it is."""
        if isinstance(text, Phrase):
            said = self.catalog.gettext(text.template)
            return said % {name: self._value(each) for name, each in text.values.items()} if text.values else said
        return self.catalog.gettext(text) if text else ""

    def _value(self, value: object) -> object:
        """Return a value of a sentence as this language writes it.

        Phrases, words of enumerations and what is marked as a `Word` are translated; names, codes and whatever else a person or
        a file said stay as they are, also where they happen to be a word of the catalog.
        """
        if self.language == "en":
            return value
        if isinstance(value, Decimal):
            return self.amount(value) if value.as_tuple().exponent == -2 else str(value)
        if isinstance(value, StrEnum):
            return self.words(value)
        if isinstance(value, date):
            return self.day(value)
        return self.gettext(value) if isinstance(value, Phrase | Word) else value

    def ngettext(self, one: str, many: str, number: int) -> str:
        """Return the form of a text for a number."""
        return self.catalog.ngettext(one, many, number)

    def words(self, word: Any) -> str:
        """Return a word of the database as people say it; a dash for none."""
        return self.gettext(str(word).replace("_", " ")) if word else "–"

    def number(self, value: Any, places: int = 1) -> str:
        """Write a number with up to some places: 1,234.5 or 1.234,5; a dash for none."""
        if value is None:
            return "–"
        text = f"{float(value):,.{places}f}"
        text = text.rstrip("0").rstrip(".") if "." in text else text
        return text.translate(GERMAN) if self.language == "de" else text

    def amount(self, value: Decimal) -> str:
        """Write an amount without its currency: 1,234.50 or 1.234,50."""
        text = f"{value:,.2f}"
        return text.translate(GERMAN) if self.language == "de" else text

    def money(self, value: Decimal | None, currency: str = "EUR") -> str:
        """Write an amount: 1,234.50 € or 1.234,50 €; a dash for none."""
        if value is None:
            return "–"
        return f"{self.amount(value)}\u00a0{'€' if currency == 'EUR' else currency}"

    def day(self, value: date | datetime | None) -> str:
        """Write a day: 03 Feb 2026 or 03.02.2026."""
        if not value:
            return "–"
        return f"{value:%d.%m.%Y}" if self.language == "de" else f"{value:%d %b %Y}"

    def short_day(self, value: date | datetime) -> str:
        """Write a day within a year: 03 Feb or 03.02."""
        return f"{value:%d.%m.}" if self.language == "de" else f"{value:%d %b}"

    def minute(self, value: datetime) -> str:
        """Write a moment within a year, to the minute."""
        return f"{self.short_day(value)} {value:%H:%M}"

    def moment(self, value: datetime | None) -> str:
        """Write a moment, or "never"."""
        return f"{self.day(value)} {value:%H:%M} UTC" if value else self.gettext(NEVER)

    def month(self, value: date | datetime) -> str:
        """Write a month: Mar 2026 or Mär 2026."""
        return f"{self.gettext(MONTHS[value.month - 1])} {value.year}"

    @property
    def filters(self) -> dict[str, Callable[..., str]]:
        """Return what templates write with."""
        names = ("money", "day", "minute", "moment", "month", "number", "words")
        return {name: getattr(self, name) for name in names}


GERMAN: Final = str.maketrans(",.", ".,")
NEVER: Final = gettext_noop("never")


@cache
def speech(language: str) -> Speech:
    """Return a language, read once."""
    return Speech(language)
