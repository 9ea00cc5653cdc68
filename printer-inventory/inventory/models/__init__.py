"""Printers, when they are due, what they answered, and how they stand now."""

from inventory.models.access import InventoryAccess
from inventory.models.choices import (
    OPEN_STATES,
    JobState,
    MatchRule,
    PollingMethod,
    SnmpVersion,
    Trigger,
    Verdict,
)
from inventory.models.organization import Organization
from inventory.models.polling import InventoryTask, PageCounter, PollBatch
from inventory.models.printer import Printer
from inventory.models.schedule import LearnedPlan, PollSchedule
from inventory.models.state import PrinterState

__all__ = [
    "OPEN_STATES",
    "InventoryAccess",
    "InventoryTask",
    "JobState",
    "LearnedPlan",
    "MatchRule",
    "Organization",
    "PageCounter",
    "PollBatch",
    "PollSchedule",
    "PollingMethod",
    "Printer",
    "PrinterState",
    "SnmpVersion",
    "Trigger",
    "Verdict",
]
