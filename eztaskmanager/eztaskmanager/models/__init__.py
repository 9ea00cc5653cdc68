"""Commands, tasks, runs and their logs. `LaunchReport` is the run."""

from __future__ import annotations

import io

from django.core.management import BaseCommand, load_command_class
from django.db import models
from django.utils.translation import gettext_lazy as _

from eztaskmanager.models.records import ApiToken, AuditEntry, Delivery, Worker
from eztaskmanager.models.report import LaunchReport, Log
from eztaskmanager.models.task import Task, TaskCategory, TaskLink

__all__ = [
    "ApiToken",
    "AppCommand",
    "AuditEntry",
    "Delivery",
    "LaunchReport",
    "Log",
    "Task",
    "TaskCategory",
    "TaskLink",
    "Worker",
]


class AppCommand(models.Model):
    """A management command that tasks can run."""

    name = models.CharField(_("name"), max_length=100)
    app_name = models.CharField(_("app"), max_length=100)
    active = models.BooleanField(_("active"), default=True)

    class Meta:
        verbose_name = _("Command")
        verbose_name_plural = _("Commands")

    def __str__(self) -> str:
        return f"{self.app_name}: {self.name}"

    def get_command_class(self) -> BaseCommand:
        """Return a new instance of the command; raises what importing it raises."""
        return load_command_class(app_name=self.app_name, name=self.name)

    @property
    def help_text(self) -> str:
        """What `manage.py help` prints; raises when the command no longer exists."""
        output = io.StringIO()
        self.get_command_class().create_parser("", self.name).print_help(file=output)
        return output.getvalue()
