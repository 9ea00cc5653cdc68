"""Levels, colours, kinds, part numbers, strings: the decoding rules one by one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inventory.polling.snmp import objects
from inventory.polling.snmp.answers import Answers
from inventory.polling.snmp.ber import Value
from inventory.polling.snmp.colors import color_of_colorant, color_of_text, kind_of_text
from inventory.polling.snmp.names import error_names
from inventory.polling.snmp.oids import encode_oid, encode_suffix
from inventory.polling.snmp.supplies import find_alerts, find_supplies, judge_level, part_and_serial, read_supply
from inventory.polling.snmp.text import MAX_LENGTH, decode_text
from inventory.profiles.catalog import catalog


@pytest.mark.parametrize(
    ("level", "capacity", "unit", "receptacle", "expected"),
    [
        (7056, 7200, "impressions", False, (98, "level", False)),
        (0, 100, "percent", False, (0, "empty", False)),
        (0, 100, "percent", True, (0, "level", False)),
        (-1, 100, "other", False, (None, "no restriction", False)),
        (-2, -2, "other", False, (None, "unknown", False)),
        (-3, -2, "other", True, (None, "some remaining", False)),
        (-3, 30000, "impressions", False, (None, "some remaining", False)),
        (-17, 100, "other", False, (None, "unknown", False)),
        (100, -2, "unknown", True, (100, "level", True)),
        (55, -2, "percent", False, (55, "level", False)),
        (55, 0, "other", False, (55, "level", True)),
        (0, 0, "other", False, (None, "unknown", False)),
        (0, 0, "percent", False, (0, "empty", False)),
        (290, -2, "other", False, (None, "unknown", False)),
        (290, 100, "other", False, (100, "level", False)),
        (None, 100, "other", False, (None, "unknown", False)),
        (40, None, "other", False, (40, "level", True)),
    ],
)
def test_a_level_is_judged_as_the_standard_says(
    level: int | None, capacity: int | None, unit: str, receptacle: bool, expected: tuple[int | None, str, bool]
) -> None:
    assert judge_level(level, capacity, unit, receptacle=receptacle) == expected


@given(st.integers(-(2**31), 2**31), st.integers(-(2**31), 2**31), st.sampled_from(["percent", "other"]), st.booleans())
def test_a_percentage_is_never_impossible(level: int, capacity: int, unit: str, receptacle: bool) -> None:
    percent, state, _ = judge_level(level, capacity, unit, receptacle=receptacle)
    assert percent is None or 0 <= percent <= 100
    assert (percent is None) == (state in {"some remaining", "unknown", "no restriction"})


@pytest.mark.parametrize(
    ("description", "color"),
    [
        ("Black Toner Cartridge", "black"),
        ("Toner (Cyan)", "cyan"),
        ("Photo Drum:Magenta", "magenta"),
        ("黑色碳粉", "black"),
        ("青色碳粉", "cyan"),
        ("洋紅色碳粉", "magenta"),
        ("黃色碳粉", "yellow"),
        ("Тонер-картридж, пурпурный", "magenta"),
        ("Чёрный тонер", "black"),
        ("Голубой тонер", "cyan"),
        ("Жёлтый тонер", "yellow"),
        ("Cartouche noire", "black"),
        ("Gelber Toner", "yellow"),
        ("Cartucho amarillo", "yellow"),
        ("Żółty toner", "yellow"),
        ("シアントナー", "cyan"),
        ("TK-8115K", "black"),
        ("TK-5240C", "cyan"),
        ("SJIC35P-BK", "black"),
        ("Light Cyan Ink", "other"),
        ("Tri-color Cartridge", "other"),
        ("Photo Black Ink", "black"),
        ("Drum Unit", None),
        ("TK-3130", None),
        ("Canon Cartridge 719/719H", None),
        ("", None),
    ],
)
def test_a_colour_is_found_in_the_panels_language(description: str, color: str | None) -> None:
    assert color_of_text(description) == color


@pytest.mark.parametrize(
    ("value", "color"),
    [
        ("black", "black"),
        (" Cyan ", "cyan"),
        ("none", None),
        ("unknown", None),
        ("red", "other"),
        ("photoBlack", "black"),
    ],
)
def test_a_colorant_gives_its_colour(value: str, color: str | None) -> None:
    assert color_of_colorant(value) == color


@pytest.mark.parametrize(
    ("description", "kind"),
    [
        ("Waste Toner Box", "waste_toner"),
        ("Maintenance Box SJMB6000/6500", "waste_ink"),
        ("Black Image Drum Unit", "opc"),
        ("Fusing Unit", "fuser"),
        ("Image Transfer Belt Unit", "transfer_unit"),
        ("Developer Cartridge (Black)", "developer"),
        ("Black Ink Cartridge", "ink_cartridge"),
        ("Toner (Cyan)", "toner"),
        ("Ozone Filter", "unknown"),
    ],
)
def test_a_kind_is_found_where_the_type_is_missing(description: str, kind: str) -> None:
    assert kind_of_text(description) == kind


@pytest.mark.parametrize(
    ("maker", "description", "part", "serial"),
    [
        ("xerox", "Black Toner, PN 006R01509;SN48178080E0000481", "006R01509", "48178080E0000481"),
        ("xerox", "Fuser, PN unknown;SNunknown", "", ""),
        ("hp", "Black Cartridge 827A HP CF300A", "CF300A", ""),
        ("hp", "Transfer Kit HP D7H14A", "D7H14A", ""),
        ("kyocera", "TK-3130", "TK-3130", ""),
        ("epson", "Black Ink Cartridge SJIC35P-BK", "SJIC35P-BK", ""),
        ("canon", "Canon Cartridge 719/719H", "719/719H", ""),
        ("samsung", "Black Toner Cartridge, MLT-D203S, S/N:CRUM-1234567", "MLT-D203S", "CRUM-1234567"),
        ("sharp", "Cyan Toner", "", ""),
    ],
)
def test_part_numbers_and_cartridge_serials_are_split_off(maker: str, description: str, part: str, serial: str) -> None:
    assert part_and_serial(description, catalog().by_name[maker]) == (part, serial)


def answers_of(columns: dict[str, dict[str, Value]]) -> Answers:
    """Return answers with these cells, by column and index."""
    answers = Answers()
    for column, rows in columns.items():
        for index, value in rows.items():
            answers.columns.setdefault(encode_oid(column), {})[encode_suffix(index)] = value
            answers.values[encode_oid(column) + encode_suffix(index)] = value
    return answers


def test_the_colorant_table_counts_before_the_words() -> None:
    answers = answers_of(
        {
            objects.SUPPLY_LEVEL: {"1.1": 50, "1.2": 60},
            objects.SUPPLY_CAPACITY: {"1.1": 100, "1.2": 100},
            objects.SUPPLY_TYPE: {"1.1": 3, "1.2": 3},
            objects.SUPPLY_DESCRIPTION: {"1.1": b"Toner A", "1.2": b"Toner B"},
            objects.SUPPLY_COLORANT: {"1.1": 2, "1.2": 1},
            objects.COLORANT_VALUE: {"1.1": b"black", "1.2": b"cyan"},
        }
    )
    supplies = find_supplies(answers, None, None, "")
    assert [(supply["index"], supply["color"]) for supply in supplies] == [("1.1", "cyan"), ("1.2", "black")]


def test_an_index_without_the_device_index_is_read() -> None:
    answers = answers_of(
        {
            objects.SUPPLY_LEVEL: {"1": 40},
            objects.SUPPLY_CAPACITY: {"1": 100},
            objects.SUPPLY_DESCRIPTION: {"1": b"Toner"},
        }
    )
    (row,) = find_supplies(answers, None, None, "")
    supply, warning = read_supply(row, answers.values, {})
    assert (supply.index, supply.percent, supply.color, warning) == ("1.1", 40, "black", "")


def test_gaps_in_the_index_and_other_device_indexes_are_kept() -> None:
    answers = answers_of(
        {objects.SUPPLY_LEVEL: {"3.2": 10, "3.31": 20}, objects.SUPPLY_CAPACITY: {"3.2": 100, "3.31": 100}}
    )
    assert [supply["index"] for supply in find_supplies(answers, None, None, "")] == ["3.2", "3.31"]


def test_a_level_above_the_capacity_is_cut_and_said() -> None:
    answers = answers_of({objects.SUPPLY_LEVEL: {"1.1": 290}, objects.SUPPLY_CAPACITY: {"1.1": 100}})
    raw: dict[str, int | str] = {}
    supply, warning = read_supply(find_supplies(answers, None, None, "")[0], answers.values, raw)
    assert (supply.percent, supply.level) == (100, 290)
    assert "above its capacity" in warning
    assert raw == {"1.3.6.1.2.1.43.11.1.1.9.1.1": 290}


def test_alerts_by_name_and_the_all_zero_row_left_out() -> None:
    answers = answers_of(
        {
            objects.ALERT_SEVERITY: {"1.4": 3, "1.9": 0},
            objects.ALERT_GROUP: {"1.4": 13, "1.9": 0},
            objects.ALERT_CODE: {"1.4": 8, "1.9": 0},
            objects.ALERT_LOCATION: {"1.4": -1},
            objects.ALERT_DESCRIPTION: {"1.4": "Бумага застряла".encode("cp1251")},
        }
    )
    (alert,) = find_alerts(answers, 2251)
    assert alert == {
        "index": "1.4",
        "severity": "critical",
        "group": "mediaPath",
        "code": 8,
        "code_name": "jam",
        "description": "Бумага застряла",
        "location": None,
    }


@pytest.mark.parametrize(
    ("octets", "errors"),
    [
        (b"", ()),
        (b"\x20", ("lowToner",)),
        (b"\x04", ("jammed",)),
        (b"\x20\x00", ("lowToner",)),
        (b"\x80\x02", ("lowPaper", "overduePreventMaint")),
    ],
)
def test_the_error_state_has_no_one_or_two_octets(octets: bytes, errors: tuple[str, ...]) -> None:
    assert error_names(octets) == errors


@pytest.mark.parametrize(
    ("octets", "charset", "expected"),
    [
        (b"Ready  \x00\x00", 106, "Ready"),
        (b"Black Cartridge\x00junk", None, "Black Cartridge"),
        ("请等待".encode(), 106, "请等待"),
        ("请等待".encode("gbk"), 113, "请等待"),
        ("TRYB UŚPIENIA".encode("iso8859-2"), 5, "TRYB UŚPIENIA"),
        ("Спящий режим".encode("iso8859-5"), 8, "Спящий режим"),
        ("Спящий режим".encode("cp1251"), None, "Спящий режим"),
        ("Спящий режим".encode(), 2004, "Спящий режим"),
        ("kopieën".encode("hp-roman8"), 2004, "kopieën"),
        ("Größe".encode("latin-1"), None, "Größe"),
        ("Größe".encode("latin-1"), 106, "Größe"),
        (b"\xff\xfe\xfd", 3, "яюэ"),
        ("Prêt".encode("utf-16-be"), 1000, "Prêt"),
        (b"ENERGIESPAREN   \rTROMMEL ERSETZ. ", 2004, "ENERGIESPAREN TROMMEL ERSETZ."),
        (b"", 106, ""),
    ],
)
def test_strings_are_read_in_the_panels_character_set(octets: bytes, charset: int | None, expected: str) -> None:
    assert decode_text(octets, charset) == expected


@given(
    st.binary(max_size=3000), st.sampled_from([None, 3, 4, 5, 17, 39, 106, 113, 1000, 1015, 2004, 2025, 2251, 99999])
)
def test_no_octets_make_a_string_that_breaks_a_line_or_hides_its_direction(octets: bytes, charset: int | None) -> None:
    text = decode_text(octets, charset)
    assert len(text) <= MAX_LENGTH
    assert not set(text) & set("\r\n\x00\x1b\x85\u2028\u2029\u202e\u2066\ufeff")
    text.encode()
