"""Exports too large to wait for: a row from the moment one is asked for, and the file in pieces until it is forgotten."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from access.reach import own
from inventory.models.choices import OPEN_STATES, JobState


class Export(models.Model):
    """One file of printers that somebody asked for.

    `query` is the list's query string, `columns` the chosen columns (empty: all), `language` and `zone` are the asker's. Who
    holds the lease (`lease_token`) may write, nobody else; a worker that dies is followed by another one, which begins anew.
    """

    class Kind(models.TextChoices):
        """What the file is."""

        XLSX = "xlsx", "Excel"
        CSV = "csv", "CSV"

    state = models.CharField(_("state"), max_length=8, choices=JobState.choices, default=JobState.QUEUED)
    kind = models.CharField(_("file"), max_length=4, choices=Kind.choices)
    query = models.TextField(_("filter"), blank=True, default="")
    columns = models.JSONField(_("columns"), default=list)
    language = models.CharField(_("language"), max_length=16)
    zone = models.CharField(_("time zone"), max_length=64)
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+", verbose_name=_("asked by")
    )
    requested_at = models.DateTimeField(_("asked for"), default=timezone.now)
    started_at = models.DateTimeField(_("started"), null=True, blank=True)
    finished_at = models.DateTimeField(_("finished"), null=True, blank=True)
    done = models.PositiveIntegerField(_("rows written"), default=0)
    total = models.PositiveIntegerField(_("rows"), default=0)
    size = models.PositiveBigIntegerField(_("bytes"), default=0)
    stop_asked = models.BooleanField(_("to be stopped"), default=False)
    attempt = models.PositiveSmallIntegerField(_("attempt"), default=0)
    worker = models.CharField(_("worker"), max_length=100, blank=True, default="")
    lease_token = models.UUIDField(null=True, blank=True)
    lease_until = models.DateTimeField(_("leased until"), null=True, blank=True)
    reason = models.TextField(_("reason"), blank=True, default="")

    objects: ClassVar[models.Manager["Export"]] = own("requested_by")

    class Meta:
        verbose_name = _("export")
        verbose_name_plural = _("exports")
        ordering = ["-requested_at", "-id"]
        indexes = [
            models.Index(fields=["requested_at"], condition=Q(state__in=["queued", "running"]), name="export_open")
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.requested_at:%Y-%m-%d %H:%M}"

    def get_absolute_url(self) -> str:
        """Return the page of this export."""
        return reverse("inventory:export", args=[self.pk])

    @property
    def is_open(self) -> bool:
        """Whether it has not ended."""
        return self.state in OPEN_STATES


class ExportPiece(models.Model):
    """A part of an export's file: it needs no disk that web and workers share, and is sent without ever being whole in memory."""

    export = models.ForeignKey(Export, on_delete=models.CASCADE, related_name="pieces", db_index=False)
    number = models.PositiveIntegerField()
    content = models.BinaryField()

    class Meta:
        ordering = ["number"]
        constraints = [models.UniqueConstraint(fields=["export", "number"], name="export_piece_once")]

    def __str__(self) -> str:
        return f"{self.export_id}/{self.number}"
