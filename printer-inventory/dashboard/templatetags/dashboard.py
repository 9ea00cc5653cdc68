"""Cells of the reports' tables."""

from __future__ import annotations

from typing import Any

from django import template
from django.urls import reverse
from django.utils.formats import date_format, number_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from webshell.templatetags.webshell import ago, number

from dashboard.services.shapes import Col
from inventory.services.saying import said

register = template.Library()

NUMBERS = {"number", "percent", "days", "hours"}


@register.filter
def is_number(column: Col) -> bool:
    """Whether a column's values stand at the right."""
    return column.kind in NUMBERS


@register.simple_tag
def cell(row: dict[str, Any], column: Col) -> SafeString | str:
    """Draw one value of a row as its column's kind asks; a dash for nothing."""
    value = row.get(column.key)
    if value is None or value == "":
        return format_html('<span class="text-3">{}</span>', "–")
    if column.kind == "printer":
        return format_html(
            '<a class="mono" href="{}">{}</a>', reverse("inventory:printer_detail", args=[value[0]]), value[1]
        )
    if column.kind == "number":
        return str(number(round(value)))
    if column.kind in {"percent", "hours"}:
        unit = "%" if column.kind == "percent" else _("h")
        return f"{number_format(value, 0 if value >= 100 or value == int(value) else 1)}\u00a0{unit}"
    if column.kind == "days":
        return _days(value)
    if column.kind == "moment":
        return ago(value)
    if column.kind == "day":
        return date_format(value, "j M Y")
    if column.kind == "part":
        return format_html('<span class="mono">{}</span>', value)
    return said(value) if column.key == "error" else str(value)


def _days(value: float) -> SafeString:
    text = "< 1" if value < 1 else str(number(round(value)))
    return format_html('<span class="{}">{}</span>', "days-soon" if value <= 7 else "", text)
