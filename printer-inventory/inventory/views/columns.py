"""The fleet list's columns: what can be shown, sorted and hidden."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its key, heading, sort key (empty: cannot be sorted) and whether it is shown before anybody chose."""

    key: str
    label: str | Promise
    sort: str = ""
    shown: bool = True
    numeric: bool = False


COLUMNS: Final = (
    Column("address", _("Address"), "address"),
    Column("organization", _("Organization"), "organization"),
    Column("model", _("Model"), "model"),
    Column("serial", _("Serial number"), "serial"),
    Column("host", _("Host name"), "host", shown=False),
    Column("mac", _("MAC address"), shown=False),
    Column("location", _("Location"), shown=False),
    Column("total", _("Pages"), "total", numeric=True),
    Column("bw_a4", _("A4 b/w"), shown=False, numeric=True),
    Column("color_a4", _("A4 colour"), shown=False, numeric=True),
    Column("bw_a3", _("A3 b/w"), shown=False, numeric=True),
    Column("color_a3", _("A3 colour"), shown=False, numeric=True),
    Column("supplies", _("Supplies, %"), "supplies"),
    Column("polled", _("Last poll"), "polled"),
    Column("state", _("State"), "verdict"),
)
