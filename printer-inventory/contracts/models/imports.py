"""Spreadsheets of contract devices on their way into the contracts."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from access.reach import within
from contracts.models.device import ContractDevice
from contracts.models.reference import ContractStatus, ServiceProvider
from inventory.models import ImportedRow, ImportRecord


class ImportSession(ImportRecord):
    """One import of any number of files, looked through and applied by a worker.

    `task` says what `queued` and `running` are about; `done` of `total` rows is how far it is. Decisions about rows raise
    `version`, which the token of the page that offers to apply is bound to. `made` is what applying added to the catalogue, for
    undoing: {"city" | "model" | "manufacturer": {id: name}}.
    """

    class State(models.TextChoices):
        """Where an import stands."""

        QUEUED = "queued", _("queued")
        RUNNING = "running", _("running")
        OFFERED = "offered", _("looked through")
        DONE = "done", _("applied")
        FAILED = "failed", _("failed")
        LOST = "lost", _("lost")

    class Task(models.TextChoices):
        """What a worker does with it."""

        LOOK = "look", _("looking through")
        APPLY = "apply", _("applying")
        UNDO = "undo", _("undoing")

    name = models.CharField(_("name"), max_length=200)
    target_status = models.ForeignKey(
        ContractStatus, on_delete=models.PROTECT, related_name="+", verbose_name=_("status")
    )
    service_provider = models.ForeignKey(
        ServiceProvider,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("service provider"),
    )
    create_cities = models.BooleanField(_("make cities that are missing"), default=True)
    create_models = models.BooleanField(_("make models that are missing"), default=False)
    state = models.CharField(_("state"), max_length=8, choices=State.choices, default=State.QUEUED)
    task = models.CharField(_("task"), max_length=5, choices=Task.choices, default=Task.LOOK)
    done = models.PositiveIntegerField(_("rows done"), default=0)
    total = models.PositiveIntegerField(_("rows"), default=0)
    version = models.PositiveIntegerField(_("version"), default=0)
    made = models.JSONField(default=dict, blank=True, editable=False)
    undone_at = models.DateTimeField(_("undone"), null=True, blank=True)
    undone_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )

    objects: ClassVar[models.Manager["ImportSession"]] = within("")

    class Meta(ImportRecord.Meta):
        verbose_name = _("contract import")
        verbose_name_plural = _("contract imports")

    def __str__(self) -> str:
        return self.name

    @property
    def can_undo(self) -> bool:
        """Whether it was applied and has not been taken back."""
        return self.state == self.State.DONE and self.undone_at is None and self.applied_at is not None

    def get_absolute_url(self) -> str:
        """Return the preview, or once applied the result."""
        return reverse("contracts:import", args=[self.pk])


class ImportFile(models.Model):
    """One uploaded file; its bytes are dropped once its rows have been read."""

    session = models.ForeignKey(ImportSession, on_delete=models.CASCADE, related_name="files")
    original_name = models.CharField(_("file"), max_length=200)
    content = models.BinaryField(_("content"))
    rows_total = models.PositiveIntegerField(_("rows"), default=0)
    uploaded_at = models.DateTimeField(_("uploaded"), auto_now_add=True)

    class Meta:
        verbose_name = _("file of a contract import")
        verbose_name_plural = _("files of contract imports")
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["session", "original_name"], name="contract_file_once")]

    def __str__(self) -> str:
        return self.original_name


class ImportRow(ImportedRow):
    """One row of a preview: `values` are its parsed cells, `changes` what it would set, `key` the serial number it is about.

    Once applied, `written` is {"was": {field: value}, "now": {field: value}} of its device, for undoing; `was` is null for a
    device that the row made.
    """

    class Decision(models.TextChoices):
        """What a person said about a row; pending follows its label."""

        PENDING = "pending", _("as suggested")
        APPLY = "apply", _("apply")
        SKIP = "skip", _("leave out")

    session = models.ForeignKey(ImportSession, on_delete=models.CASCADE, related_name="rows", db_index=False)
    file = models.ForeignKey(ImportFile, on_delete=models.CASCADE, related_name="rows", db_index=False)
    key = models.CharField(max_length=160, blank=True, default="")
    changes = models.JSONField(_("changes"), default=dict)
    decision = models.CharField(_("decision"), max_length=7, choices=Decision.choices, default=Decision.PENDING)
    applied_device = models.ForeignKey(
        ContractDevice, on_delete=models.SET_NULL, null=True, blank=True, related_name="+", db_index=False
    )

    written = models.JSONField(null=True, blank=True)

    class Meta(ImportedRow.Meta):
        verbose_name = _("row of a contract import")
        verbose_name_plural = _("rows of contract imports")
        ordering = ["file", "number"]
        constraints = [models.UniqueConstraint(fields=["file", "number"], name="contract_row_once")]
        indexes = [
            models.Index(fields=["session", "label", "id"], name="contract_row_label"),
            models.Index(fields=["session", "key"], name="contract_row_key"),
        ]
