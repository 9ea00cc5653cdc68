"""What an agent's tags mean: counters by make, supplies with honest states, the MAC of the polled address, failures."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inventory.polling.glpi.cartridges import read_supplies, read_value
from inventory.polling.glpi.mapping import AgentAnswer, failure_of, read_inventory, read_inventory_xml, uptime
from inventory.polling.glpi.ports import canonical_mac
from inventory.polling.glpi.xml import Node
from inventory.polling.reading import COUNTERS, SUPPLY_STATES, DeviceReading, Supply

SAMPLES = Path(__file__).parent / "glpi_xml"
SHARED = Path(__file__).resolve().parents[4] / "shared" / "snmp" / "glpi-xml"


def reading_of(
    manufacturer: str, counters: dict[str, int | str], cartridges: dict[str, str] | None = None
) -> DeviceReading:
    """Return the reading of a device with these tags."""
    pages = "".join(f"<{tag}>{value}</{tag}>" for tag, value in counters.items())
    levels = "".join(f"<{tag}>{value}</{tag}>" for tag, value in (cartridges or {}).items())
    data = (
        f"<DEVICE><INFO><MANUFACTURER>{manufacturer}</MANUFACTURER><TYPE>PRINTER</TYPE></INFO>"
        f"<PAGECOUNTERS>{pages}</PAGECOUNTERS><CARTRIDGES>{levels}</CARTRIDGES></DEVICE>"
    )
    return read_inventory_xml(data.encode())[0]


def supply_of(tag: str, value: str) -> Supply:
    """Return the one supply of a section."""
    return read_supplies(Node("CARTRIDGES", children=[Node(tag, value)]))[0][0]


@pytest.fixture(scope="module")
def mfp() -> AgentAnswer:
    """The colour device of `glpi_xml/colour_mfp.xml`."""
    return read_inventory((SAMPLES / "colour_mfp.xml").read_bytes())[0]


def test_identity(mfp: AgentAnswer) -> None:
    reading = mfp.reading
    assert reading is not None
    assert (mfp.id, mfp.type, reading.engine) == (3, "PRINTER", "glpi")
    assert (reading.manufacturer, reading.model, reading.serial) == ("HP", "LaserJet 9000", "NW-0042")
    assert (reading.hostname, reading.firmware, reading.uptime_seconds) == ("mfp-2", "7.20.1", 183845)
    assert (reading.location, reading.contact) == ("2nd floor <script>", "helpdesk@example.org")
    assert reading.description == "Northwind 9000 series; Eng 4"


def test_counters_have_canonical_names(mfp: AgentAnswer) -> None:
    assert mfp.reading is not None
    assert dict(mfp.reading.counters) == {
        "total": 10000, "bw": 6000, "color": 4000, "print": 7983, "print_bw": 4783, "print_color": 3200, "copy": 2000,
        "copy_bw": 1200, "copy_color": 800, "fax": 17, "scan": 640, "duplex": 2500,
    }  # fmt: skip
    assert mfp.reading.raw["PAGECOUNTERS/TOTAL"] == "10000"
    assert mfp.reading.raw["CARTRIDGES/TONERCYAN"] == "-4400"


@pytest.mark.parametrize(
    ("index", "kind", "color", "level", "capacity", "percent", "state", "unit"),
    [
        ("DEVELOPERCYAN", "developer", "cyan", 91, 100, 91, "level", "percent"),
        ("DRUMBLACK", "opc", None, 0, 100, 0, "empty", "percent"),
        ("FUSERKIT", "fuser", None, -2, None, None, "unknown", "unknown"),
        ("MAINTENANCEKIT", "other", None, 3000, -2, None, "unknown", "sheets"),
        ("STAPLES", "staples", None, -3, None, None, "some remaining", "unknown"),
        ("TONERBLACK", "toner", "black", 100, -2, 100, "level", "unknown"),
        ("TONERCYAN", "toner", "cyan", 44, -1, 44, "level", "unknown"),
        ("TONERMAGENTA", "toner", "magenta", 290, 100, 100, "level", "percent"),
        ("TONERYELLOW", "toner", "yellow", 25, -2, None, "unknown", "tenths_of_milliliters"),
        ("TRANSFERKIT", "transfer_unit", None, None, None, None, "unknown", "unknown"),
        ("WASTETONER", "waste_toner", None, -3, None, None, "some remaining", "unknown"),
    ],
)
def test_supplies_say_what_is_known(
    mfp: AgentAnswer, index: str, kind: str, color: str | None, level: int | None, capacity: int | None,
    percent: int | None, state: str, unit: str,
) -> None:  # fmt: skip
    assert mfp.reading is not None
    supply = next(supply for supply in mfp.reading.supplies if supply.index == index)
    assert (supply.kind, supply.color, supply.level, supply.capacity) == (kind, color, level, capacity)
    assert (supply.percent, supply.state, supply.unit) == (percent, state, unit)
    assert supply.is_receptacle == (kind == "waste_toner")


def test_what_cannot_be_trusted_is_said(mfp: AgentAnswer) -> None:
    assert mfp.reading is not None
    told = {word for warning in mfp.reading.warnings for word in warning.replace(":", "").split() if word.isupper()}
    assert told == {"TONERBLACK", "TONERCYAN", "TONERMAGENTA", "TRANSFERKIT"}


@pytest.mark.parametrize(
    ("tag", "kind", "color", "description"),
    [
        ("CARTRIDGEYELLOW", "ink_cartridge", "yellow", "Yellow ink cartridge"),
        ("CARTRIDGEPHOTO", "ink_cartridge", "other", "Photo ink cartridge"),
        ("TONERNONE", "toner", None, "Toner"),
        ("TONER", "toner", None, "Toner"),
        ("IMAGINGUNIT", "unknown", None, "IMAGINGUNIT"),
    ],
)
def test_tags_name_kind_and_colour(tag: str, kind: str, color: str | None, description: str) -> None:
    supply = supply_of(tag, "50")
    assert (supply.kind, supply.color, supply.description) == (kind, color, description)


def test_black_is_the_agents_word_for_a_drum_without_a_colour() -> None:
    alone = reading_of("Brother", {}, {"DRUMBLACK": "40", "TONERBLACK": "7"}).supplies
    assert [(supply.color, supply.description) for supply in alone] == [(None, "Drum"), ("black", "Black toner")]
    among = reading_of("Brother", {}, {"DRUMBLACK": "40", "DRUMCYAN": "7"}).supplies
    assert [(supply.color, supply.description) for supply in among] == [("black", "Black drum"), ("cyan", "Cyan drum")]


def test_a_waste_box_beside_inks_is_an_ink_box() -> None:
    inks = reading_of("Epson", {}, {"CARTRIDGEBLACK": "40", "WASTETONER": "7"}).supplies
    assert [(supply.kind, supply.is_receptacle) for supply in inks] == [("ink_cartridge", False), ("waste_ink", True)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("57", (57, 100, "percent")),
        ("OK", (-3, None, "unknown")),
        ("WARNING", (-2, None, "unknown")),
        ("12ml", (120, -2, "tenths_of_milliliters")),
        ("0.4g", (4, -2, "tenths_of_grams")),
        ("3hours", (3, -2, "hours")),
        ("500impressions", (500, -2, "impressions")),
        ("1.5mm", (1500, -2, "micrometers")),
        ("9?", (9, -2, "unknown")),
        ("-7", (None, None, "unknown")),
        ("12parsecs", (None, None, "unknown")),
        ("", (None, None, "unknown")),
        ("٣", (None, None, "unknown")),
    ],
)
def test_values(text: str, expected: tuple[int | None, int | None, str]) -> None:
    assert read_value(text) == expected


@given(st.text(max_size=30), st.from_regex(r"-?[0-9]{1,12}(\.[0-9]{1,4})?[a-z?]{0,6}", fullmatch=True))
def test_any_value_has_a_state(anything: str, near: str) -> None:
    for text in (anything, near):
        supply = supply_of("TONERBLACK", text or "x")
        assert supply.state in SUPPLY_STATES
        assert (supply.percent is not None) == (supply.state in ("level", "empty"))


def test_patched_agents_tell_paper_sizes() -> None:
    counters = reading_of(
        "Konica Minolta",
        {"TOTAL": 100, "BW_A3": 5, "BW_A4": 55, "COLOR_A3": 10, "COLOR_A4": 30, "PRINT_A3": 12, "PRINT_B4": 3, "PRINT_A4": 80,
         "PRINT_LETTER": 5, "PRINT_JOBS": 900},
    ).counters  # fmt: skip
    assert (counters["bw_a3"], counters["bw_a4"], counters["color_a3"], counters["color_a4"]) == (5, 55, 10, 30)
    assert (counters["a3"], counters["a4"]) == (15, 85)


def test_canon_copies_are_the_machines_counters_where_they_cannot_be_copies() -> None:
    sized = {"COPYBLACK": 700, "COPYBLACK_A3": 50, "COPYCOLOR": 230, "COPYCOLOR_A3": 20}
    counters = reading_of("Canon", {"TOTAL": 1000, "COPYTOTAL": 1000, "PRINTTOTAL": 800, **sized}).counters
    assert (counters["bw_a4"], counters["bw_a3"], counters["color_a4"], counters["color_a3"]) == (700, 50, 230, 20)
    assert counters["print"] == 800
    assert "copy" not in counters
    without_marker = reading_of("Canon", {"COPYTOTAL": 1000, **sized}).counters
    assert without_marker["total"] == 1000


def test_canon_copies_that_fit_beside_the_prints_stay_copies() -> None:
    counters = reading_of("Canon", {"TOTAL": 1000, "COPYTOTAL": 200, "PRINTTOTAL": 800}).counters
    assert (counters["copy"], counters["print"]) == (200, 800)


def test_xerox_prints_are_the_machines_impressions() -> None:
    counters = reading_of("Xerox", {"PRINTTOTAL": 500, "PRINTBLACK": 300, "PRINTCOLOR": 200, "COPYBLACK": 40}).counters
    assert (counters["total"], counters["bw"], counters["color"], counters["copy_bw"]) == (500, 300, 200, 40)
    assert "print" not in counters


def test_kyoceras_colour_count_of_one_paper_size_is_not_used() -> None:
    reading = reading_of("Kyocera", {"TOTAL": 1000, "BLACK": 600, "COLOR": 7}, {"TONERCYAN": "50"})
    assert "color" not in reading.counters
    assert any("COLOR" in warning for warning in reading.warnings)
    assert reading.raw["PAGECOUNTERS/COLOR"] == "7"
    whole = reading_of("Kyocera", {"TOTAL": 1000, "BLACK": 600, "COLOR": 400}, {"TONERCYAN": "50"})
    assert whole.counters["color"] == 400
    mono = reading_of("Kyocera", {"TOTAL": 1010, "BLACK": 1000, "COLOR": 0}, {"TONERBLACK": "50"})
    assert mono.counters["color"] == 0


def test_a_makers_own_total_that_differs_is_said() -> None:
    reading = reading_of("Xerox", {"TOTAL": 480, "PRINTTOTAL": 500})
    assert reading.total == 480
    assert any("480" in warning and "500" in warning for warning in reading.warnings)


def test_sums_that_disagree_are_said() -> None:
    reading = reading_of("Ricoh", {"TOTAL": 1000, "BLACK": 600, "COLOR": 300})
    assert reading.warnings == ("bw + color is 900, but total is 1000.",)
    assert reading_of("Ricoh", {"TOTAL": 1000, "BLACK": 600, "COLOR": 401}).warnings == ()


@pytest.mark.parametrize("value", ["-1", "4294967295", "1e5", "12.0", "x", "99999999999"])
def test_what_is_no_count_is_left_out_and_said(value: str) -> None:
    reading = reading_of("Ricoh", {"TOTAL": value, "FAXTOTAL": 4})
    assert dict(reading.counters) == {"fax": 4}
    assert any("TOTAL" in warning for warning in reading.warnings)
    assert reading.raw["PAGECOUNTERS/TOTAL"] == value


def test_a_brand_new_printer_has_counted_nothing() -> None:
    assert reading_of("Ricoh", {"TOTAL": 0}).total == 0
    assert reading_of("Ricoh", {}).total is None


@given(st.dictionaries(st.sampled_from(["TOTAL", "BLACK", "SCANNED", "FAXTOTAL", "BW_A3"]), st.integers(0, 2**32 - 2)))
def test_every_count_arrives_unchanged(counts: dict[str, int]) -> None:
    reading = reading_of("Nobody", dict(counts))
    assert sorted(reading.counters.values()) == sorted(counts.values())
    assert set(reading.counters) <= set(COUNTERS)


@pytest.mark.parametrize(
    ("polled", "mac"),
    [("10.9.8.8", "0A:00:00:00:00:02"), ("10.0.0.1", "0A:00:00:00:00:03"), ("", "0A:00:00:00:00:03")],
)
def test_the_mac_is_that_of_the_polled_address_else_of_a_wired_port(polled: str, mac: str) -> None:
    answer = read_inventory((SAMPLES / "colour_mfp.xml").read_bytes(), polled)[0]
    assert answer.reading is not None
    assert answer.reading.mac == mac


def test_the_devices_own_mac_comes_before_a_port_without_a_name() -> None:
    ports = "<PORTS><PORT><IFDESCR>nc0</IFDESCR><MAC>0a:00:00:00:00:05</MAC></PORT></PORTS>"
    with_own = f"<DEVICE><INFO><MAC>0a:00:00:00:00:04</MAC></INFO>{ports}</DEVICE>"
    assert read_inventory_xml(with_own.encode())[0].mac == "0A:00:00:00:00:04"
    assert read_inventory_xml(f"<DEVICE><INFO/>{ports}</DEVICE>".encode())[0].mac == "0A:00:00:00:00:05"


def test_a_loopback_has_no_mac_to_give() -> None:
    ports = "<PORT><IFDESCR>ethernet loopback</IFDESCR><IFTYPE>24</IFTYPE><IP>10.0.0.1</IP><MAC>0a:00:00:00:00:06</MAC></PORT>"
    data = f"<DEVICE><INFO/><PORTS>{ports}</PORTS></DEVICE>".encode()
    answer = read_inventory(data, "10.0.0.1")[0]
    assert answer.reading is not None
    assert answer.reading.mac == ""


@pytest.mark.parametrize(
    ("text", "mac"),
    [
        ("3c2a.f410.d278", "3C:2A:F4:10:D2:78"),
        ("3C-2A-F4-10-D2-78", "3C:2A:F4:10:D2:78"),
        ("00:00:00:00:00:00", ""),
        ("ff:ff:ff:ff:ff:ff", ""),
        ("01:00:5e:00:00:01", ""),
        ("3c:2a:f4:10:d2", ""),
        ("not a mac", ""),
    ],
)
def test_macs_are_canonical_or_none(text: str, mac: str) -> None:
    assert canonical_mac(text) == mac


@pytest.mark.parametrize("serial", ["", "XXXXXXXX", "0000000", "serial_number", "Unknown", " - "])
def test_a_placeholder_is_no_serial(serial: str) -> None:
    assert read_inventory_xml(f"<DEVICE><INFO><SERIAL>{serial}</SERIAL></INFO></DEVICE>".encode())[0].serial == ""


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("10 days, 10:19:35.00", 901175),
        ("1 day, 00:00:01.00", 86401),
        ("3 hours, 17:57.85", 11877),
        ("5 minutes, 03.21", 303),
        ("11.85 seconds", 11),
        ("1:00", 60),
        ("yesterday", None),
        ("", None),
    ],
)
def test_uptime(text: str, seconds: int | None) -> None:
    assert uptime(text) == seconds


@pytest.mark.parametrize(
    ("manufacturer", "model", "description", "expected"),
    [
        ("Hewlett-Packard", "HP LaserJet M507", "HP ETHERNET MULTI-ENVIRONMENT", ("HP", "LaserJet M507", "", "")),
        ("Lexmark", "Lexmark MS621dn 46007105421 MSNGM.081.225", "Lexmark MS621dn version MSNGM.081.225 kernel",
         ("Lexmark", "MS621dn", "46007105421", "MSNGM.081.225")),
        ("Xerox", "Xerox AltaLink C8055; Multifunction System", "Xerox AltaLink C8055; SS 101.7",
         ("Xerox", "AltaLink C8055", "", "101.7")),
        ("Brother", "MFC-9340CDW", "Brother NC-8700w, Firmware Ver.Y", ("Brother", "", "", "")),
        ("Hewlett-Packard", "HP LaserJet M507", "HP ETHERNET MULTI-ENVIRONMENT,PID:Second floor",
         ("HP", "LaserJet M507", "", "")),
        ("Ricoh", "RICOH Aficio MP", "NRG MP C4503 1.08 / NRG Network Printer C model", ("NRG", "MP C4503", "", "1.08")),
        ("Samsung", "ML-371x", "Samsung ML-2850 Series; OS 1.04.02; S/N 4F66BKEQ410592R",
         ("Samsung", "ML-2850", "4F66BKEQ410592R", "1.04.02")),
        ("Xerox", "", "FUJI XEROX ApeosPort-VI C4471;ESS1.40.4", ("Fuji Xerox", "ApeosPort-VI C4471", "", "")),
        ("Konica Minolta", "Generic 28C-1", "Generic 28C-1", ("Konica Minolta", "", "", "")),
        ("Nobody Ltd", "X-1", "", ("Nobody Ltd", "X-1", "", "")),
    ],
)  # fmt: skip
def test_a_devices_own_words_stand_in_for_the_agents_guesses(
    manufacturer: str, model: str, description: str, expected: tuple[str, str, str, str]
) -> None:
    info = f"<MANUFACTURER>{manufacturer}</MANUFACTURER><MODEL>{model}</MODEL><COMMENTS>{description}</COMMENTS>"
    reading = read_inventory_xml(f"<DEVICE><INFO>{info}</INFO></DEVICE>".encode())[0]
    assert (reading.manufacturer, reading.model, reading.serial, reading.firmware) == expected


def test_a_discovery_gives_an_identity() -> None:
    answer = read_inventory((SAMPLES / "discovered.xml").read_bytes())[0]
    assert answer.reading is not None
    assert (answer.address, answer.reading.serial, answer.reading.hostname) == ("10.1.2.3", "INV0000007", "kyo-7")
    assert answer.reading.mac == "00:17:C8:00:00:07"
    assert not answer.reading.counters


def test_failures_and_answers_in_one_stream() -> None:
    answers = read_inventory((SAMPLES / "failed_and_answered.xml").read_bytes())
    assert [answer.id for answer in answers] == [0, 1]
    assert answers[0].error is not None
    assert answers[0].error.kind == "timeout"
    assert answers[1].reading is not None
    assert answers[1].reading.total == 12


@pytest.mark.parametrize(
    ("message", "kind"),
    [
        ("SNMP communication error: no response from host 10.0.0.1", "timeout"),
        ("SNMP communication error: authentication error on host 10.0.0.1", "authentication"),
        ("SNMP communication error: Unable to resolve the UDP/IPv4 service name 'ARRAY(0x55)'", "bad_target"),
        ("SNMP communication error: Required module Crypt/Rijndael.pm not found", "bad_target"),
        ("SNMP communication error: missing response from host 10.0.0.1", "bad_answer"),
        ("Died\nat line 3 \x1b[31m", "bad_answer"),
    ],
)
def test_failure_texts(message: str, kind: str) -> None:
    error = failure_of(message)
    assert error.kind == kind
    assert error.text.isprintable()


@pytest.mark.skipif(not SHARED.is_dir(), reason="the recorded inventories of ../shared are not here")
@pytest.mark.parametrize(
    ("device", "serial", "mac", "total", "levels"),
    [
        ("brother_hl-l8260cdw", "U64641E7J134163", "3C:2A:F4:10:D2:78", 42976, [75, None, None, None, None, None]),
        ("ricoh_aficio-mp-c3002", "W492KB03439", "00:26:73:54:E2:6A", 271871, [40, 20, 50, 50, 100]),
    ],
)
def test_recorded_inventories_of_both_agents(
    device: str, serial: str, mac: str, total: int, levels: list[int | None]
) -> None:
    for flavour in ("fusioninventory-netinventory.stdout", "glpi-netinventory-v2c.stdout"):
        reading = read_inventory_xml((SHARED / f"{device}.{flavour}.xml").read_bytes())[0]
        assert (reading.serial, reading.mac, reading.total) == (serial, mac, total)
        assert [supply.percent for supply in reading.supplies] == levels
    discovered = read_inventory_xml((SHARED / f"{device}.glpi-netdiscovery.xml").read_bytes())[0]
    assert (discovered.serial, discovered.mac) == (serial, mac)


@pytest.mark.skipif(not SHARED.is_dir(), reason="the recorded inventories of ../shared are not here")
def test_a_recorded_failure() -> None:
    answers = read_inventory((SHARED / "unreachable-glpi-netinventory.stdout.xml").read_bytes())
    assert [answer.error.kind for answer in answers if answer.error] == ["timeout"]
