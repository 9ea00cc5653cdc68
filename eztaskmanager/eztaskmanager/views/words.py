"""What the live page's scripts say, in the reader's language."""

from __future__ import annotations

from django.utils.translation import gettext as _

from eztaskmanager.states import State
from eztaskmanager.templatetags.eztaskmanager import DONE_BUT


def live_words() -> dict[str, str]:
    """Return texts by the names `words.js` asks for; `%(name)s` is filled in there."""
    return {
        **{str(state): str(state.label) for state in State},
        **{name: str(text) for name, text in DONE_BUT.items()},
        "stopping": _("stopping"),
        "seconds": _("%(seconds)s s"),
        "minutes": _("%(minutes)s min %(seconds)s s"),
        "hours": _("%(hours)s h %(minutes)s min"),
        "megabytes": _("%(size)s MB"),
        "signal": _("signal %(number)s"),
        "part": _("%(done)s of %(total)s %(text)s"),
        "live": _("Live"),
        "ended": _("Ended"),
        "signed out": _("Signed out: sign in again to go on."),
        "not connected": _("Not connected; trying again."),
        "unreadable": _("The log could not be read; reload the page."),
        "no match": _("No line fits the search."),
        "empty": _("Nothing here yet."),
    }
