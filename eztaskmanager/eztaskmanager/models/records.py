"""What is kept about workers, notifications, people's actions and API access."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from eztaskmanager.models.report import LaunchReport, current_time
from eztaskmanager.models.task import Task


class Worker(models.Model):
    """A database worker that is, or was, alive. Its name is in the runs it has."""

    name = models.CharField(max_length=120, unique=True)
    host = models.CharField(max_length=100)
    pid = models.PositiveIntegerField()
    queues = models.CharField(max_length=200)
    concurrency = models.PositiveSmallIntegerField()
    started_at = models.DateTimeField(default=current_time)
    heartbeat_at = models.DateTimeField(default=current_time)

    def __str__(self) -> str:
        return self.name


class Delivery(models.Model):
    """What became of one notification."""

    report = models.ForeignKey(
        LaunchReport, on_delete=models.CASCADE, related_name="deliveries", null=True
    )
    handler = models.CharField(max_length=100)
    event = models.CharField(max_length=20)
    delivered = models.BooleanField()
    detail = models.CharField(max_length=500, blank=True)
    created_at = models.DateTimeField(default=current_time)

    class Meta:
        verbose_name_plural = "Deliveries"

    def __str__(self) -> str:
        return f"{self.handler}: {'delivered' if self.delivered else self.detail}"


class AuditEntry(models.Model):
    """Who did what to a task or a run. Names are kept as text, so they outlive users."""

    created_at = models.DateTimeField(default=current_time, db_index=True)
    user = models.CharField(max_length=150, blank=True)
    action = models.CharField(max_length=40)
    task = models.ForeignKey(
        Task, on_delete=models.SET_NULL, null=True, related_name="audit"
    )
    task_name = models.CharField(max_length=255, blank=True)
    report_number = models.BigIntegerField(null=True)
    detail = models.JSONField(default=dict)

    class Meta:
        verbose_name_plural = "Audit entries"

    def __str__(self) -> str:
        return f"{self.user or 'somebody'}: {self.action} {self.task_name}"


class ApiToken(models.Model):
    """A key for the JSON API, acting as `user`. Only a digest of the secret is kept."""

    name = models.CharField(max_length=100)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+"
    )
    digest = models.CharField(max_length=64, unique=True, editable=False)
    hint = models.CharField(max_length=8, editable=False)
    created_at = models.DateTimeField(default=current_time, editable=False)
    expires_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        verbose_name = "API token"

    def __str__(self) -> str:
        return f"{self.name} ({self.hint}…)"
