"""How each state looks: the house's job words, their documented verdicts, and the states of devices and health."""

from __future__ import annotations

from typing import Any, Final

from django.utils.translation import gettext_lazy as _

KINDS: Final = ("ok", "running", "waiting", "warning", "failed", "lost")
"""The six colours of `tokens.css`; every state maps to one of them."""

BADGES: Final[dict[str, tuple[str, str, Any]]] = {
    "queued": ("waiting", "hourglass", _("Queued")),
    "running": ("running", "arrow-repeat", _("Running")),
    "done": ("ok", "check-circle-fill", _("Done")),
    "failed": ("failed", "x-circle-fill", _("Failed")),
    "stopped": ("waiting", "stop-circle", _("Stopped")),
    "lost": ("lost", "question-circle", _("Lost")),
    "ok": ("ok", "check-circle-fill", _("OK")),
    "waiting": ("waiting", "hourglass", _("Waiting")),
    "warning": ("warning", "exclamation-triangle-fill", _("Warning")),
    "degraded": ("warning", "exclamation-triangle-fill", _("Degraded")),
    "silent": ("failed", "wifi-off", _("Silent")),
    "unknown": ("waiting", "question-circle", _("Unknown")),
    "never": ("waiting", "dash-circle", _("Never")),
    "idle": ("waiting", "circle", _("Idle")),
    "off": ("waiting", "archive", _("Off")),
    "retired": ("waiting", "archive", _("Retired")),
    "quarantined": ("warning", "shield-exclamation", _("Quarantined")),
    "success": ("ok", "check-circle-fill", _("Success")),
    "validation_error": ("warning", "shield-exclamation", _("Identity conflict")),
    "historical_inconsistency": ("warning", "shield-exclamation", _("Does not fit history")),
}


def badge_of(state: str) -> tuple[str, str, str]:
    """Return kind, icon and word of a state, whatever its case; an unknown state is grey and speaks for itself."""
    known = BADGES.get(str(state).lower().replace(" ", "_"))
    if known is None:
        return "waiting", "circle", str(state)
    kind, glyph, word = known
    return kind, glyph, str(word)
