"""What is kept about workers, notifications, people's actions and API access."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from eztaskmanager.models.report import LaunchReport, current_time
from eztaskmanager.models.task import Task


class Worker(models.Model):
    """A database worker that is, or was, alive. Its name is in the runs it has."""

    name = models.CharField(_("name"), max_length=120, unique=True)
    host = models.CharField(_("host"), max_length=100)
    pid = models.PositiveIntegerField(_("process"))
    queues = models.CharField(_("queues"), max_length=200)
    concurrency = models.PositiveSmallIntegerField(_("concurrency"))
    started_at = models.DateTimeField(_("started"), default=current_time)
    heartbeat_at = models.DateTimeField(_("last sign of life"), default=current_time)

    class Meta:
        verbose_name = _("Worker")
        verbose_name_plural = _("Workers")

    def __str__(self) -> str:
        return self.name


class Delivery(models.Model):
    """What became of one notification."""

    report = models.ForeignKey(
        LaunchReport,
        on_delete=models.CASCADE,
        verbose_name=_("run"),
        related_name="deliveries",
        null=True,
    )
    handler = models.CharField(_("handler"), max_length=100)
    event = models.CharField(_("event"), max_length=20)
    delivered = models.BooleanField(_("delivered"))
    detail = models.CharField(_("detail"), max_length=500, blank=True)
    created_at = models.DateTimeField(_("when"), default=current_time)

    class Meta:
        verbose_name = _("Delivery")
        verbose_name_plural = _("Deliveries")

    def __str__(self) -> str:
        return f"{self.handler}: {'delivered' if self.delivered else self.detail}"


class AuditEntry(models.Model):
    """Who did what to a task or a run. Names are kept as text, so they outlive users."""

    created_at = models.DateTimeField(_("when"), default=current_time, db_index=True)
    user = models.CharField(_("user"), max_length=150, blank=True)
    action = models.CharField(_("action"), max_length=40)
    task = models.ForeignKey(
        Task,
        on_delete=models.SET_NULL,
        verbose_name=_("task"),
        null=True,
        related_name="audit",
    )
    task_name = models.CharField(_("task"), max_length=255, blank=True)
    report_number = models.BigIntegerField(_("run"), null=True)
    detail = models.JSONField(_("detail"), default=dict)

    class Meta:
        verbose_name = _("Audit entry")
        verbose_name_plural = _("Audit entries")

    def __str__(self) -> str:
        return f"{self.user or 'somebody'}: {self.action} {self.task_name}"


class ApiToken(models.Model):
    """A key for the JSON API, acting as `user`. Only a digest of the secret is kept."""

    name = models.CharField(_("name"), max_length=100)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        verbose_name=_("user"),
        related_name="+",
    )
    digest = models.CharField(_("digest"), max_length=64, unique=True, editable=False)
    hint = models.CharField(_("hint"), max_length=8, editable=False)
    created_at = models.DateTimeField(_("when"), default=current_time, editable=False)
    expires_at = models.DateTimeField(_("expires"), null=True, blank=True)
    last_used_at = models.DateTimeField(
        _("last used"), null=True, blank=True, editable=False
    )

    class Meta:
        verbose_name = _("API token")
        verbose_name_plural = _("API tokens")

    def __str__(self) -> str:
        return f"{self.name} ({self.hint}…)"
