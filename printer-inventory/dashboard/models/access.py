"""Permissions that belong to no table."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class DashboardAccess(models.Model):
    """Carries the dashboard's permissions; it has no table."""

    class Meta:
        managed = False
        default_permissions = ()
        permissions = [
            ("access_dashboard_app", _("Can open the dashboard")),
            ("manage_alerts", _("Can change alert rules, webhooks and scheduled mails")),
        ]

    def __str__(self) -> str:
        return "dashboard"
