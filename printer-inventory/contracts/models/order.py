"""Orders of cartridges that were sent to service providers by e-mail."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from access.reach import within
from contracts.models.device import ContractDevice
from contracts.models.reference import ServiceProvider
from inventory.models import JobState


class CartridgeOrder(models.Model):
    """One order for one device: a row from the moment it is asked for, sent once.

    `lines` are {cartridge, name, quantity}. An order whose worker died while it spoke to the mail server is *lost*: it may
    have been sent, and only a person can know; it is not sent again by itself.
    """

    device = models.ForeignKey(
        ContractDevice, on_delete=models.PROTECT, related_name="orders", verbose_name=_("device")
    )
    provider = models.ForeignKey(
        ServiceProvider, on_delete=models.PROTECT, related_name="orders", verbose_name=_("service provider")
    )
    recipient = models.EmailField(_("to"))
    reply_to = models.EmailField(_("answers to"), blank=True)
    lines = models.JSONField(_("lines"), default=list)
    comment = models.TextField(_("comment"), blank=True)
    state = models.CharField(_("state"), max_length=8, choices=JobState.choices, default=JobState.QUEUED)
    reason = models.CharField(_("reason"), max_length=500, blank=True, default="")
    attempt = models.PositiveSmallIntegerField(_("attempt"), default=0)
    lease_until = models.DateTimeField(_("leased until"), null=True, blank=True)
    request_key = models.CharField(max_length=64, unique=True)
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    created_at = models.DateTimeField(_("ordered"), default=timezone.now)
    sent_at = models.DateTimeField(_("sent"), null=True, blank=True)

    objects: ClassVar[models.Manager["CartridgeOrder"]] = within("device__organization")

    class Meta:
        verbose_name = _("cartridge order")
        verbose_name_plural = _("cartridge orders")
        ordering = ["-created_at", "-id"]

    def __str__(self) -> str:
        return f"{self.pk}: {self.device}"
