"""A device under contract: whose it is, where it stands, how it stands, and which printer of the inventory it is."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from access.reach import within
from contracts.models.catalogue import DeviceModel
from contracts.models.reference import City, ContractStatus, ServiceProvider
from inventory.models import Organization, Printer


class ContractDevice(models.Model):
    """One physical device under the contract of one organization.

    A device taken out of the contract (`is_active` false) keeps its history and frees its serial number; one that was
    replaced says by which. The same serial number may stand in two organizations. `version` counts edits: an edit of an
    older one is refused. `service_start_month` is the first day of a month.
    """

    organization = models.ForeignKey(
        Organization, on_delete=models.PROTECT, related_name="contract_devices", verbose_name=_("organization")
    )
    city = models.ForeignKey(City, on_delete=models.PROTECT, related_name="devices", verbose_name=_("city"))
    address = models.CharField(_("address"), max_length=255)
    room_number = models.CharField(_("room"), max_length=128, blank=True)
    model = models.ForeignKey(
        DeviceModel, on_delete=models.PROTECT, related_name="devices", verbose_name=_("device model")
    )
    serial_number = models.CharField(_("serial number"), max_length=128, blank=True)
    status = models.ForeignKey(
        ContractStatus, on_delete=models.PROTECT, related_name="devices", verbose_name=_("status")
    )
    service_provider = models.ForeignKey(
        ServiceProvider,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="devices",
        verbose_name=_("service provider"),
    )
    service_start_month = models.DateField(_("serviced from"), null=True, blank=True)
    comment = models.TextField(_("comment"), blank=True)
    printer = models.OneToOneField(
        Printer,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="contract_device",
        verbose_name=_("printer"),
    )
    is_active = models.BooleanField(_("under contract"), default=True)
    removed_at = models.DateTimeField(_("taken out"), null=True, blank=True)
    replaced_by = models.ForeignKey(
        "self", on_delete=models.SET_NULL, null=True, blank=True, related_name="replaces", verbose_name=_("replaced by")
    )
    created_at = models.DateTimeField(_("added"), auto_now_add=True)
    updated_at = models.DateTimeField(_("edited"), auto_now=True)
    version = models.PositiveIntegerField(_("version"), default=0, editable=False)

    objects: ClassVar[models.Manager["ContractDevice"]] = within("organization")

    class Meta:
        verbose_name = _("contract device")
        verbose_name_plural = _("contract devices")
        ordering = ["organization__name", "city__name", "address", "room_number", "id"]
        indexes = [models.Index(fields=["service_start_month"], name="contractdevice_month")]
        constraints = [
            models.UniqueConstraint(
                Lower("serial_number"),
                "organization",
                condition=Q(is_active=True) & ~Q(serial_number=""),
                name="uq_contractdevice_org_sn_ci",
            ),
            models.CheckConstraint(
                condition=Q(service_start_month__isnull=True) | Q(service_start_month__day=1),
                name="contractdevice_month_is_first_day",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.model} {self.serial_number}".strip()

    def get_absolute_url(self) -> str:
        """Return the page of this device."""
        return reverse("contracts:device", args=[self.pk])
