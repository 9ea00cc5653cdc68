"""Spreadsheets of cartridges on their way into the catalogue."""

from typing import ClassVar

from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from access.reach import within
from contracts.models.imports import ImportRow
from inventory.models import ImportedRow, ImportRecord


class CartridgeImport(ImportRecord):
    """One uploaded file of cartridges and the models that take them.

    The file is kept until it has been applied: what is applied is read from it anew and must equal what was shown.
    """

    file_name = models.CharField(_("file"), max_length=200)
    content = models.BinaryField(_("content"))
    primary = models.BooleanField(_("the models' usual cartridges"), default=False)
    skip_existing = models.BooleanField(_("leave known cartridges as they are"), default=False)

    objects: ClassVar[models.Manager["CartridgeImport"]] = within("")

    class Meta(ImportRecord.Meta):
        verbose_name = _("cartridge import")
        verbose_name_plural = _("cartridge imports")

    def __str__(self) -> str:
        return self.file_name

    def get_absolute_url(self) -> str:
        """Return the preview, or once applied the result."""
        return reverse("contracts:cartridge_import", args=[self.pk])


class CartridgeImportRow(ImportedRow):
    """One row of a preview of cartridges; `decision` leaves it out or not."""

    session = models.ForeignKey(CartridgeImport, on_delete=models.CASCADE, related_name="rows", db_index=False)
    decision = models.CharField(
        _("decision"), max_length=7, choices=ImportRow.Decision.choices, default=ImportRow.Decision.PENDING
    )

    class Meta(ImportedRow.Meta):
        verbose_name = _("row of a cartridge import")
        verbose_name_plural = _("rows of cartridge imports")
        constraints = [models.UniqueConstraint(fields=["session", "number"], name="cartridge_row_once")]
        indexes = [models.Index(fields=["session", "label", "number"], name="cartridge_row_label")]
