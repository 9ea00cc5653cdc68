"""The fleet as a table: the columns of the file and one row per printer, taken from the database a few at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.db.models import QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from sheets import Out
from webshell.supplies import four_inks, level_of, spoken

from inventory.models import Printer, Verdict

CHUNK: Final = 500
FACTS: Final = (
    "ip_address", "snmp_port", "organization__name", "device_model__manufacturer__name", "device_model__name", "serial_number",
    "hostname", "mac_address", "location", "last_match_rule", "is_active", "status__bw_a4", "status__color_a4", "status__bw_a3",
    "status__color_a3", "status__total_pages", "status__supplies", "status__last_attempt_at", "status__last_success_at",
    "status__last_verdict", "status__last_error",
)  # fmt: skip

Facts = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Field:
    """One column of the file. `key` is the list column it belongs to: it is written when that one is shown."""

    key: str
    title: str | Promise
    value: Callable[[Facts], object]
    format: str | None = None
    width: float | None = None


def columns(keys: Sequence[str]) -> list[Field]:
    """Return the file's columns for the list's shown columns, in the file's order; for none, or none that is known, all."""
    wanted = [field for field in FIELDS if field.key in keys]
    return wanted or list(FIELDS)


def known(keys: Sequence[str]) -> list[str]:
    """Return those keys that are columns', once each: what else a stranger names is neither stored nor a reason to refuse."""
    fields = {field.key for field in FIELDS}
    return [key for key in dict.fromkeys(keys) if key in fields]


def outs(fields: Sequence[Field]) -> list[Out]:
    """Return the columns as `sheets` writes them."""
    return [Out(str(field.title), format=field.format, width=field.width) for field in fields]


def rows(printers: QuerySet[Printer], fields: Sequence[Field]) -> Iterator[list[object]]:
    """Yield a row per printer in the queryset's order: one query, one snapshot, 500 rows in memory."""
    for facts in printers.values(*FACTS).iterator(chunk_size=CHUNK):
        inks, _rest = four_inks(facts["status__supplies"] or [])
        facts["inks"] = {bar.ink: bar for bar in inks}
        yield [field.value(facts) for field in fields]


def _plain(name: str) -> Callable[[Facts], object]:
    return lambda facts: facts[name]


def _moment(name: str) -> Callable[[Facts], datetime | None]:
    return lambda facts: facts[name]


def _ink(color: str) -> Callable[[Facts], object]:
    """The percentage, or in words what the device said instead; empty where it has no such supply."""

    def value(facts: Facts) -> object:
        bar = facts["inks"].get(color)
        if bar is None:
            return None
        return bar.text if bar.percent is None else bar.percent

    return value


def _waste(facts: Facts) -> object:
    for supply in facts["status__supplies"] or []:
        if supply.get("is_receptacle"):
            shape, percent = level_of(supply)
            return spoken(shape, percent) if percent is None else percent
    return None


def _address(facts: Facts) -> str:
    return Printer(ip_address=facts["ip_address"], snmp_port=facts["snmp_port"]).address_display


def _state(facts: Facts) -> str:
    if not facts["is_active"]:
        return _("retired")
    verdict = facts["status__last_verdict"]
    return str(Verdict(verdict).label) if verdict else _("never polled")


FIELDS: Final = (
    Field("address", gettext_lazy("Address"), _address, width=18),
    Field("organization", gettext_lazy("Organization"), _plain("organization__name"), width=26),
    Field("model", gettext_lazy("Manufacturer"), _plain("device_model__manufacturer__name"), width=16),
    Field("model", gettext_lazy("Model"), _plain("device_model__name"), width=26),
    Field("serial", gettext_lazy("Serial number"), _plain("serial_number"), width=18),
    Field("host", gettext_lazy("Host name"), _plain("hostname"), width=18),
    Field("mac", gettext_lazy("MAC address"), _plain("mac_address"), width=18),
    Field("location", gettext_lazy("Location"), _plain("location"), width=24),
    Field("total", gettext_lazy("Pages"), _plain("status__total_pages"), format="#,##0"),
    Field("bw_a4", gettext_lazy("A4 b/w"), _plain("status__bw_a4"), format="#,##0"),
    Field("color_a4", gettext_lazy("A4 colour"), _plain("status__color_a4"), format="#,##0"),
    Field("bw_a3", gettext_lazy("A3 b/w"), _plain("status__bw_a3"), format="#,##0"),
    Field("color_a3", gettext_lazy("A3 colour"), _plain("status__color_a3"), format="#,##0"),
    Field("supplies", gettext_lazy("Black, %"), _ink("black")),
    Field("supplies", gettext_lazy("Cyan, %"), _ink("cyan")),
    Field("supplies", gettext_lazy("Magenta, %"), _ink("magenta")),
    Field("supplies", gettext_lazy("Yellow, %"), _ink("yellow")),
    Field("supplies", gettext_lazy("Waste, %"), _waste),
    Field("polled", gettext_lazy("Last poll"), _moment("status__last_attempt_at"), format="yyyy-mm-dd hh:mm", width=17),
    Field(
        "polled",
        gettext_lazy("Last good reading"),
        _moment("status__last_success_at"),
        format="yyyy-mm-dd hh:mm",
        width=17,
    ),
    Field("state", gettext_lazy("State"), _state, width=22),
    Field("state", gettext_lazy("Last error"), _plain("status__last_error"), width=40),
)
