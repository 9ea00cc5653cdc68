"""Devices that an import brought and nobody polls yet: where GLPI says they are, and what became of it."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from access.reach import within
from contracts.models.device import ContractDevice
from contracts.models.imports import ImportSession
from inventory.models import Printer
from inventory.models.leased import LeasedJob


class AutoPollCandidate(models.Model):
    """A device under contract that could be polled. `glpi_date` is when GLPI last heard of the device itself.

    `verify_ok` is null until its address was asked. `created_printer` is the printer it became; `ignored_at` leaves it out.
    """

    class Status(models.TextChoices):
        """What GLPI says."""

        WAITING = "waiting", _("not asked yet")
        ACTIVE = "glpi_active", _("seen by GLPI")
        STALE = "glpi_stale", _("not seen lately")
        NOT_FOUND = "not_found", _("unknown to GLPI")
        NO_IP = "no_ip", _("no usable address")
        CONFLICT = "ip_conflict", _("address is another's")
        ERROR = "error", _("error")

    session = models.ForeignKey(ImportSession, on_delete=models.CASCADE, related_name="candidates", db_index=False)
    contract_device = models.ForeignKey(
        ContractDevice, on_delete=models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("device")
    )
    serial_number = models.CharField(_("serial number"), max_length=128)
    status = models.CharField(_("what GLPI says"), max_length=11, choices=Status.choices, default=Status.WAITING)
    glpi_printer_id = models.PositiveBigIntegerField(_("number in GLPI"), null=True, blank=True)
    glpi_name = models.CharField(_("name in GLPI"), max_length=255, blank=True, default="")
    glpi_ip = models.GenericIPAddressField(_("address in GLPI"), null=True, blank=True)
    glpi_counter = models.PositiveBigIntegerField(_("pages in GLPI"), null=True, blank=True)
    glpi_date = models.DateTimeField(_("last seen by GLPI"), null=True, blank=True)
    error = models.CharField(_("why not"), max_length=500, blank=True, default="")
    checked_at = models.DateTimeField(_("looked up"), null=True, blank=True)
    verify_ok = models.BooleanField(_("answers with this serial number"), null=True, blank=True)
    verify_message = models.CharField(_("what answered"), max_length=500, blank=True, default="")
    verified_at = models.DateTimeField(_("asked"), null=True, blank=True)
    created_printer = models.ForeignKey(
        Printer, on_delete=models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("printer")
    )
    ignored_at = models.DateTimeField(_("left out"), null=True, blank=True)

    objects: ClassVar[models.Manager["AutoPollCandidate"]] = within("")

    class Meta:
        verbose_name = _("candidate for polling")
        verbose_name_plural = _("candidates for polling")
        ordering = ["serial_number"]
        constraints = [models.UniqueConstraint(fields=["session", "serial_number"], name="candidate_once_per_session")]
        indexes = [models.Index(fields=["session", "status"], name="candidate_status")]

    def __str__(self) -> str:
        return self.serial_number


class AutoPollJob(LeasedJob):
    """Work on the candidates of an import: a row from the moment it is asked for. `only` are candidates, null for all."""

    class Task(models.TextChoices):
        """What is done."""

        PROBE = "probe", _("looking up in GLPI")
        VERIFY = "verify", _("asking their addresses")

    session = models.ForeignKey(ImportSession, on_delete=models.CASCADE, related_name="autopoll_jobs")
    task = models.CharField(_("task"), max_length=6, choices=Task.choices)
    only = models.JSONField(null=True, blank=True)

    objects: ClassVar[models.Manager["AutoPollJob"]] = within("")

    class Meta:
        verbose_name = _("work on candidates")
        verbose_name_plural = _("work on candidates")
        ordering = ["-requested_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["session"], condition=Q(state__in=["queued", "running"]), name="autopoll_one_job"
            )
        ]

    def __str__(self) -> str:
        return f"{self.session}: {self.task}"
