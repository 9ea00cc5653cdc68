"""What is wrong with a row of an import, recognised again: it is stored in English and said in the language of who looks."""

from __future__ import annotations

from typing import Final

from shared.rules.phrases import Phrases
from shared.translation import gettext_noop

PROBLEMS: Final = (
    gettext_noop("Missing required field: %(column)s"),
    gettext_noop("%(column)s is longer than %(longest)s characters"),
    gettext_noop("%(column)s: Invalid currency format: %(value)s"),
    gettext_noop("%(column)s: Amount out of range: %(value)s"),
    gettext_noop("%(column)s: Invalid date format: %(value)s"),
    gettext_noop("Listing Price is not above 0"),
    gettext_noop("Quantity is no whole number above 0"),
    gettext_noop("merchant_id is no number"),
    gettext_noop("There is no marketplace %(platform)s"),
    gettext_noop("No exchange rate for %(currency)s is known; enter one"),
)
_KNOWN: Final = Phrases(PROBLEMS)


def recognised(problem: str) -> str:
    """Return a stored problem as the phrase it was made of; one that is none of ours stays as it is."""
    return _KNOWN.recognised(problem)
