"""What every row has: when it was made and changed, and, where it can be undone, when it was thrown away."""

from __future__ import annotations

from typing import TypeVar

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class Stamped(models.Model):
    """Rows that know their age."""

    created_at = models.DateTimeField(_("created"), default=timezone.now, editable=False)
    updated_at = models.DateTimeField(_("updated"), auto_now=True)

    class Meta:
        abstract = True


_Row = TypeVar("_Row", bound=models.Model)


class TrashableManager(models.Manager[_Row]):
    """Rows that go to the trash first."""

    def alive(self) -> models.QuerySet[_Row]:
        """Return what is not in the trash."""
        return self.get_queryset().filter(deleted_at__isnull=True)

    def trashed(self) -> models.QuerySet[_Row]:
        """Return what is in the trash."""
        return self.get_queryset().filter(deleted_at__isnull=False)


class Trashable(Stamped):
    """Rows that can be taken back: `deleted_at` says since when they are in the trash."""

    deleted_at = models.DateTimeField(_("in the trash since"), null=True, blank=True, editable=False)

    class Meta:
        abstract = True
