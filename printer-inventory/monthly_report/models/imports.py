"""Spreadsheets on their way into a month: looked through, applied once, undone while nothing was built on them."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from access.reach import within
from inventory.models import ImportedRow, ImportRecord


class MonthImport(ImportRecord):
    """One uploaded month.

    `undo` holds what the applied rows were before.
    """

    month = models.DateField(_("month"))
    file_name = models.CharField(_("file"), max_length=200)
    content = models.BinaryField(_("content"))
    replace_month = models.BooleanField(_("remove rows that the file lacks"), default=False)
    edit_until = models.DateTimeField(_("open for editing until"), null=True, blank=True)
    is_published = models.BooleanField(_("published"), default=False)
    undo = models.JSONField(null=True, blank=True)
    undone_at = models.DateTimeField(_("undone"), null=True, blank=True)

    objects: ClassVar[models.Manager[MonthImport]] = within("")

    class Meta(ImportRecord.Meta):
        verbose_name = _("import of a month")
        verbose_name_plural = _("imports of months")
        default_permissions = ("view",)

    def __str__(self) -> str:
        return self.file_name

    def get_absolute_url(self) -> str:
        """Return the preview, or once applied the result."""
        return reverse("monthly_report:import", args=[self.pk])


class MonthImportRow(ImportedRow):
    """One row of a preview of a month."""

    session = models.ForeignKey(MonthImport, on_delete=models.CASCADE, related_name="rows", db_index=False)

    class Meta(ImportedRow.Meta):
        verbose_name = _("row of an import of a month")
        verbose_name_plural = _("rows of imports of months")
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["session", "number"], name="monthimport_row_once")]
        indexes = [models.Index(fields=["session", "label", "number"], name="monthimport_row_label")]
