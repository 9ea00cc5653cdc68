"""Template tags of the package's own pages."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from eztaskmanager.states import State

register = template.Library()

SIGNS = {
    "queued": "○",
    "running": "●",
    "done": "✓",
    "failed": "✕",
    "stopped": "■",
    "lost": "?",
    "warnings": "!",
    "errors": "!",
    "paused": "‖",
    "scheduled": "◷",
    "idle": "–",
}


DONE_BUT = {
    "warnings": gettext_lazy("done, with warnings"),
    "errors": gettext_lazy("done, with errors"),
}


def badge(kind: str, text: str) -> SafeString:
    """Return a state with its sign: colour is never the only difference."""
    return format_html(
        '<span class="ez-state ez-{}"><span aria-hidden="true">{}</span> {}</span>',
        kind,
        SIGNS.get(kind, "–"),
        text,
    )


def describe(state: str, result: str, *, stopping: bool = False) -> tuple[str, str]:
    """Return the kind and the words for a run's state and verdict."""
    if stopping:
        return "running", _("stopping")
    if state == State.DONE and result in DONE_BUT:
        return result, str(DONE_BUT[result])
    return state, str(State(state).label) if state in State.values else state


@register.simple_tag
def ez_state(report: Any) -> SafeString:
    """Return the badge of a run."""
    kind, text = describe(
        report.state, report.invocation_result, stopping=report.is_stopping
    )
    return badge(kind, text)


@register.filter
def ez_duration(value: timedelta | None) -> str:
    """Return `0.4 s`, `12 s`, `3 min 5 s` or `2 h 10 min`."""
    if value is None:
        return "–"
    seconds = value.total_seconds()
    if seconds < 10:
        return _("%(seconds)s s") % {"seconds": f"{seconds:.1f}"}
    if seconds < 60:
        return _("%(seconds)s s") % {"seconds": f"{seconds:.0f}"}
    minutes, rest = divmod(int(seconds), 60)
    if minutes < 60:
        parts = {"minutes": minutes, "seconds": rest}
        return _("%(minutes)d min %(seconds)d s") % parts
    hours, minutes = divmod(minutes, 60)
    return _("%(hours)d h %(minutes)d min") % {"hours": hours, "minutes": minutes}
