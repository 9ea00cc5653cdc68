"""The words face's scripts show, handed to them as JSON in the page; `{name}` is what a script fills in."""

from __future__ import annotations

from typing import Final

from shared.translation import gettext_noop as _

WORDS: Final = {
    "allMatching": _("Select all {count} that match"),
    "close": _("Close"),
    "confirm": _("Are you sure?"),
    "copied": _("Copied"),
    "copyFailed": _("The browser refused to copy. Select the text and press Ctrl-C."),
    "dark": _("Theme: dark"),
    "delete": _("Delete {name}"),
    "done": _("Done"),
    "failed": _("The request failed. Try again."),
    "gap": _("no data"),
    "light": _("Theme: light"),
    "lost": _("Lost"),
    "noChart": _("No data in this period."),
    "problem": _("Problem id {id}"),
    "queued": _("Queued"),
    "running": _("Running"),
    "selected": _("{count} selected"),
    "selectedAll": _("All {count} selected"),
    "stopped": _("Stopped"),
    "system": _("Theme: as the system"),
    "time": _("Time"),
    "typeToConfirm": _("Type {word} to confirm"),
    "undo": _("Undo"),
    "unreachable": _("The server does not answer. Check the connection and try again."),
    "viewDeleted": _("View {name} deleted."),
    "viewSaved": _("View {name} saved."),
    "yes": _("Yes"),
}

CHANGES: Final = {"create": _("list"), "update": _("new price"), "delete": _("take down")}
"""What is asked of a marketplace, by `OperationKind`; the other kinds are called as they are."""

OTHERS: Final = (
    _("reprice"), _("approve"), _("rollback"), _("market based"), _("cost plus"), _("value based"), _("competitive"),
    _("dynamic"), _("premium"), _("clearance"), _("aggressive"), _("undercut"), _("match"), _("sneaker retailers"),
    _("general retail"), _("Packaging"), _("Postage"), _("Software"), _("Travel"), _("Rent"), _("Other"), _("Sales"),
    _("Marketplace fees"), _("Shipping"), _("Goods sold"), _("VAT owed on sales"), _("Result"), _("None"),
    _("profit maximization"), _("market competitive"), _("quick turnover"), _("premium positioning"),
)  # fmt: skip
"""Words that stand in rows without being of an enumeration, as people say them."""
