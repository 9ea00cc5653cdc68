"""Who has changed what; these rows outlive the month they are about."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from access.reach import within
from monthly_report.models.report import MonthlyReport


class BulkChangeLog(models.Model):
    """One change of many rows: an import, a takeover, a deletion."""

    class Operation(models.TextChoices):
        EXCEL_UPLOAD = "excel_upload", _("Import")
        UPLOAD_UNDONE = "upload_undone", _("Import undone")
        BULK_SYNC = "bulk_sync", _("Taken over from polls")
        BULK_EDIT = "bulk_edit", _("Edited together")
        MONTH_DELETE = "month_delete", _("Month deleted")

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    operation_type = models.CharField(_("what"), max_length=16, choices=Operation.choices)
    month = models.DateField(_("month"))
    records_affected = models.PositiveIntegerField(_("rows"), default=0)
    fields_changed = models.JSONField(_("fields"), default=list, blank=True)
    operation_params = models.JSONField(_("details"), default=dict, blank=True)
    started_at = models.DateTimeField(_("begun"), default=timezone.now)
    finished_at = models.DateTimeField(_("ended"), null=True, blank=True)
    success = models.BooleanField(_("went well"), default=True)
    error_message = models.TextField(_("reason"), blank=True, default="")
    ip_address = models.GenericIPAddressField(_("from"), null=True, blank=True)

    objects: ClassVar[models.Manager[BulkChangeLog]] = within("")

    class Meta:
        verbose_name = _("change of many rows")
        verbose_name_plural = _("changes of many rows")
        ordering = ["-started_at", "-id"]
        default_permissions = ("view",)
        indexes = [models.Index(fields=["month", "-started_at"], name="bulkchange_month")]

    def __str__(self) -> str:
        return f"{self.operation_type} {self.month:%Y-%m}"


class CounterChangeLog(models.Model):
    """One counter, or the downtime, that was changed: counters stand in `*_value`, downtime in `*_hours`.

    `month`, `device_key`, `part` and `serial_number` say whose, also once the row is gone.
    """

    class Source(models.TextChoices):
        MANUAL = "manual", _("By hand")
        EXCEL_UPLOAD = "excel_upload", _("Import")
        AUTO_SYNC = "auto_sync", _("Taken over from polls")
        REVERT = "revert", _("Taken back")

    monthly_report = models.ForeignKey(
        MonthlyReport, on_delete=models.SET_NULL, null=True, blank=True, related_name="change_logs", db_index=False
    )
    month = models.DateField(_("month"))
    device_key = models.CharField(max_length=110)
    part = models.CharField(_("part"), max_length=3)
    serial_number = models.CharField(_("serial number"), max_length=100, blank=True, default="")
    bulk = models.ForeignKey(
        BulkChangeLog, on_delete=models.SET_NULL, null=True, blank=True, related_name="counters", db_index=False
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    field_name = models.CharField(_("figure"), max_length=16)
    old_value = models.PositiveIntegerField(_("before"), null=True, blank=True)
    new_value = models.PositiveIntegerField(_("after"), null=True, blank=True)
    old_hours = models.FloatField(_("hours before"), null=True, blank=True)
    new_hours = models.FloatField(_("hours after"), null=True, blank=True)
    timestamp = models.DateTimeField(_("when"), default=timezone.now)
    ip_address = models.GenericIPAddressField(_("from"), null=True, blank=True)
    user_agent = models.CharField(_("browser"), max_length=500, blank=True, default="")
    change_source = models.CharField(_("how"), max_length=12, choices=Source.choices, default=Source.MANUAL)
    comment = models.TextField(_("comment"), blank=True, default="")

    objects: ClassVar[models.Manager[CounterChangeLog]] = within("monthly_report__organization")

    class Meta:
        verbose_name = _("changed counter")
        verbose_name_plural = _("changed counters")
        ordering = ["-timestamp", "-id"]
        default_permissions = ("view",)
        indexes = [
            models.Index(fields=["monthly_report", "-timestamp"], name="change_row"),
            models.Index(fields=["month", "-timestamp"], name="change_month"),
            models.Index(fields=["user", "-timestamp"], name="change_user"),
        ]

    def __str__(self) -> str:
        return f"{self.month:%Y-%m} {self.serial_number} {self.field_name}"

    @property
    def before(self) -> int | float | None:
        """Return what stood there before, whatever it is."""
        return self.old_value if self.old_hours is None else self.old_hours

    @property
    def after(self) -> int | float | None:
        """Return what stood there after it."""
        return self.new_value if self.new_hours is None else self.new_hours

    @property
    def change_delta(self) -> int:
        """Return how much the counter rose; an unknown one counts as 0."""
        return (self.new_value or 0) - (self.old_value or 0)
