"""Why a pair took a step or its price changed, as its page says it: stored in English, recognised; what people typed stays."""

from __future__ import annotations

from typing import Final

from shared.rules.phrases import Phrases
from shared.translation import gettext_noop as _

REASONS: Final = (
    _("order %(number)s is %(status)s: pieces back"),
    _("order %(number)s is %(status)s: %(pieces)s back"),
    _("order %(number)s is %(status)s"),
    _("order %(number)s"),
    _("brought in by %(owner)s"),
    _("brought in again"),
    _("given back to its owner: %(reason)s"),
    _("given back to its owner"),
    _("belongs to %(owner)s"),
    _("ours after all"),
    _("bought of %(owner)s for %(price)s"),
    _("not bought after all, of %(owner)s"),
    _("released on its page"),
    _("offered at StockX"),
    _("taken down at StockX"),
    _("made"),
    _("asked by %(who)s: %(left)s would be left"),
)
_KNOWN: Final = Phrases(REASONS, words=frozenset({"status"}))


def recognised(reason: str) -> str:
    """Return a stored reason as the phrase it was made of; what a person typed stays as it is."""
    return _KNOWN.recognised(reason)
