"""Names of the numbers that printers answer with (Printer-MIB RFC 3805, IANA-PRINTER-MIB, HOST-RESOURCES-MIB RFC 2790)."""

from __future__ import annotations

from typing import Final

SUPPLY_KINDS: Final = {
    1: "other", 2: "unknown", 3: "toner", 4: "waste_toner", 5: "ink", 6: "ink_cartridge", 7: "ink_ribbon", 8: "waste_ink",
    9: "opc", 10: "developer", 11: "fuser_oil", 12: "solid_wax", 13: "ribbon_wax", 14: "waste_wax", 15: "fuser",
    16: "corona_wire", 17: "fuser_oil_wick", 18: "cleaner_unit", 19: "fuser_cleaning_pad", 20: "transfer_unit",
    21: "toner_cartridge", 22: "fuser_oiler", 23: "water", 24: "waste_water", 25: "glue_water_additive", 26: "waste_paper",
    27: "binding_supply", 28: "banding_supply", 29: "stitching_wire", 30: "shrink_wrap", 31: "paper_wrap", 32: "staples",
    33: "inserts", 34: "covers", 35: "matte_toner", 36: "matte_ink",
}  # fmt: skip
"""PrtMarkerSuppliesTypeTC."""

SUPPLY_UNITS: Final = {
    1: "other", 2: "unknown", 3: "ten_thousandths_of_inches", 4: "micrometers", 7: "impressions", 8: "sheets", 11: "hours",
    12: "thousandths_of_ounces", 13: "tenths_of_grams", 14: "hundredths_of_fluid_ounces", 15: "tenths_of_milliliters",
    16: "feet", 17: "meters", 18: "items", 19: "percent",
}  # fmt: skip
"""PrtMarkerSuppliesSupplyUnitTC."""

COUNTER_UNITS: Final = {
    3: "ten-thousandths of inches", 4: "micrometers", 5: "characters", 6: "lines", 7: "impressions", 8: "sheets",
    9: "dot rows", 11: "hours", 16: "feet", 17: "meters",
}  # fmt: skip
"""PrtMarkerCounterUnitTC, as words for a sentence."""

IMPRESSIONS: Final = 7
SHEETS: Final = 8
PERCENT: Final = 19
RECEPTACLE: Final = 4
"""PrtMarkerSuppliesClassTC receptacleThatIsFilled."""

RECEPTACLE_KINDS: Final = frozenset({"waste_toner", "waste_ink", "waste_wax", "waste_water", "waste_paper"})

DEVICE_STATUS: Final = {1: "unknown", 2: "running", 3: "warning", 4: "testing", 5: "down"}
"""hrDeviceStatus."""

PRINTER_STATUS: Final = {1: "other", 2: "unknown", 3: "idle", 4: "printing", 5: "warmup"}
"""hrPrinterStatus."""

ERROR_BITS: Final = (
    "lowPaper", "noPaper", "lowToner", "noToner", "doorOpen", "jammed", "offline", "serviceRequested",
    "inputTrayMissing", "outputTrayMissing", "markerSupplyMissing", "outputNearFull", "outputFull", "inputTrayEmpty",
    "overduePreventMaint",
)  # fmt: skip
"""hrPrinterDetectedErrorState, the most significant bit of the first octet first."""

ALERT_SEVERITY: Final = {1: "other", 3: "critical", 4: "warning", 5: "warningBinaryChangeEvent"}
"""PrtAlertSeverityLevelTC."""

ALERT_GROUPS: Final = {
    1: "other", 2: "unknown", 3: "hostResourcesMIBStorageTable", 4: "hostResourcesMIBDeviceTable", 5: "generalPrinter",
    6: "cover", 7: "localization", 8: "input", 9: "output", 10: "marker", 11: "markerSupplies", 12: "markerColorant",
    13: "mediaPath", 14: "channel", 15: "interpreter", 16: "consoleDisplayBuffer", 17: "consoleLights", 18: "alert",
    30: "finDevice", 31: "finSupply", 32: "finSupplyMediaInput", 33: "finAttribute",
}  # fmt: skip
"""PrtAlertGroupTC."""

