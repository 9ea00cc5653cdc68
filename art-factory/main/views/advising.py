"""What a person can do about a call that did not end well, by the kind of its error: one sentence, and where to do it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _

from main.models import OrderItem


@dataclass(frozen=True, slots=True)
class Advice:
    """A sentence, and the page that it speaks of, if it is another one."""

    text: Any
    url: Any = ""
    label: Any = ""


_LATER: Final = Advice(
    _("The trouble is the provider's. Try the failed ones again later; nothing was charged for them.")
)
_LOOK: Final = Advice(
    _("Look at the provider's own list of calls: what stands there was charged. Only sending again is known to cost.")
)
_KEYS: Final = reverse_lazy("main:keys")
ADVICE: Final[dict[str, Advice]] = {
    "authentication": Advice(_("Give a valid key, then try the failed ones again."), _KEYS, _("Keys")),
    "quota": Advice(_("Fill up your balance at the provider; what waits is tried again after five minutes.")),
    "validation": Advice(_("Trying again would end the same. Order again with another value.")),
    "content_policy": Advice(_("The same prompt is refused again. Order again with other words.")),
    "provider_outage": _LATER,
    "network": _LATER,
    "transient": _LATER,
    "rate_limited": Advice(
        _("Ask this provider less often, then try the failed ones again."), reverse_lazy("main:settings"), _("Settings")
    ),
    "download": Advice(
        _(
            "It is made and paid for; only its file could not be fetched. Trying again fetches it and orders nothing new."
        )
    ),
    "file_system": Advice(_("Make room on the disk that keeps the products, then try the failed ones again.")),
    "unknown_submit": _LOOK,
    "timeout": _LOOK,
    "configuration": Advice(_("Nothing was sent. manage.py doctor says what is missing here.")),
}


def advice_of(item: OrderItem) -> Advice | None:
    """Return what to do about an item that failed, is lost or is held for want of money; None for all others."""
    if item.status == "held" or item.state in ("failed", "lost"):
        return _LOOK if item.state == "lost" else ADVICE.get(item.error_category)
    return None
