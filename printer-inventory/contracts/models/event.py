"""What happened to each contract device, for as long as anybody asks."""

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from access.reach import within
from contracts.models.device import ContractDevice
from inventory.models import ChangeEvent


class DeviceChange(models.TextChoices):
    """What can happen to a contract device, as its history names it."""

    ADDED = "added", _("added")
    EDITED = "edited", _("edited")
    IMPORTED = "imported", _("changed by an import")
    REMOVED = "removed", _("taken out of the contract")
    RESTORED = "restored", _("taken back")
    REPLACED = "replaced", _("replaced")
    LINKED = "linked", _("linked to a printer")
    UNLINKED = "unlinked", _("unlinked from its printer")
    ORDERED = "ordered", _("cartridges ordered")
    UNDONE = "undone", _("undone")


class ContractEvent(ChangeEvent):
    """One change of one contract device; it outlives the device, whose name it keeps."""

    device = models.ForeignKey(
        ContractDevice,
        on_delete=models.SET_NULL,
        null=True,
        related_name="events",
        db_index=False,
        verbose_name=_("device"),
    )
    device_name = models.CharField(_("device"), max_length=255)
    change = models.CharField(_("change"), max_length=16, choices=DeviceChange.choices)
    related_device = models.ForeignKey(
        ContractDevice, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )

    objects: ClassVar[models.Manager["ContractEvent"]] = within("device__organization")

    class Meta(ChangeEvent.Meta):
        verbose_name = _("change of a contract device")
        verbose_name_plural = _("changes of contract devices")
        indexes = [models.Index(fields=["device", "-at"], name="contract_event_device_at")]

    def __str__(self) -> str:
        return f"{self.device_name}: {self.change}"
