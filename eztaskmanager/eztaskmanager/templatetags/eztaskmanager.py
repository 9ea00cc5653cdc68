"""Template tags of the package's own pages."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

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
        return "running", "stopping"
    if state == "done" and result in ("warnings", "errors"):
        return result, f"done, {result}"
    return state, state


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
        return f"{seconds:.1f} s"
    if seconds < 60:
        return f"{seconds:.0f} s"
    minutes, rest = divmod(int(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest} s"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min"
