"""Printers, when they are due, what they answered, and how they stand now."""

from inventory.models.access import InventoryAccess
from inventory.models.choices import (
    OPEN_STATES,
    Change,
    Doubt,
    JobState,
    MatchRule,
    PollingMethod,
    Resolution,
    SnmpVersion,
    Trigger,
    Verdict,
)
from inventory.models.discovery import DiscoveredDevice, Discovery, Standing
from inventory.models.event import ChangeEvent, PrinterEvent
from inventory.models.exports import Export, ExportPiece
from inventory.models.glpi import GlpiConnection
from inventory.models.history import DailyReading, HistoryMark
from inventory.models.imports import ImportedRow, ImportRecord, PrinterImport, PrinterImportRow
from inventory.models.organization import Organization
from inventory.models.polling import InventoryTask, PageCounter, PollBatch
from inventory.models.printer import Printer
from inventory.models.quarantine import Quarantine
from inventory.models.schedule import LearnedPlan, PollSchedule
from inventory.models.state import PrinterState
from inventory.models.watch import FleetAlarm
from inventory.models.web import WebParsingRule, WebParsingTemplate

__all__ = [
    "OPEN_STATES",
    "Change",
    "ChangeEvent",
    "DailyReading",
    "DiscoveredDevice",
    "Discovery",
    "Doubt",
    "Export",
    "ExportPiece",
    "FleetAlarm",
    "GlpiConnection",
    "HistoryMark",
    "ImportRecord",
    "ImportedRow",
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
    "PrinterEvent",
    "PrinterImport",
    "PrinterImportRow",
    "PrinterState",
    "Quarantine",
    "Resolution",
    "SnmpVersion",
    "Standing",
    "Trigger",
    "Verdict",
    "WebParsingRule",
    "WebParsingTemplate",
]
