"""A job that workers do in slices: what every such row has (`inventory.services.leased_work` does it)."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from inventory.models.choices import OPEN_STATES, JobState


class LeasedJob(models.Model):
    """A row from the moment the job is asked for. `attempt` fences: a worker with another number has lost the job."""

    state = models.CharField(_("state"), max_length=8, choices=JobState.choices, default=JobState.QUEUED)
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    requested_at = models.DateTimeField(_("asked for"), default=timezone.now)
    finished_at = models.DateTimeField(_("finished"), null=True, blank=True)
    done = models.PositiveIntegerField(_("done"), default=0)
    total = models.PositiveIntegerField(_("in all"), default=0)
    reason = models.CharField(_("reason"), max_length=500, blank=True, default="")
    attempt = models.PositiveSmallIntegerField(_("attempt"), default=0)
    lease_until = models.DateTimeField(_("leased until"), null=True, blank=True)

    class Meta:
        abstract = True

    @property
    def is_open(self) -> bool:
        """Whether a worker has it or will have it."""
        return self.state in OPEN_STATES
