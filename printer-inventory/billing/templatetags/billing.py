"""Money on pages."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from django import template
from django.utils.formats import number_format
from django.utils.html import format_html
from django.utils.safestring import SafeString

from billing.rules.money import MINOR_DIGITS

register = template.Library()


@register.simple_tag
def money(amount: Decimal | str | None, currency: str) -> SafeString:
    """Return an amount with all its coins and its currency in grey; a dash for None."""
    if amount is None:
        return format_html('<span class="text-3">{}</span>', "–")
    shown = number_format(Decimal(amount), MINOR_DIGITS.get(currency, 2), use_l10n=True, force_grouping=True)
    return format_html('{}<span class="unit">{}</span>', shown, currency)


@register.filter
def price(amount: Decimal | str | None) -> str:
    """Return a price per click: at least two digits behind the point, at most four."""
    if amount is None:
        return ""
    value = Decimal(amount)
    digits = next((count for count in (2, 3) if value == round(value, count)), 4)
    return number_format(value, digits, use_l10n=True, force_grouping=True)


@register.filter
def as_moment(text: str) -> Any:
    """Return the time of an ISO 8601 text."""
    return datetime.fromisoformat(text) if text else None
