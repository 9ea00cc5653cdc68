"""Spreadsheets of printers on their way into the fleet."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from access.reach import within
from inventory.models.organization import Organization


class ImportRecord(models.Model):
    """One import: who uploaded it, what its preview counted, and whether it has been applied; a base for every import's table.

    `token`, `digest`, `state`, `attempt`, `lease_until` and `reason` are the record of `sheets.applying`.
    """

    class State(models.TextChoices):
        """Where an import stands, in the words of `sheets.applying`."""

        OFFERED = "offered", _("looked through")
        RUNNING = "running", _("running")
        DONE = "done", _("applied")
        FAILED = "failed", _("failed")

    uploaded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    uploaded_at = models.DateTimeField(_("uploaded"), default=timezone.now)
    counts = models.JSONField(_("counts"), default=dict)
    token = models.CharField(max_length=64)
    digest = models.CharField(max_length=64)
    state = models.CharField(_("state"), max_length=8, choices=State.choices, default=State.OFFERED)
    attempt = models.PositiveSmallIntegerField(_("attempt"), default=0)
    lease_until = models.DateTimeField(_("leased until"), null=True, blank=True)
    reason = models.TextField(_("reason"), blank=True, default="")
    result = models.JSONField(_("result"), default=dict)
    applied_at = models.DateTimeField(_("applied"), null=True, blank=True)

    class Meta:
        abstract = True
        ordering = ["-uploaded_at", "-id"]


class ImportedRow(models.Model):
    """One row of a preview: what it holds, what would become of it, and what is wrong with it; a base as well."""

    number = models.PositiveIntegerField(_("row"))
    label = models.CharField(_("what becomes of it"), max_length=12)
    verdict = models.CharField(_("verdict"), max_length=7)
    target = models.CharField(max_length=20, blank=True, default="")
    values = models.JSONField(_("values"))
    problems = models.JSONField(_("problems"), default=list)

    class Meta:
        abstract = True
        ordering = ["number"]

    def __str__(self) -> str:
        return f"{self.number}: {self.label}"


class PrinterImport(ImportRecord):
    """One uploaded file of printers.

    The file is kept until it has been applied, because what is applied is read from it anew and must equal what was shown.
    """

    file_name = models.CharField(_("file"), max_length=200)
    content = models.BinaryField(_("content"))
    organization = models.ForeignKey(
        Organization, on_delete=models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("organization")
    )
    community = models.CharField(_("SNMP community"), max_length=100, default="public")
    create_models = models.BooleanField(_("create missing models"), default=False)

    objects: ClassVar[models.Manager["PrinterImport"]] = within("")

    class Meta(ImportRecord.Meta):
        verbose_name = _("printer import")
        verbose_name_plural = _("printer imports")

    def __str__(self) -> str:
        return self.file_name

    def get_absolute_url(self) -> str:
        """Return the preview, or once applied the result."""
        return reverse("inventory:import", args=[self.pk])


class PrinterImportRow(ImportedRow):
    """One row of a preview of printers."""

    session = models.ForeignKey(PrinterImport, on_delete=models.CASCADE, related_name="rows", db_index=False)

    class Meta(ImportedRow.Meta):
        verbose_name = _("import row")
        verbose_name_plural = _("import rows")
        constraints = [models.UniqueConstraint(fields=["session", "number"], name="import_row_once")]
        indexes = [models.Index(fields=["session", "label", "number"], name="import_row_label")]
