"""How the contracts show statuses, months and history."""

from __future__ import annotations

from datetime import date

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from webshell.templatetags.webshell import icon

from contracts.models import ContractStatus, DeviceChange

register = template.Library()

ICONS = {
    DeviceChange.ADDED: "plus-circle",
    DeviceChange.EDITED: "pencil",
    DeviceChange.IMPORTED: "file-earmark-arrow-up",
    DeviceChange.REMOVED: "archive",
    DeviceChange.RESTORED: "arrow-counterclockwise",
    DeviceChange.REPLACED: "arrow-left-right",
    DeviceChange.LINKED: "link-45deg",
    DeviceChange.UNLINKED: "slash-circle",
    DeviceChange.ORDERED: "box-seam",
    DeviceChange.UNDONE: "arrow-counterclockwise",
}
NAMES = {
    "organization": _("Organization"),
    "city": _("City"),
    "address": _("Address"),
    "room_number": _("Room"),
    "model": _("Model"),
    "serial_number": _("Serial number"),
    "status": _("Status"),
    "service_provider": _("Service provider"),
    "service_start_month": _("Serviced from"),
    "comment": _("Comment"),
    "printer": _("Printer"),
}


@register.simple_tag
def status_badge(status: ContractStatus) -> SafeString:
    """Return a status with its colour as a dot: the word carries the meaning, the colour only helps the eye."""
    return format_html(
        '<span class="contract-status"><svg width="8" height="8" aria-hidden="true">'
        '<circle cx="4" cy="4" r="4" fill="{}"/></svg>{}</span>',
        status.color,
        status.name,
    )


@register.filter
def month(value: date | None) -> str:
    """Return a month as the documents write it: MM.YYYY."""
    return value.strftime("%m.%Y") if value else ""


@register.simple_tag
def change_icon(change: str) -> SafeString:
    """Return the icon of a kind of change."""
    return icon(ICONS.get(DeviceChange(change), "dot"))


@register.filter
def field_name(name: str) -> str:
    """Return a field as people call it."""
    return str(NAMES.get(name, name))
