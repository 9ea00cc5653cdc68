"""Who a device is: the order of trust for model and serial number, the MAC of the asked address, brands."""

from __future__ import annotations

import pytest

from inventory.polling.snmp import objects
from inventory.polling.snmp.answers import Answers
from inventory.polling.snmp.ber import Value
from inventory.polling.snmp.identity import Identity, parse_device_id, polled_mac
from inventory.polling.snmp.oids import encode_oid, encode_suffix
from inventory.profiles.catalog import catalog, enterprise_of

MAC_A, MAC_B = bytes.fromhex("00206b67ef7c"), bytes.fromhex("606dc743c343")


def device(values: dict[str, Value], columns: dict[str, dict[str, Value]] | None = None) -> Answers:
    """Return answers with scalars by OID and cells by column and index."""
    answers = Answers({encode_oid(oid): value for oid, value in values.items()})
    for column, rows in (columns or {}).items():
        answers.columns[encode_oid(column)] = {encode_suffix(index): value for index, value in rows.items()}
        answers.values.update({encode_oid(f"{column}.{index}"): value for index, value in rows.items()})
    return answers


def identify(
    description: str = "", object_id: str = "", device_descr: str = "", device_id: str = "", **columns: dict[str, Value]
) -> Identity:
    """Return the identity of a device with these texts; `serial` and `name` give Printer-MIB rows."""
    values: dict[str, Value] = {}
    if description:
        values["1.3.6.1.2.1.1.1.0"] = description.encode()
    if object_id:
        values["1.3.6.1.2.1.1.2.0"] = encode_oid(object_id)
    if device_id:
        values["1.3.6.1.4.1.11.2.3.9.1.1.7.0"] = device_id.encode()
    tables: dict[str, dict[str, Value]] = {}
    if device_descr:
        tables[objects.HR_DEVICE_DESCR] = {"1": device_descr.encode()}
    names = {"serial": objects.PRT_SERIAL, "name": objects.PRT_PRINTER_NAME, "mac": objects.IF_PHYS_ADDRESS}
    tables.update({names[key]: rows for key, rows in columns.items()})
    return Identity(device(values, tables), catalog(), None)


