"""The words of the month's pages."""

from __future__ import annotations

from typing import Final

from django.utils.translation import gettext_lazy as _

from monthly_report.rules.downtime import DOWNTIME
from monthly_report.rules.editing import (
    CLOSED,
    LOCKED,
    NO_HOURS,
    NO_PERMISSION,
    NOT_OF_MODEL,
    NOT_WHOLE,
    OTHER_PART,
    TOO_LARGE,
    TOO_LONG,
)

COUNTER_WORDS: Final = {
    "a4_bw_start": _("A4 b/w start"),
    "a4_bw_end": _("A4 b/w end"),
    "a4_color_start": _("A4 colour start"),
    "a4_color_end": _("A4 colour end"),
    "a3_bw_start": _("A3 b/w start"),
    "a3_bw_end": _("A3 b/w end"),
    "a3_color_start": _("A3 colour start"),
    "a3_color_end": _("A3 colour end"),
}
FIGURE_WORDS: Final = {**COUNTER_WORDS, DOWNTIME: _("Downtime (D), h")}
FIGURE_PROBLEMS: Final = {
    NOT_WHOLE: _("no whole number. Type digits only."),
    TOO_LARGE: _("more than any counter shows. Look at it again."),
    NO_HOURS: _("no number of hours. Type it like 12.5."),
    TOO_LONG: _("more hours than a month has. Look at it again."),
}
"""What is wrong with a typed figure, after its title."""
KIND_WORDS: Final = {
    "a4_bw": _("A4 b/w"),
    "a4_color": _("A4 colour"),
    "a3_bw": _("A3 b/w"),
    "a3_color": _("A3 colour"),
}
REFUSAL_WORDS: Final = {
    CLOSED: _("The month is closed."),
    NO_PERMISSION: _("Your role may not edit this cell."),
    OTHER_PART: _("The device's other row bills this paper size."),
    NOT_OF_MODEL: _("This model has no such counter."),
    LOCKED: _("The device told this itself lately. An exception for its serial number opens it."),
}
SHOWN_WORDS: Final = {
    "all": _("All"),
    "anomalies": _("Anomalies"),
    "unfilled": _("Not filled"),
    "manual": _("By hand"),
    "silent": _("Without a poll"),
}
GRID_WORDS: Final = {
    "order": _("No."),
    "organization": _("Client"),
    "branch": _("Branch"),
    "city": _("City"),
    "address": _("Address"),
    "model": _("Model"),
    "serial": _("Serial number"),
    "inventory": _("Inventory number"),
    "pages": _("Pages"),
    "agreed": _("Agreed hours (A)"),
    "down": _("Downtime (D), h"),
    "counted": _("Counted from the working hours in which the printer was asked and not read:"),
    "uncounted": _("The printer was never asked in this month, so no downtime is counted."),
    "k1": _("K1 = (A - D) / A"),
    "k2": _("K2 = L / W"),
    "read": _("Read"),
    "told": _("The device told:"),
    "manual": _("Written by hand."),
    "saved": _("Saved"),
    "undo": _("Undo"),
    "conflict": _("Somebody else wrote here meanwhile. What stands there now is shown."),
    "empty": _("No row matches. Remove the search or the filter above."),
    "loading": _("Loading…"),
    "usual": _("Usual pages:"),
    "negative": _("The end is lower than the start."),
    "excess": _("Far more than usual."),
    "high": _("Very many pages."),
    "taken": _("Rows taken over:"),
    "history": _("Changes of this row"),
    "giveback": _("Back to what the device told"),
    "unlock": _("Open for this month"),
    "relock": _("Take the exception back"),
    "printer": _("Printer"),
    "device": _("About this device"),
    "gone": _("This row is gone. Load the page again."),
    "pasted": _("Cells pasted:"),
    "emptied": _("Cells emptied:"),
    "leftout": _("Left out:"),
    "nomore": _("The table has no more rows below."),
    "nofigure": _("No figure:"),
    "typed": _("You typed:"),
}
"""What the grid's script says."""
