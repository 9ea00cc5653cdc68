from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class MonthlyReportConfig(AppConfig):
    """The month: counters at its start and end, by which clients are billed."""

    name = "monthly_report"
    verbose_name = _("Monthly report")