@pytest.mark.parametrize(
    ("texts", "manufacturer", "model"),
    [
        (
            {"description": "NRG SP 4210N 1.05 / NRG Network Printer C model", "object_id": "1.3.6.1.4.1.367.1.1"},
            "NRG",
            "SP 4210N",
        ),
        (
            {"description": "LANIER MP C3004 1.02 / LANIER Network Printer", "object_id": "1.3.6.1.4.1.367.1.1"},
            "Lanier",
            "MP C3004",
        ),
        (
            {"description": "RICOH MP C2503 1.09 / RICOH Network Printer C model", "object_id": "1.3.6.1.4.1.367.1.1"},
            "Ricoh",
            "MP C2503",
        ),
        (
            {"description": "Lexmark T640 version NS.NP.N219 kernel 2.6.6", "object_id": "1.3.6.1.4.1.641.1.71106749"},
            "Lexmark",
            "T640",
        ),
        (
            {"device_descr": "Lexmark XC2235 7528123456789 CXTZJ.052.024", "object_id": "1.3.6.1.4.1.641.6.2"},
            "Lexmark",
            "XC2235",
        ),
        (
            {"device_descr": "Dell S5830dn 7XQ1R92 LW62.DN4.P636", "object_id": "1.3.6.1.4.1.674.10898"},
            "Dell",
            "S5830dn",
        ),
        (
            {"description": "Samsung ML-2850 Series OS 1.01.15.47 02-10-2010", "object_id": "1.3.6.1.4.1.236.11.5.1"},
            "Samsung",
            "ML-2850",
        ),
        (
            {
                "device_descr": "Samsung M4080FX Series; V4.00.02.17; Engine V1.00; S/N ZDFABJEH600007M",
                "object_id": "1.3.6.1.4.1.236.11.5.1",
            },
            "Samsung",
            "M4080FX",
        ),
        ({"device_id": "MFG:HP;MDL:HP Laser MFP 135w;", "object_id": "1.3.6.1.4.1.236.11.5.1"}, "HP", "Laser MFP 135w"),
        (
            {
                "description": "HP ETHERNET MULTI-ENVIRONMENT",
                "device_descr": "HP LaserJet MFP M130nw",
                "object_id": "1.3.6.1.4.1.11.2.3.9.1",
            },
            "HP",
            "LaserJet MFP M130nw",
        ),
        (
            {
                "description": "UTAX_TA Printing System",
                "device_descr": "UTAX P-4532DN",
                "object_id": "1.3.6.1.4.1.1347.41",
            },
            "UTAX",
            "P-4532DN",
        ),
        ({"device_descr": "TASKalfa 4053ci", "object_id": "1.3.6.1.4.1.1347.41"}, "Kyocera", "TASKalfa 4053ci"),
        (
            {"description": "KYOCERA Document Solutions Printing System", "object_id": "1.3.6.1.4.1.1347.41"},
            "Kyocera",
            "",
        ),
        ({"description": "TOSHIBA TEC B-EV4", "object_id": "1.3.6.1.4.1.1129.1.2.1"}, "Toshiba", "B-EV4"),
        (
            {"description": "FUJI XEROX DocuPrint CM305 df; Net 16.41,ESS 2012", "object_id": "1.3.6.1.4.1.297.1.11"},
            "Fuji Xerox",
            "DocuPrint CM305 df",
        ),
        ({"description": "FUJIFILM Apeos C7580", "object_id": "1.3.6.1.4.1.297.1.11.93.2"}, "FUJIFILM", "Apeos C7580"),
        ({"description": "Develop ineo  280", "object_id": "1.3.6.1.4.1.18334.1.2"}, "Develop", "ineo 280"),
        ({"device_descr": "Canon iR-ADV C3520 /P", "object_id": "1.3.6.1.4.1.1602.4.7"}, "Canon", "iR-ADV C3520"),
        (
            {
                "description": "Brother NC-8300h, Firmware Ver.1.14",
                "device_descr": "Brother MFC-L2710DW series",
                "device_id": "MFG:Brother;MDL:MFC-8440;",
            },
            "Brother",
            "MFC-L2710DW",
        ),
        (
            {
                "description": "OKI OkiLAN 9450g Rev.00.69 PrintServer: Attached to MC873 Rev.07.87 :",
                "object_id": "1.3.6.1.4.1.2001.1.1",
            },
            "OKI",
            "MC873",
        ),
        ({"device_id": "MFG:Pantum;MDL:M7100DW;", "object_id": "1.3.6.1.4.1.40093.1.1"}, "Pantum", "M7100DW"),
        (
            {"description": "Zebra Technologies ZTC ZT410-203dpi ZPL", "object_id": "1.3.6.1.4.1.10642.1.1"},
            "Zebra",
            "ZTC ZT410-203dpi ZPL",
        ),
        (
            {"description": "UTAX_TA Printing System", "device_descr": "P-4532DN", "object_id": "1.3.6.1.4.1.1347.41"},
            "UTAX",
            "P-4532DN",
        ),
        (
            {
                "description": "Xerox WorkCentre 7556 v1 Multifunction System; SS 072.040.004, NC 072.047",
                "object_id": "1.3.6.1.4.1.253.8.62",
            },
            "Xerox",
            "WorkCentre 7556",
        ),
        (
            {"description": "Xerox Phaser 6180DN; Net 11.54", "object_id": "1.3.6.1.4.1.253.8.62"},
            "Xerox",
            "Phaser 6180DN",
        ),
        (
            {"description": "Dell 3115cn Color Laser; Net 11.49", "object_id": "1.3.6.1.4.1.674"},
            "Dell",
            "3115cn Color Laser",
        ),
        ({"name": {"1": b"FS-4200DN"}}, "Kyocera", "FS-4200DN"),
        ({"description": "RouterOS CHR", "object_id": "1.3.6.1.4.1.14988.1"}, "", ""),
    ],
)
def test_maker_and_model(texts: dict[str, str], manufacturer: str, model: str) -> None:
    found = identify(**texts)  # type: ignore[arg-type]
    assert (found.manufacturer, found.model) == (manufacturer, model)


@pytest.mark.parametrize(
    ("texts", "serial"),
    [
        ({"serial": {"1": b"VD21457943"}}, "VD21457943"),
        ({"serial": {"1": b"  X7F4008528 \x00"}}, "X7F4008528"),
        (
            {"device_descr": "Samsung M4080FX; V4.00; S/N ZDFABJEH600007M", "object_id": "1.3.6.1.4.1.236.11"},
            "ZDFABJEH600007M",
        ),
        ({"serial": {"1": b"XXXXXXXXXX"}, "device_id": "MFG:HP;MDL:X;SN:CN1234;"}, "CN1234"),
        ({"serial": {"1": b"0000000"}}, ""),
        ({"serial": {"1": b"unknown"}}, ""),
        ({"serial": {"1": b"serial_number"}}, ""),
        ({"serial": {"1": b"00206B67EF7C"}, "mac": {"1": MAC_A}}, ""),
        (
            {"description": "HP ETHERNET MULTI-ENVIRONMENT,SN:CNB1234567,FN:X", "object_id": "1.3.6.1.4.1.11.2"},
            "CNB1234567",
        ),
        (
            {"description": "Samsung M4080FX; V4; S/N ZDFABJEH600007M", "object_id": "1.3.6.1.4.1.236.11"},
            "ZDFABJEH600007M",
        ),
        ({"device_descr": "Dell S5830dn 7XQ1R92 LW62.DN4.P636", "object_id": "1.3.6.1.4.1.674.10898"}, "7XQ1R92"),
        (
            {
                "device_descr": "Dell S5830dn 7XQ1R92 LW62.DN4.P636",
                "object_id": "1.3.6.1.4.1.674.1",
                "serial": {"1": b"7XQ1R92-132-13"},
            },
            "7XQ1R92-132-13",
        ),
    ],
)
def test_serial_numbers_by_trust_and_no_placeholders(texts: dict[str, str], serial: str) -> None:
    assert identify(**texts).serial == serial  # type: ignore[arg-type]


