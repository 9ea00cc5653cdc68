"""Orders of cartridges that were sent to service providers by e-mail."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from access.reach import within
from contracts.models.device import ContractDevice
from contracts.models.reference import ServiceProvider
from outbox.models import Delivery


class CartridgeOrder(models.Model):
    """One order for one device: a row from the moment it is asked for, sent once.

    `lines` are {cartridge, name, quantity}. How it goes out stands in its delivery (`outbox`): an order whose worker died after
    it had handed the mail over is *lost*, because it may have been sent and only a person can know.
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
    delivery = models.OneToOneField(
        Delivery, on_delete=models.PROTECT, related_name="cartridge_order", verbose_name=_("delivery")
    )
    request_key = models.CharField(max_length=64, unique=True)
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    created_at = models.DateTimeField(_("ordered"), default=timezone.now)

    objects: ClassVar[models.Manager["CartridgeOrder"]] = within("device__organization")

    class Meta:
        verbose_name = _("cartridge order")
        verbose_name_plural = _("cartridge orders")
        ordering = ["-created_at", "-id"]

    def __str__(self) -> str:
        return f"{self.pk}: {self.device}"
