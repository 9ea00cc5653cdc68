"""Readings that are neither believed nor lost: they wait for a person."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from access.reach import within
from inventory.models.choices import Doubt, Resolution, Verdict
from inventory.models.polling import PageCounter
from inventory.models.printer import Printer


class Quarantine(models.Model):
    """One doubt about one printer: one open row per printer and kind, however many polls repeat it.

    `counter` is the newest doubted reading. `expected` is what was on file and believed when it came:
    `{serial, mac, total, counters, derived: {...}, read_at}`; `findings` are those of `inventory.rules.history`.
    `fingerprint` tells an answer that was rejected before from a new one; until `quiet_until` it opens no new row.
    `undo` is what the resolution changed, for its inverse.
    """

    printer = models.ForeignKey(Printer, on_delete=models.CASCADE, related_name="doubts", verbose_name=_("printer"))
    kind = models.CharField(_("doubt"), max_length=10, choices=Doubt.choices)
    verdict = models.CharField(_("verdict"), max_length=30, choices=Verdict.choices)
    reason = models.TextField(_("reason"))
    fingerprint = models.CharField(max_length=64)
    counter = models.ForeignKey(PageCounter, on_delete=models.CASCADE, related_name="+", verbose_name=_("reading"))
    expected = models.JSONField(_("expected"), default=dict)
    findings = models.JSONField(_("findings"), default=list)
    first_seen_at = models.DateTimeField(_("since"))
    last_seen_at = models.DateTimeField(_("last seen"))
    repeats = models.PositiveIntegerField(_("polls"), default=1)
    resolved_at = models.DateTimeField(_("resolved"), null=True, blank=True)
    resolved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    resolution = models.CharField(_("resolution"), max_length=10, choices=Resolution.choices, blank=True, default="")
    quiet_until = models.DateTimeField(_("quiet until"), null=True, blank=True)
    undo = models.JSONField(default=dict)

    objects: ClassVar[models.Manager["Quarantine"]] = within("printer__organization")

    class Meta:
        verbose_name = _("doubtful reading")
        verbose_name_plural = _("doubtful readings")
        ordering = ["-last_seen_at", "-id"]
        indexes = [models.Index(fields=["kind", "last_seen_at"], condition=Q(resolved_at=None), name="quarantine_open")]
        constraints = [
            models.UniqueConstraint(
                fields=["printer", "kind"], condition=Q(resolved_at=None), name="quarantine_one_open_per_kind"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.printer_id}: {self.kind}"

    @property
    def is_open(self) -> bool:
        """Whether it still waits for a person."""
        return self.resolved_at is None
