"""The standard objects a reading is made of, as content octets: SNMPv2-MIB, IF-MIB, IP-MIB, HOST-RESOURCES-MIB, Printer-MIB."""

from __future__ import annotations

from typing import Final

from inventory.polling.snmp.answers import Table, table
from inventory.polling.snmp.oids import encode_oid

SYS_DESCR: Final = encode_oid("1.3.6.1.2.1.1.1.0")
SYS_OBJECT_ID: Final = encode_oid("1.3.6.1.2.1.1.2.0")
SYS_UP_TIME: Final = encode_oid("1.3.6.1.2.1.1.3.0")
SYS_CONTACT: Final = encode_oid("1.3.6.1.2.1.1.4.0")
SYS_NAME: Final = encode_oid("1.3.6.1.2.1.1.5.0")
SYS_LOCATION: Final = encode_oid("1.3.6.1.2.1.1.6.0")

IF_TYPE: Final = "1.3.6.1.2.1.2.2.1.3"
IF_PHYS_ADDRESS: Final = "1.3.6.1.2.1.2.2.1.6"
IP_AD_ENT_IF_INDEX: Final = "1.3.6.1.2.1.4.20.1.2"

HR_DEVICE_TYPE: Final = "1.3.6.1.2.1.25.3.2.1.2"
HR_DEVICE_DESCR: Final = "1.3.6.1.2.1.25.3.2.1.3"
HR_DEVICE_STATUS: Final = "1.3.6.1.2.1.25.3.2.1.5"
HR_PRINTER_STATUS: Final = "1.3.6.1.2.1.25.3.5.1.1"
HR_ERROR_STATE: Final = "1.3.6.1.2.1.25.3.5.1.2"
HR_DEVICE_PRINTER: Final = encode_oid("1.3.6.1.2.1.25.3.1.5")

PRT_LOCALIZATION: Final = "1.3.6.1.2.1.43.5.1.1.2"
PRT_PRINTER_NAME: Final = "1.3.6.1.2.1.43.5.1.1.16"
PRT_SERIAL: Final = "1.3.6.1.2.1.43.5.1.1.17"
PRT_CHARSET: Final = "1.3.6.1.2.1.43.7.1.1.4"
PRT_COUNTER_UNIT: Final = "1.3.6.1.2.1.43.10.2.1.3"
PRT_LIFE_COUNT: Final = "1.3.6.1.2.1.43.10.2.1.4"
SUPPLY_COLORANT: Final = "1.3.6.1.2.1.43.11.1.1.3"
SUPPLY_CLASS: Final = "1.3.6.1.2.1.43.11.1.1.4"
SUPPLY_TYPE: Final = "1.3.6.1.2.1.43.11.1.1.5"
SUPPLY_DESCRIPTION: Final = "1.3.6.1.2.1.43.11.1.1.6"
SUPPLY_UNIT: Final = "1.3.6.1.2.1.43.11.1.1.7"
SUPPLY_CAPACITY: Final = "1.3.6.1.2.1.43.11.1.1.8"
SUPPLY_LEVEL: Final = "1.3.6.1.2.1.43.11.1.1.9"
COLORANT_VALUE: Final = "1.3.6.1.2.1.43.12.1.1.4"
CONSOLE_TEXT: Final = "1.3.6.1.2.1.43.16.5.1.2"
ALERT_SEVERITY: Final = "1.3.6.1.2.1.43.18.1.1.2"
ALERT_GROUP: Final = "1.3.6.1.2.1.43.18.1.1.4"
ALERT_LOCATION: Final = "1.3.6.1.2.1.43.18.1.1.6"
ALERT_CODE: Final = "1.3.6.1.2.1.43.18.1.1.7"
ALERT_DESCRIPTION: Final = "1.3.6.1.2.1.43.18.1.1.8"

ENTITY_FIRMWARE: Final = "1.3.6.1.2.1.47.1.1.1.1.9"
ENTITY_SERIAL: Final = "1.3.6.1.2.1.47.1.1.1.1.11"
ENTITY_MODEL: Final = "1.3.6.1.2.1.47.1.1.1.1.13"

PPM_NAME: Final = "1.3.6.1.4.1.2699.1.2.1.2.1.1.2"
PPM_DEVICE_ID: Final = "1.3.6.1.4.1.2699.1.2.1.2.1.1.3"
DEVICE_IDS: Final = tuple(
    encode_oid(oid)
    for oid in (
        "1.3.6.1.4.1.11.2.3.9.1.1.7.0",
        "1.3.6.1.4.1.2435.2.3.9.1.1.7.0",
        "1.3.6.1.4.1.253.8.51.1.2.1.20.1",
        "1.3.6.1.4.1.367.3.2.1.1.1.11.0",
    )
)
"""IEEE 1284 device ids of HP (and many others), Brother, Xerox and Ricoh."""

FIRST_DEVICE_DESCR: Final = encode_oid(f"{HR_DEVICE_DESCR}.1")
FIRST_SERIAL: Final = encode_oid(f"{PRT_SERIAL}.1")
FIRST_LIFE_COUNT: Final = encode_oid(f"{PRT_LIFE_COUNT}.1.1")
FIRST_LOCALIZATION: Final = encode_oid(f"{PRT_LOCALIZATION}.1")
FIRST_CHARSET: Final = encode_oid(f"{PRT_CHARSET}.1.1")

IDENTITY: Final = (
    SYS_DESCR, SYS_OBJECT_ID, SYS_UP_TIME, SYS_CONTACT, SYS_NAME, SYS_LOCATION,
    FIRST_DEVICE_DESCR, FIRST_SERIAL, FIRST_LIFE_COUNT, FIRST_LOCALIZATION, FIRST_CHARSET, *DEVICE_IDS,
)  # fmt: skip
"""The first question to any device: it shows whether it lives, who made it and, mostly, who it is."""

SUPPLIES: Final = table("1.3.6.1.2.1.43.11.1.1", 3, 9)
ALERTS: Final = table("1.3.6.1.2.1.43.18.1.1", 2, 8)
STANDARD_TABLES: Final[tuple[Table, ...]] = (
    table("1.3.6.1.2.1.43.10.2.1", 3, 4),
    SUPPLIES,
    table("1.3.6.1.2.1.43.12.1.1", 4),
    table("1.3.6.1.2.1.43.5.1.1", 16, 17),
    table("1.3.6.1.2.1.43.16.5.1", 2),
    ALERTS,
    table("1.3.6.1.2.1.25.3.2.1", 2, 3),
    table("1.3.6.1.2.1.25.3.2.1", 5),
    table("1.3.6.1.2.1.25.3.5.1", 1, 2),
    table("1.3.6.1.2.1.2.2.1", 3),
    table("1.3.6.1.2.1.2.2.1", 6),
    table("1.3.6.1.2.1.4.20.1", 2),
    table("1.3.6.1.4.1.2699.1.2.1.2.1.1", 2, 3),
)
ENTITY_TABLES: Final = (
    table("1.3.6.1.2.1.47.1.1.1.1", 9),
    table("1.3.6.1.2.1.47.1.1.1.1", 11),
    table("1.3.6.1.2.1.47.1.1.1.1", 13),
)
"""Asked only when the serial number is nowhere else."""
