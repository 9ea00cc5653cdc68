"""What is written down meanwhile: events, money, and who holds which lease."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, ClassVar, Final

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from main.models.base import Stamped
from main.models.choices import SpendState
from main.models.orders import Order, OrderItem

_ASKED: Final = {
    "order_cancel": _("Cancelling asked for"),
    "order_hold": _("Holding asked for"),
    "order_release": _("Going on asked for"),
    "order_retry": _("Another try asked for"),
    "item_hold": _("Item held"),
    "item_release": _("Item goes on"),
    "item_retry": _("Item waits for another try"),
    "provider_opened": _("Provider rests"),
}
"""Events whose names alone would not say who does what."""


class Event(models.Model):
    """Something that happened, named `(entity)_(verb)`; its id is the resume token of the live stream."""

    name = models.CharField(_("name"), max_length=60)
    order = models.ForeignKey(Order, on_delete=models.CASCADE, null=True, blank=True, related_name="events")
    entity_id = models.BigIntegerField(_("of"), null=True, blank=True)
    actor = models.CharField(_("by"), max_length=80, blank=True, default="")
    reason = models.CharField(_("reason"), max_length=300, blank=True, default="")
    payload: models.JSONField[Any] = models.JSONField(_("details"), default=dict)
    at = models.DateTimeField(_("at"), default=timezone.now)

    objects: ClassVar[models.Manager[Event]] = models.Manager()

    class Meta:
        verbose_name = _("event")
        verbose_name_plural = _("events")
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["name", "-id"], name="event_name"),
            models.Index(fields=["at"], name="event_at"),
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.entity_id or ''}"

    @property
    def title(self) -> str:
        """Return the name as people read it: Order created."""
        return str(_ASKED.get(self.name) or self.name.replace("_", " ").capitalize())


class SpendEntry(Stamped):
    """Money of one paid call: reserved before the POST, then settled, released, or unknown. Unknown counts as spent."""

    item = models.ForeignKey(OrderItem, on_delete=models.PROTECT, related_name="spending")
    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="spending")
    attempt = models.PositiveSmallIntegerField(_("attempt"))
    provider_name = models.CharField(_("provider"), max_length=50)
    state = models.CharField(_("state"), max_length=8, choices=SpendState.choices, default=SpendState.RESERVED)
    amount = models.DecimalField(_("amount"), max_digits=12, decimal_places=6)
    currency = models.CharField(_("currency"), max_length=8, default="USD")
    is_estimate = models.BooleanField(_("estimated"), default=True)
    day = models.DateField(_("day (UTC)"))

    objects: ClassVar[models.Manager[SpendEntry]] = models.Manager()

    class Meta:
        verbose_name = _("spending")
        verbose_name_plural = _("spending")
        ordering = ["-id"]
        constraints = [models.UniqueConstraint(fields=["item", "attempt"], name="spend_once")]
        indexes = [
            models.Index(fields=["day", "provider_name"], name="spend_day"),
            models.Index(fields=["order"], name="spend_order"),
        ]

    def __str__(self) -> str:
        return f"{self.amount} {self.currency} {self.state}"


class Budget(Stamped):
    """The one row of caps; whoever reserves locks it first, so that two workers never spend the same money."""

    per_order = models.DecimalField(_("per order"), max_digits=12, decimal_places=6, default=Decimal(5))
    per_day = models.DecimalField(_("per day"), max_digits=12, decimal_places=6, default=Decimal(10))
    per_month = models.DecimalField(_("per month"), max_digits=12, decimal_places=6, default=Decimal(50))
    currency = models.CharField(_("currency"), max_length=8, default="USD")

    objects: ClassVar[models.Manager[Budget]] = models.Manager()

    class Meta:
        verbose_name = _("budget")
        verbose_name_plural = _("budget")

    def __str__(self) -> str:
        return f"{self.per_order}/{self.per_day}/{self.per_month} {self.currency}"


class Lease(models.Model):
    """Who is the foreman, and which workers live: a name, a holder, and until when."""

    name = models.CharField(_("name"), max_length=80, unique=True)
    holder = models.CharField(_("holder"), max_length=80)
    until = models.DateTimeField(_("until"))
    details: models.JSONField[Any] = models.JSONField(_("details"), default=dict)

    objects: ClassVar[models.Manager[Lease]] = models.Manager()

    class Meta:
        verbose_name = _("lease")
        verbose_name_plural = _("leases")
        ordering = ["name"]

    def __str__(self) -> str:
        return f"{self.name}: {self.holder}"
