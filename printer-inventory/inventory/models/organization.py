"""Clients whose printers are looked after."""

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from access.reach import within


class Organization(models.Model):
    """A client; printers of an inactive one are not polled."""

    name = models.CharField(_("name"), max_length=200)
    code = models.CharField(_("code"), max_length=50, blank=True)
    active = models.BooleanField(_("active"), default=True)
    poll_window = models.PositiveSmallIntegerField(
        _("printers asked at once"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1)],
        help_text=_("For a client behind a thin line: no more of its printers are asked at once, polls by hand apart."),
    )
    working_hours = models.CharField(
        _("working hours"),
        max_length=200,
        blank=True,
        default="",
        help_text=_(
            "Silence outside of them is no downtime. Like Mo-Fr 09:00-18:00; Sa 10-14, or 24/7. If empty: the company's week."
        ),
    )
    # The same as bits (`inventory.rules.working_hours.Week`), for the database; written with it.
    working_week = ArrayField(models.IntegerField(), size=7, null=True, blank=True, editable=False)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    updated_at = models.DateTimeField(_("updated"), auto_now=True)

    objects: ClassVar[models.Manager["Organization"]] = within("pk")

    class Meta:
        verbose_name = _("organization")
        verbose_name_plural = _("organizations")
        ordering = ["name"]
        constraints = [models.UniqueConstraint(Lower("name"), name="org_name_ci_unique")]

    def __str__(self) -> str:
        return self.name
