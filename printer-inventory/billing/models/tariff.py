"""What an organization pays per click, from one month to another."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import ClassVar

from django.conf import settings
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeOperators
from django.db import models
from django.db.models import F, Func, Q, Value
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from access.reach import within
from inventory.models import Organization

CURRENCIES = [(code, code) for code in ("RUB", "EUR", "USD", "KZT", "BYN", "CNY", "JPY")]
"""What a tariff can be in (ISO 4217); `billing.rules.money` knows their coins."""


class Tariff(models.Model):
    """The prices of one contract: from `valid_from` up to and with `valid_until`, both the first days of months.

    At most one tariff of an organization holds in a month; the database refuses another one, whoever saves it. `version` counts
    edits: an edit of an older one is refused.
    """

    organization = models.ForeignKey(
        Organization, on_delete=models.PROTECT, related_name="tariffs", verbose_name=_("organization")
    )
    contract = models.CharField(_("contract"), max_length=100, blank=True, default="")
    currency = models.CharField(_("currency"), max_length=3, choices=CURRENCIES, default="RUB")
    minimum = models.DecimalField(_("minimum per month"), max_digits=12, decimal_places=2, default=Decimal(0))
    valid_from = models.DateField(pgettext_lazy("months", "from"))
    valid_until = models.DateField(pgettext_lazy("months", "until"), null=True, blank=True)
    comment = models.TextField(_("comment"), blank=True, default="")
    updated_at = models.DateTimeField(_("edited"), auto_now=True)
    updated_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    version = models.PositiveIntegerField(default=0, editable=False)

    objects: ClassVar[models.Manager[Tariff]] = within("organization")

    class Meta:
        verbose_name = _("tariff")
        verbose_name_plural = _("tariffs")
        ordering = ["organization__name", "-valid_from"]
        constraints = [
            # Ranges know "overlaps" without an extension; a range of one id stands for "the same organization".
            ExclusionConstraint(
                name="tariff_one_per_month",
                expressions=[
                    (
                        Func(F("organization"), F("organization"), Value("[]"), function="int8range"),
                        RangeOperators.OVERLAPS,
                    ),
                    (
                        Func(F("valid_from"), F("valid_until"), Value("[]"), function="daterange"),
                        RangeOperators.OVERLAPS,
                    ),
                ],
            ),
            models.CheckConstraint(
                condition=Q(valid_from__day=1) & (Q(valid_until=None) | Q(valid_until__day=1)), name="tariff_of_months"
            ),
            models.CheckConstraint(
                condition=Q(valid_until=None) | Q(valid_until__gte=F("valid_from")), name="tariff_ends_after_it_begins"
            ),
            models.CheckConstraint(condition=Q(minimum__gte=0), name="tariff_minimum_not_negative"),
        ]

    def __str__(self) -> str:
        return f"{self.organization} {self.valid_from:%Y-%m}"

    def get_absolute_url(self) -> str:
        """Return the page on which it is edited."""
        return reverse("billing:tariff", args=[self.pk])

    def holds_in(self, month: date) -> bool:
        """Say whether a month is billed by this tariff."""
        return self.valid_from <= month and (self.valid_until is None or month <= self.valid_until)


class TariffTier(models.Model):
    """The price of every click above so many of a month, up to the next tier of the same colour."""

    tariff = models.ForeignKey(Tariff, on_delete=models.CASCADE, related_name="tiers", db_index=False)
    colour = models.CharField(
        _("clicks"),
        max_length=5,
        choices=[("mono", _("black-and-white")), ("color", _("colour"))],
    )
    above = models.PositiveIntegerField(_("above"), default=0)
    price = models.DecimalField(_("price"), max_digits=12, decimal_places=4)

    objects: ClassVar[models.Manager[TariffTier]] = within("tariff__organization")

    class Meta:
        verbose_name = _("tier of a tariff")
        verbose_name_plural = _("tiers of tariffs")
        ordering = ["tariff", "-colour", "above"]
        default_permissions = ("view",)
        constraints = [
            models.UniqueConstraint(fields=["tariff", "colour", "above"], name="tier_once"),
            models.CheckConstraint(condition=Q(price__gte=0), name="tier_price_not_negative"),
        ]

    def __str__(self) -> str:
        return f"{self.colour} > {self.above}: {self.price}"


class BillingAccess(models.Model):  # noqa: DJ008 - has no rows to name
    """Holds the permissions of billing as a whole; there is no table."""

    class Meta:
        managed = False
        default_permissions = ()
        permissions = [
            ("access_billing", _("Can open billing")),
            ("edit_tariffs", _("Can edit tariffs")),
            ("issue_invoices", _("Can issue invoices")),
            ("export_billing", _("Can export tariffs and invoices")),
        ]
