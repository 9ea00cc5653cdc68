"""The words face's JavaScript shows, translated here and handed over as JSON in the page (`{% words_json %}`)."""

from __future__ import annotations

from django.utils.translation import gettext as _


def words() -> dict[str, str]:
    """Return the catalog by key; `{name}` marks what the script fills in."""
    return {
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