def test_hps_private_serial_number_loses_its_symbol_set() -> None:
    answers = device(
        {
            "1.3.6.1.2.1.1.2.0": encode_oid("1.3.6.1.4.1.11.2.3.9.1"),
            "1.3.6.1.4.1.11.2.3.9.4.2.1.1.3.3.0": b"\x01\x15CNB9876543",
        }
    )
    assert Identity(answers, catalog(), None).serial == "CNB9876543"


def test_the_printers_row_counts_where_it_is_not_the_first() -> None:
    types: dict[str, Value] = {"1": encode_oid("1.3.6.1.2.1.25.3.1.3"), "254": objects.HR_DEVICE_PRINTER}
    descriptions: dict[str, Value] = {"1": b"ARM CPU", "254": b"SHARP MX-3570N"}
    answers = device({}, {objects.HR_DEVICE_TYPE: types, objects.HR_DEVICE_DESCR: descriptions})
    assert Identity(answers, catalog(), None).model == "MX-3570N"


INTERFACES: dict[str, dict[str, Value]] = {
    objects.IF_TYPE: {"1": 24, "2": 6, "3": 71},
    objects.IF_PHYS_ADDRESS: {"1": b"", "2": MAC_A, "3": MAC_B},
    objects.IP_AD_ENT_IF_INDEX: {"127.0.0.1": 1, "10.0.0.5": 2, "10.0.9.5": 3},
}


@pytest.mark.parametrize(
    ("address", "mac"),
    [("10.0.0.5", "00:20:6B:67:EF:7C"), ("10.0.9.5", "60:6D:C7:43:C3:43"), ("192.168.1.1", "00:20:6B:67:EF:7C")],
)
def test_the_mac_is_that_of_the_asked_address(address: str, mac: str) -> None:
    assert polled_mac(device({}, INTERFACES), address) == mac


@pytest.mark.parametrize("octets", [b"", bytes(6), b"\xff" * 6, b"\x01\x00\x5e\x00\x00\x01", b"\x00\x01"])
def test_what_is_no_station_address_is_no_mac(octets: bytes) -> None:
    assert polled_mac(device({}, {objects.IF_PHYS_ADDRESS: {"1": octets}}), "10.0.0.5") == ""


def test_hostile_interface_numbers_do_no_harm() -> None:
    tables = {**INTERFACES, objects.IP_AD_ENT_IF_INDEX: {"10.0.0.5": -1, "10.0.0.6": 2**31, "1": 2, "300.1.1.1": 3}}
    assert polled_mac(device({}, tables), "10.0.0.5") == "00:20:6B:67:EF:7C"  # type: ignore[arg-type]


def test_a_device_id_is_taken_apart_under_its_names() -> None:
    text = "MANUFACTURE:OKI UK LTD;COMMAND SET:PCL,XPS;MODEL:MC873;CLASS:PRINTER;SERN:AK12;;broken"
    assert parse_device_id(text) == {"manufacturer": "OKI UK LTD", "model": "MC873", "serial": "AK12"}


@pytest.mark.parametrize(
    ("oid", "number"),
    [("1.3.6.1.4.1.11.2.3.9.1", 11), ("1.3.6.1.4.1.18334.1", 18334), ("1.3.6.1.2.1", None), ("1.3.6.1.4.1", None)],
)
def test_the_enterprise_of_an_object_id(oid: str, number: int | None) -> None:
    assert enterprise_of(encode_oid(oid)) == number


def test_an_object_id_of_garbage_is_left_out() -> None:
    answers = device({"1.3.6.1.2.1.1.2.0": b"\x2b\x06\x01\xff\xff\xff\xff\xff\xff\x81"})
    assert Identity(answers, catalog(), None).static()["sys_object_id"] == ""
