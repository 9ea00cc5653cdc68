"""What is wrong with a single field, recognised where a page says it: by us, by the rules of amounts and IBANs, by pydantic."""

from __future__ import annotations

from typing import Final

from shared.rules.phrases import Phrases
from shared.translation import gettext_noop as _

PROBLEMS: Final = (
    _("lies ahead"),
    _("is not known"),
    _("is nothing"),
    _("is not possible"),
    _("Field required"),
    _("String should have at least %(places)s character"),
    _("String should have at most %(places)s characters"),
    _("Input should be greater than %(limit)s"),
    _("Input should be greater than or equal to %(limit)s"),
    _("Input should be less than or equal to %(limit)s"),
    _("Input should be a valid integer, unable to parse string as an integer"),
    _("Input should be a valid date or datetime, %(why)s"),
    _("Input should be a valid UUID, %(why)s"),
    _("Decimal input should have no more than %(places)s decimal places"),
    _("Decimal input should have no more than %(places)s digits in total"),
    _("value is not a valid email address: %(why)s"),
    _("Invalid currency format: %(value)s"),
    _("Amount out of range: %(value)s"),
    _("%(fields)s cannot be empty"),
    _("give product_id or sku, one of the two"),
    _("An IBAN begins with a country and two digits, such as DE89 3704 0044 0532 0130 00"),
    _("An IBAN of %(country)s has %(wanted)s places; this one has %(found)s"),
    _("An IBAN has %(least)s to %(most)s places; this one has %(found)s"),
    _("The check digits of this IBAN are wrong; look for a typing error"),
)
_KNOWN: Final = Phrases(sorted(PROBLEMS, key=len, reverse=True))


def recognised(problem: str) -> str:
    """Return what is wrong with a field as the phrase it was made of; what none of these said stays as it is."""
    return _KNOWN.recognised(problem)
