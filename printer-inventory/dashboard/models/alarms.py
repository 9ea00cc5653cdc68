"""What people want to be told about, and what they were told."""

from typing import ClassVar

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from access.reach import within
from contracts.models import City
from inventory.models import Organization, Printer
from outbox.models import Webhook


class RuleKind(models.TextChoices):
    """What a rule watches for."""

    SILENT = "silent", _("printer silent for hours")
    LOW = "low", _("supply below per cent")
    DAYS = "days", _("supply empty within days")
    JUMP = "jump", _("counters jumped or went back")
    JAM = "jam", _("paper jam reported")
    STANDSTILL = "standstill", _("nothing is being read")


class AlertRule(models.Model):
    """Who is told about what. `threshold` is hours, per cent or days, as the kind says; the other kinds have none."""

    name = models.CharField(_("name"), max_length=100, unique=True)
    kind = models.CharField(_("when"), max_length=10, choices=RuleKind.choices)
    threshold = models.PositiveIntegerField(
        _("threshold"),
        default=24,
        validators=[MinValueValidator(1), MaxValueValidator(9000)],
        help_text=_("Hours for silence, per cent for a level, days for a forecast; of no meaning for the others."),
    )
    organization = models.ForeignKey(
        Organization, on_delete=models.CASCADE, null=True, blank=True, related_name="+", verbose_name=_("organization")
    )
    city = models.ForeignKey(
        City, on_delete=models.CASCADE, null=True, blank=True, related_name="+", verbose_name=_("city")
    )
    recipients = models.TextField(_("e-mail to"), blank=True, default="")
    webhooks = models.ManyToManyField(Webhook, blank=True, related_name="rules", verbose_name=_("webhooks"))
    tell_recovery = models.BooleanField(_("also tell when it is over"), default=True)
    is_active = models.BooleanField(_("in use"), default=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    created_at = models.DateTimeField(_("added"), auto_now_add=True)
    looked_at = models.DateTimeField(_("looked at"), null=True, blank=True)

    objects: ClassVar[models.Manager["AlertRule"]] = within("")

    class Meta:
        verbose_name = _("alert rule")
        verbose_name_plural = _("alert rules")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        """Return the page of this rule."""
        return reverse("dashboard:rule", args=[self.pk])

    @property
    def condition(self) -> str:
        """What the rule waits for, as a sentence."""
        count = self.threshold
        if self.kind == RuleKind.SILENT:
            said = ngettext("a printer is silent for %(count)s hour", "a printer is silent for %(count)s hours", count)
        elif self.kind == RuleKind.LOW:
            said = gettext("a supply is at %(count)s\u00a0%% or lower")
        elif self.kind == RuleKind.DAYS:
            said = ngettext(
                "a supply will be empty within %(count)s day", "a supply will be empty within %(count)s days", count
            )
        else:
            return self.get_kind_display()
        return said % {"count": count}


class Alarm(models.Model):
    """One rule found one thing wrong with one printer, from `opened_at` to `closed_at`; at most one is open for the same thing.

    It outlives its printer: `printer_name` says which it was.
    """

    rule = models.ForeignKey(AlertRule, on_delete=models.CASCADE, related_name="alarms", verbose_name=_("rule"))
    printer = models.ForeignKey(
        Printer, on_delete=models.SET_NULL, null=True, blank=True, related_name="alarms", verbose_name=_("printer")
    )
    key = models.CharField(max_length=150)
    printer_name = models.CharField(_("printer"), max_length=200, blank=True, default="")
    text = models.CharField(_("what"), max_length=300)
    opened_at = models.DateTimeField(_("since"))
    closed_at = models.DateTimeField(_("until"), null=True, blank=True)

    objects: ClassVar[models.Manager["Alarm"]] = within("")

    class Meta:
        verbose_name = _("alarm")
        verbose_name_plural = _("alarms")
        ordering = ["-opened_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["rule", "key"], condition=Q(closed_at=None), name="dashboard_alarm_one_open"
            )
        ]

    def __str__(self) -> str:
        return f"{self.printer_name}: {self.text}"
