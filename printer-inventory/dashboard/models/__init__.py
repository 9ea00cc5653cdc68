"""Days of the fleet, what its supplies will do, what went wrong and who is told."""

from dashboard.models.access import DashboardAccess
from dashboard.models.alarms import Alarm, AlertRule, RuleKind
from dashboard.models.days import DashboardMark, FleetDay, PrinterDay
from dashboard.models.incidents import DeviceIncident
from dashboard.models.supplies import SuppliesMail, SuppliesMailRun, SupplyForecast

__all__ = [
    "Alarm",
    "AlertRule",
    "DashboardAccess",
    "DashboardMark",
    "DeviceIncident",
    "FleetDay",
    "PrinterDay",
    "RuleKind",
    "SuppliesMail",
    "SuppliesMailRun",
    "SupplyForecast",
]