ALERT_CODES: Final = {
    1: "other", 2: "unknown", 3: "coverOpen", 4: "coverClosed", 5: "interlockOpen", 6: "interlockClosed",
    7: "configurationChange", 8: "jam", 9: "subunitMissing", 10: "subunitLifeAlmostOver", 11: "subunitLifeOver",
    12: "subunitAlmostEmpty", 13: "subunitEmpty", 14: "subunitAlmostFull", 15: "subunitFull", 16: "subunitNearLimit",
    17: "subunitAtLimit", 18: "subunitOpened", 19: "subunitClosed", 20: "subunitTurnedOn", 21: "subunitTurnedOff",
    22: "subunitOffline", 23: "subunitPowerSaver", 24: "subunitWarmingUp", 25: "subunitAdded", 26: "subunitRemoved",
    27: "subunitResourceAdded", 28: "subunitResourceRemoved", 29: "subunitRecoverableFailure",
    30: "subunitUnrecoverableFailure", 31: "subunitRecoverableStorageError", 32: "subunitUnrecoverableStorageError",
    33: "subunitMotorFailure", 34: "subunitMemoryExhausted", 35: "subunitUnderTemperature",
    36: "subunitOverTemperature", 37: "subunitTimingFailure", 38: "subunitThermistorFailure",
    501: "doorOpen", 502: "doorClosed", 503: "powerUp", 504: "powerDown", 505: "printerNMSReset",
    506: "printerManualReset", 507: "printerReadyToPrint", 801: "inputMediaTrayMissing", 802: "inputMediaSizeChange",
    803: "inputMediaWeightChange", 804: "inputMediaTypeChange", 805: "inputMediaColorChange",
    806: "inputMediaFormPartsChange", 807: "inputMediaSupplyLow", 808: "inputMediaSupplyEmpty",
    809: "inputMediaChangeRequest", 810: "inputManualInputRequest", 811: "inputTrayPositionFailure",
    812: "inputTrayElevationFailure", 813: "inputCannotFeedSizeSelected", 901: "outputMediaTrayMissing",
    902: "outputMediaTrayAlmostFull", 903: "outputMediaTrayFull", 904: "outputMailboxSelectFailure",
    1001: "markerFuserUnderTemperature", 1002: "markerFuserOverTemperature", 1003: "markerFuserTimingFailure",
    1004: "markerFuserThermistorFailure", 1005: "markerAdjustingPrintQuality", 1101: "markerTonerEmpty",
    1102: "markerInkEmpty", 1103: "markerPrintRibbonEmpty", 1104: "markerTonerAlmostEmpty",
    1105: "markerInkAlmostEmpty", 1106: "markerPrintRibbonAlmostEmpty", 1107: "markerWasteTonerReceptacleAlmostFull",
    1108: "markerWasteInkReceptacleAlmostFull", 1109: "markerWasteTonerReceptacleFull",
    1110: "markerWasteInkReceptacleFull", 1111: "markerOpcLifeAlmostOver", 1112: "markerOpcLifeOver",
    1113: "markerDeveloperAlmostEmpty", 1114: "markerDeveloperEmpty", 1115: "markerTonerCartridgeMissing",
    1301: "mediaPathMediaTrayMissing", 1302: "mediaPathMediaTrayAlmostFull", 1303: "mediaPathMediaTrayFull",
    1304: "mediaPathCannotDuplexMediaSelected", 1501: "interpreterMemoryIncrease", 1502: "interpreterMemoryDecrease",
    1503: "interpreterCartridgeAdded", 1504: "interpreterCartridgeDeleted", 1505: "interpreterResourceAdded",
    1506: "interpreterResourceDeleted", 1507: "interpreterResourceUnavailable", 1509: "interpreterComplexPageEncountered",
    1801: "alertRemovalOfBinaryChangeEntry",
}  # fmt: skip
"""PrtAlertCodeTC of IANA-PRINTER-MIB."""


def error_names(octets: bytes) -> tuple[str, ...]:
    """Return the names of the bits set in hrPrinterDetectedErrorState, which printers send as 0, 1 or 2 octets."""
    return tuple(
        name for bit, name in enumerate(ERROR_BITS) if bit // 8 < len(octets) and octets[bit // 8] & (0x80 >> (bit % 8))
    )
