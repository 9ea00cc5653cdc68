"""Invoices that were issued: frozen with everything they rest on. A draft is no row, it is worked out when it is looked at."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from access.reach import within
from billing.models.tariff import Tariff
from inventory.models import Organization


class Invoice(models.Model):
    """What an organization pays for a month, as it was issued.

    A correction is a new version; the one before it is *replaced* and stays. The database refuses to change or delete what was
    issued, but for `state`. `tariff_facts` are the prices it was made with, whatever becomes of the tariff. `fingerprint` is the
    digest of the draft it was made from: a draft with another one differs from what was issued.
    """

    class State(models.TextChoices):
        ISSUED = "issued", _("issued")
        REPLACED = "replaced", pgettext_lazy("invoice", "replaced")

    organization = models.ForeignKey(
        Organization, on_delete=models.PROTECT, related_name="invoices", verbose_name=_("organization")
    )
    organization_name = models.CharField(_("organization as it was called"), max_length=200)
    month = models.DateField(_("month"))
    version = models.PositiveSmallIntegerField(_("version"))
    state = models.CharField(_("state"), max_length=8, choices=State.choices, default=State.ISSUED)
    currency = models.CharField(_("currency"), max_length=3)
    total = models.DecimalField(_("total"), max_digits=18, decimal_places=2)
    mono_clicks = models.BigIntegerField(_("black-and-white clicks"))
    color_clicks = models.BigIntegerField(_("colour clicks"))
    tariff = models.ForeignKey(
        Tariff, on_delete=models.PROTECT, related_name="invoices", verbose_name=_("tariff"), db_index=False
    )
    contract = models.CharField(_("contract"), max_length=100, blank=True)
    tariff_facts = models.JSONField(_("prices"))
    fingerprint = models.CharField(max_length=64)
    reason = models.CharField(_("why it was corrected"), max_length=500, blank=True, default="")
    issued_at = models.DateTimeField(_("issued"), default=timezone.now)
    issued_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    issued_by_name = models.CharField(_("by"), max_length=150, blank=True, default="")

    objects: ClassVar[models.Manager[Invoice]] = within("organization")

    class Meta:
        verbose_name = _("invoice")
        verbose_name_plural = _("invoices")
        ordering = ["-month", "organization_name", "-version"]
        default_permissions = ("view",)
        constraints = [
            models.UniqueConstraint(fields=["organization", "month", "version"], name="invoice_version_once"),
            models.UniqueConstraint(
                fields=["month", "organization"], condition=Q(state="issued"), name="invoice_one_that_holds"
            ),
            models.CheckConstraint(condition=Q(month__day=1), name="invoice_of_a_month"),
        ]

    def __str__(self) -> str:
        return self.number

    def get_absolute_url(self) -> str:
        """Return the page of exactly this version."""
        page = reverse("billing:invoice", args=[f"{self.month:%Y-%m}", self.organization_id])
        return f"{page}?version={self.version}"

    @property
    def number(self) -> str:
        """Return the number people quote: month, organization, version."""
        return f"{self.month:%Y-%m}/{self.organization_id}/{self.version}"


class InvoiceLine(models.Model):
    """A line of an invoice (`billing.rules.pricing.Line`)."""

    invoice = models.ForeignKey(Invoice, on_delete=models.PROTECT, related_name="lines", db_index=False)
    number = models.PositiveSmallIntegerField(_("No."))
    kind = models.CharField(
        _("what for"),
        max_length=8,
        choices=[("mono", _("black-and-white")), ("color", _("colour")), ("minimum", _("up to the minimum"))],
    )
    first = models.BigIntegerField(_("first click"))
    last = models.BigIntegerField(_("last click"))
    clicks = models.BigIntegerField(_("clicks"))
    price = models.DecimalField(_("price"), max_digits=12, decimal_places=4)
    amount = models.DecimalField(_("amount"), max_digits=18, decimal_places=2)

    objects: ClassVar[models.Manager[InvoiceLine]] = within("invoice__organization")

    class Meta:
        verbose_name = _("line of an invoice")
        verbose_name_plural = _("lines of invoices")
        ordering = ["invoice", "number"]
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["invoice", "number"], name="invoiceline_once")]

    def __str__(self) -> str:
        return f"{self.kind} {self.amount}"


class InvoiceDevice(models.Model):
    """The clicks of one row of the month, with the evidence they rest on (`billing.services.evidence`)."""

    invoice = models.ForeignKey(Invoice, on_delete=models.PROTECT, related_name="devices", db_index=False)
    row_id = models.BigIntegerField(_("row of the month"))
    order_number = models.PositiveIntegerField(_("No."))
    serial_number = models.CharField(_("serial number"), max_length=100, blank=True)
    equipment_model = models.CharField(_("model"), max_length=255, blank=True)
    place = models.CharField(_("place"), max_length=800, blank=True)
    part = models.CharField(_("part"), max_length=3)
    counters = models.JSONField(_("counters"))
    mono_clicks = models.BigIntegerField(_("black-and-white clicks"))
    color_clicks = models.BigIntegerField(_("colour clicks"))
    doubts = models.JSONField(_("doubts"), default=list)
    evidence = models.JSONField(_("evidence"), default=dict)

    objects: ClassVar[models.Manager[InvoiceDevice]] = within("invoice__organization")

    class Meta:
        verbose_name = _("device of an invoice")
        verbose_name_plural = _("devices of invoices")
        ordering = ["invoice", "order_number", "row_id"]
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["invoice", "row_id"], name="invoicedevice_once")]

    def __str__(self) -> str:
        return self.serial_number
