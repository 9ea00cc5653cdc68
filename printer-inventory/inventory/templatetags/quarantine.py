"""Words and icons of doubts, decisions and changes."""

from __future__ import annotations

from typing import Any, Final

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from webshell.templatetags.webshell import number

from inventory.models import Change, Doubt, Resolution

register = template.Library()

NAMES: Final = {
    "serial": gettext_lazy("Serial number"),
    "mac": gettext_lazy("MAC address"),
    "serial_number": gettext_lazy("Serial number"),
    "mac_address": gettext_lazy("MAC address"),
    "ip_address": gettext_lazy("Address"),
    "snmp_port": gettext_lazy("SNMP port"),
    "web_port": gettext_lazy("Web port"),
    "snmp_community": gettext_lazy("SNMP community"),
    "snmp_version": gettext_lazy("SNMP version"),
    "organization": gettext_lazy("Organization"),
    "hostname": gettext_lazy("Host name"),
    "location": gettext_lazy("Location"),
    "polling_method": gettext_lazy("Polling method"),
    "device_model": gettext_lazy("Model"),
    "total": gettext_lazy("Total"),
    "bw_a4": gettext_lazy("A4 black-and-white"),
    "color_a4": gettext_lazy("A4 colour"),
    "bw_a3": gettext_lazy("A3 black-and-white"),
    "color_a3": gettext_lazy("A3 colour"),
    "bw": gettext_lazy("Black-and-white"),
    "color": gettext_lazy("Colour"),
    "a3": gettext_lazy("A3"),
    "a4": gettext_lazy("A4"),
    "print": gettext_lazy("Printed"),
    "print_bw": gettext_lazy("Printed, black-and-white"),
    "print_color": gettext_lazy("Printed, colour"),
    "copy": gettext_lazy("Copied"),
    "copy_bw": gettext_lazy("Copied, black-and-white"),
    "copy_color": gettext_lazy("Copied, colour"),
    "fax": gettext_lazy("Faxed"),
    "fax_bw": gettext_lazy("Faxed, black-and-white"),
    "fax_color": gettext_lazy("Faxed, colour"),
    "scan": gettext_lazy("Scanned"),
    "scan_bw": gettext_lazy("Scanned, black-and-white"),
    "scan_color": gettext_lazy("Scanned, colour"),
    "duplex": gettext_lazy("Duplex sheets"),
    "simplex": gettext_lazy("Simplex sheets"),
}
ICONS: Final = {
    Doubt.DEVICE: "arrow-left-right",
    Doubt.BOARD: "motherboard",
    Doubt.ANONYMOUS: "incognito",
    Doubt.RESET: "arrow-counterclockwise",
    Doubt.ROLLBACK: "graph-down-arrow",
    Doubt.JUMP: "graph-up-arrow",
    Doubt.MISSING: "question-circle",
}
FINDINGS: Final = {
    "reset": gettext_lazy("from the start again"),
    "rollback": gettext_lazy("went back"),
    "jump": gettext_lazy("more than it can print"),
    "missing": gettext_lazy("no longer counted"),
    "new": gettext_lazy("counted for the first time"),
    "changed": gettext_lazy("another one"),
}
CHANGE_ICONS: Final = {
    Change.ADDED: "plus-circle",
    Change.IP_CHANGE: "geo-alt",
    Change.SERIAL_UPDATE: "upc",
    Change.MAC_UPDATE: "ethernet",
    Change.BASELINE: "flag",
    Change.COUNTER_RESET: "arrow-counterclockwise",
    Change.REPLACEMENT: "arrow-left-right",
    Change.DEACTIVATION: "archive",
    Change.ACTIVATION: "box-arrow-up",
    Change.REJECTED: "x-circle",
    Change.BELIEVED: "check-circle",
    Change.UNDO: "arrow-90deg-left",
}


@register.filter
def fact_name(name: str) -> str:
    """Return a counter's or field's name in words; an unknown one as it is."""
    return str(NAMES.get(name, name))


@register.filter
def fact(value: Any) -> str:
    """Return a counter or text as it is shown in a comparison; a dash for nothing."""
    return number(value) or "–"


@register.simple_tag
def doubt_badge(kind: str) -> SafeString:
    """Return a doubt as a badge."""
    known = Doubt(kind)
    return format_html(
        '<span class="state s-warning"><i class="bi bi-{}" aria-hidden="true"></i>{}</span>', ICONS[known], known.label
    )


@register.filter
def finding_words(kind: str) -> str:
    """Return what is wrong with one line of a comparison."""
    return str(FINDINGS.get(kind, kind))


@register.filter
def change_icon(change: str) -> str:
    """Return the icon of a change."""
    return CHANGE_ICONS.get(Change(change), "pencil") if change in Change.values else "pencil"


@register.simple_tag
def action_label(action: str, kind: str) -> str:
    """Return what a decision's button says."""
    if action == Resolution.BASELINE:
        same_device = kind in (Doubt.BOARD, Doubt.DEVICE)
        return _("Same printer, new board") if same_device else _("Accept as new baseline")
    return {
        Resolution.MOVED: _("This printer moved"),
        Resolution.REPLACED: _("Replace"),
        Resolution.BELIEVED: _("Count the pages"),
        Resolution.REJECTED: _("Reject"),
    }[Resolution(action)]


@register.simple_tag
def action_effect(action: str, kind: str) -> str:
    """Return in a sentence what a decision does."""
    if action == Resolution.BASELINE and kind in (Doubt.BOARD, Doubt.DEVICE):
        return _(
            "The serial number and MAC address that answered go on file for this printer. Where its counters do not "
            "continue, counting starts anew from this reading."
        )
    return {
        Resolution.BASELINE: _(
            "The device is right: counting goes on from this reading. What was counted before stays; the step between "
            "the two is nobody's page."
        ),
        Resolution.MOVED: _(
            "The printer that answered is ours: it takes this address, and the one on file here retires or takes the "
            "other's place."
        ),
        Resolution.REPLACED: _(
            "The printer on file retires with its history. The device that answered becomes a new printer here, for "
            "the same organization."
        ),
        Resolution.BELIEVED: _("The jump was real: its pages are counted like any others."),
        Resolution.REJECTED: _("The reading stays refused, and the same answer asks nobody again for a week."),
    }[Resolution(action)]
