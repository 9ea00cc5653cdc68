"""The month: its rows, its window, its changes, and the files it came from."""

from monthly_report.models.changes import BulkChangeLog, CounterChangeLog
from monthly_report.models.control import MonthControl
from monthly_report.models.glpi import GlpiExport, GlpiExportRow
from monthly_report.models.imports import MonthImport, MonthImportRow
from monthly_report.models.report import MonthlyReport
from monthly_report.models.specs import PrinterModelSpec, SerialEditOverride

__all__ = [
    "BulkChangeLog",
    "CounterChangeLog",
    "GlpiExport",
    "GlpiExportRow",
    "MonthControl",
    "MonthImport",
    "MonthImportRow",
    "MonthlyReport",
    "PrinterModelSpec",
    "SerialEditOverride",
]
