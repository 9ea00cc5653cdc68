"""A row of the month: one device, or one paper size of it, with its counters and its service figures."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models
from django.db.models import Case, Expression, F, FloatField, Q, Value, When
from django.db.models.functions import Cast, Coalesce, Greatest, Least
from django.utils.translation import gettext_lazy as _

from access.reach import within
from inventory.models import Organization, Printer


class Part(models.TextChoices):
    """What of a device a row bills (`monthly_report.rules.figures.Part`, which rules on it)."""

    ALL = "ALL", _("whole device")
    A4 = "A4", _("A4")
    A3 = "A3", _("A3")


def _rise(paper: str) -> Expression:
    """Return the pages of a paper size; a counter of which one end is not known adds nothing."""
    rises = [F(f"{paper}_{colour}_end") - F(f"{paper}_{colour}_start") for colour in ("bw", "color")]
    return Coalesce(rises[0], Value(0)) + Coalesce(rises[1], Value(0))


def _pages() -> Expression:
    return Case(When(part=Part.A3, then=Value(0)), default=_rise("a4")) + Case(
        When(part=Part.A4, then=Value(0)), default=_rise("a3")
    )


def _share(part: Any, whole: str) -> Expression:
    """Return part / whole in per cent, between 0 and 100, 0 where there is no whole."""
    share = Cast(part, FloatField()) / Cast(F(whole), FloatField()) * Value(100.0)
    return Case(
        When(Q(**{f"{whole}__gt": 0}), then=Least(Value(100.0), Greatest(Value(0.0), share))), default=Value(0.0)
    )


def _counter(label: Any) -> models.PositiveIntegerField[int | None, int | None]:
    return models.PositiveIntegerField(label, null=True, blank=True)


class MonthlyReport(models.Model):
    """One row of a month.

    Counters are None until they are known: a true 0 is a figure. `*_auto` is what the device itself told at its last good
    poll of the month (of `actual_downtime` what its days come to), `*_manual` says that a person has written over it.
    `total_prints`, `k1` and `k2` are computed by the database (`monthly_report.rules.figures` has the rule). `device_key` and
    `part` come from `monthly_report.rules.devices`.
    """

    month = models.DateField(_("month"))
    order_number = models.PositiveIntegerField(_("No."), default=1)
    organization = models.ForeignKey(
        Organization, on_delete=models.PROTECT, related_name="monthly_reports", verbose_name=_("organization")
    )
    branch = models.CharField(_("branch"), max_length=255, blank=True, default="")
    city = models.CharField(_("city"), max_length=255, blank=True, default="")
    address = models.CharField(_("address"), max_length=255, blank=True, default="")
    equipment_model = models.CharField(_("model"), max_length=255, blank=True, default="")
    serial_number = models.CharField(_("serial number"), max_length=100, blank=True, default="")
    inventory_number = models.CharField(_("inventory number"), max_length=100, blank=True, default="")
    device_key = models.CharField(max_length=110)
    part = models.CharField(_("part"), max_length=3, choices=Part.choices, default=Part.ALL)

    a4_bw_start = _counter(_("A4 black-and-white, start"))
    a4_bw_end = _counter(_("A4 black-and-white, end"))
    a4_color_start = _counter(_("A4 colour, start"))
    a4_color_end = _counter(_("A4 colour, end"))
    a3_bw_start = _counter(_("A3 black-and-white, start"))
    a3_bw_end = _counter(_("A3 black-and-white, end"))
    a3_color_start = _counter(_("A3 colour, start"))
    a3_color_end = _counter(_("A3 colour, end"))
    a4_bw_end_auto = _counter(_("A4 black-and-white, told"))
    a4_color_end_auto = _counter(_("A4 colour, told"))
    a3_bw_end_auto = _counter(_("A3 black-and-white, told"))
    a3_color_end_auto = _counter(_("A3 colour, told"))
    a4_bw_end_manual = models.BooleanField(default=False)
    a4_color_end_manual = models.BooleanField(default=False)
    a3_bw_end_manual = models.BooleanField(default=False)
    a3_color_end_manual = models.BooleanField(default=False)
    total_prints = models.GeneratedField(
        verbose_name=_("pages"), expression=_pages(), output_field=models.IntegerField(), db_persist=True
    )

    normative_availability = models.FloatField(_("agreed hours (A)"), default=0)
    actual_downtime = models.FloatField(_("hours of downtime (D)"), default=0)
    actual_downtime_auto = models.FloatField(_("hours of downtime, counted"), null=True, blank=True)
    actual_downtime_manual = models.BooleanField(_("hours of downtime written by a person"), default=False)
    k1 = models.GeneratedField(
        expression=_share(
            F("normative_availability") - Greatest(Value(0.0), F("actual_downtime")), "normative_availability"
        ),
        output_field=FloatField(),
        db_persist=True,
    )
    non_overdue_requests = models.PositiveIntegerField(_("requests in time (L)"), default=0)
    total_requests = models.PositiveIntegerField(_("requests (W)"), default=0)
    k2 = models.GeneratedField(
        expression=_share(F("non_overdue_requests"), "total_requests"), output_field=FloatField(), db_persist=True
    )

    printer = models.ForeignKey(
        Printer, on_delete=models.SET_NULL, null=True, blank=True, related_name="monthly_reports", db_index=False
    )
    device_ip = models.GenericIPAddressField(_("IP address"), null=True, blank=True)
    inventory_last_ok = models.DateTimeField(_("last good reading"), null=True, blank=True)
    inventory_autosync_at = models.DateTimeField(_("taken over"), null=True, blank=True)
    counter_id = models.BigIntegerField(_("reading"), null=True, blank=True)
    version = models.PositiveIntegerField(_("version"), default=0, editable=False)

    objects: ClassVar[models.Manager[MonthlyReport]] = within("organization")

    class Meta:
        verbose_name = _("row of a month")
        verbose_name_plural = _("rows of months")
        ordering = ["month", "order_number", "id"]
        constraints = [
            models.UniqueConstraint(fields=["month", "device_key", "part"], name="month_device_part_once"),
            models.CheckConstraint(condition=Q(month__day=1), name="month_is_a_first"),
        ]
        indexes = [
            models.Index(fields=["month", "order_number", "id"], name="month_order"),
            models.Index(fields=["month", "-total_prints"], name="month_pages"),
            models.Index(fields=["device_key", "month"], name="month_device"),
            models.Index(fields=["month", "organization"], name="month_organization"),
        ]
        default_permissions = ("view", "change")
        permissions = [
            ("access_monthly_report", _("Can open the monthly report")),
            ("upload_monthly_report", _("Can import a month")),
            ("edit_counters_start", _("Can edit counters at the start of a month")),
            ("edit_counters_end", _("Can edit counters at the end of a month")),
            ("sync_from_inventory", _("Can take counters over from polls")),
            ("view_change_history", _("Can see who has changed what")),
            ("view_monthly_report_metrics", _("Can see the figures of months and editors")),
            ("can_manage_month_visibility", _("Can publish and hide months")),
            ("can_reset_auto_polling", _("Can return counters to what the device told")),
            ("can_poll_all_printers", _("Can poll the printers of a month")),
            ("can_delete_month", _("Can delete a month")),
            ("mail_month", _("Can send a month by e-mail")),
            ("export_to_glpi", _("Can write counters of a month to GLPI")),
            ("override_auto_lock", _("Can edit counters that the device tells itself")),
        ]

    def __str__(self) -> str:
        return f"{self.month:%Y-%m} {self.order_number} {self.serial_number}"
