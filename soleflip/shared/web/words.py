"""The words face's scripts show, handed to them as JSON in the page; `{name}` is what a script fills in."""

from __future__ import annotations

from typing import Final

WORDS: Final = {
    "allMatching": "Select all {count} that match",
    "close": "Close",
    "confirm": "Are you sure?",
    "copied": "Copied",
    "copyFailed": "The browser refused to copy. Select the text and press Ctrl-C.",
    "dark": "Theme: dark",
    "delete": "Delete {name}",
    "done": "Done",
    "failed": "The request failed. Try again.",
    "gap": "no data",
    "light": "Theme: light",
    "lost": "Lost",
    "noChart": "No data in this period.",
    "problem": "Problem id {id}",
    "queued": "Queued",
    "running": "Running",
    "selected": "{count} selected",
    "selectedAll": "All {count} selected",
    "stopped": "Stopped",
    "system": "Theme: as the system",
    "time": "Time",
    "typeToConfirm": "Type {word} to confirm",
    "undo": "Undo",
    "unreachable": "The server does not answer. Check the connection and try again.",
    "viewDeleted": "View {name} deleted.",
    "viewSaved": "View {name} saved.",
    "yes": "Yes",
}
