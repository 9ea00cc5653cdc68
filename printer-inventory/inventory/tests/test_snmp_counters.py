"""Counters: which rows they are found in, what they add up to, where a warning is due."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inventory.polling.reading import COUNTERS
from inventory.polling.snmp import objects
from inventory.polling.snmp.answers import Answers
from inventory.polling.snmp.ber import Value
from inventory.polling.snmp.counters import add_up, find_counters, number_of, records
from inventory.polling.snmp.oids import encode_oid, encode_suffix
from inventory.profiles.catalog import catalog

RICOH_TYPE, RICOH_VALUE = "1.3.6.1.4.1.367.3.2.1.2.19.5.1.2", "1.3.6.1.4.1.367.3.2.1.2.19.5.1.9"
CANON_NAME, CANON_VALUE = "1.3.6.1.4.1.1602.1.11.2.1.1.2", "1.3.6.1.4.1.1602.1.11.2.1.1.3"
KYOCERA_SIZES = "1.3.6.1.4.1.1347.42.2.1.1.1"
BROTHER_COUNTERS = "1.3.6.1.4.1.2435.2.3.9.4.2.1.5.5.10.0"
XEROX = "1.3.6.1.4.1.253.8.53.13.2.1.6.1.20"


def counted(
    maker: str, values: dict[str, Value], columns: dict[str, dict[str, Value]] | None = None
) -> tuple[dict[str, int], list[str]]:
    """Return the counters and warnings of a maker's device with these objects."""
    answers = Answers({encode_oid(oid): value for oid, value in values.items()})
    for column, rows in (columns or {}).items():
        answers.columns[encode_oid(column)] = {encode_suffix(index): value for index, value in rows.items()}
        answers.values.update({encode_oid(f"{column}.{index}"): value for index, value in rows.items()})
    profile = catalog().by_name[maker]
    terms, warnings = find_counters(answers, profile, b"\x01")
    counters, _, more = add_up(terms, answers.values, profile)
    return counters, [*warnings, *more]


def test_ricohs_rows_are_found_by_type_wherever_they_stand() -> None:
    types: dict[str, Value] = {
        "3": 10,
        "4": 200,
        "5": 201,
        "9": 202,
        "11": 203,
        "12": 400,
        "17": 401,
        "21": 403,
        "30": 870,
        "31": 871,
    }
    values: dict[str, Value] = {
        "3": 1000,
        "4": 300,
        "5": 250,
        "9": 10,
        "11": 40,
        "12": 700,
        "17": 500,
        "21": 200,
        "30": 5,
        "31": 6,
    }
    counters, warnings = counted("ricoh", {}, {RICOH_TYPE: types, RICOH_VALUE: values})
    assert counters == {
        "total": 1000, "copy": 300, "copy_bw": 250, "copy_color": 50, "print": 700, "print_bw": 500, "print_color": 200,
        "scan": 11,
    }  # fmt: skip
    assert warnings == []


def test_canons_rows_are_found_by_name() -> None:
    names: dict[str, Value] = {
        "1": b"Total 1", "7": b"Total (Black/Large)", "8": b"Total (Black/Small)",
        "2": b"Total (Full Color + Single Color/Large)", "5": b"Total (Full Color + Single Color/Small)", "9": b"Copy (Total 1)",
    }  # fmt: skip
    values: dict[str, Value] = {"1": 1000, "7": 100, "8": 500, "2": 50, "5": 350, "9": 400}
    counters, warnings = counted("canon", {}, {CANON_NAME: names, CANON_VALUE: values})
    assert (counters["bw_a3"], counters["bw_a4"], counters["color_a3"], counters["color_a4"]) == (100, 500, 50, 350)
    assert (counters["bw"], counters["color"], counters["a3"], counters["a4"], counters["total"]) == (
        600,
        400,
        150,
        850,
        1000,
    )
    assert warnings == []


def test_canons_codes_of_the_counter_check_screen() -> None:
    codes: dict[str, Value] = {
        f"1.3.6.1.4.1.1602.1.11.1.3.1.4.{code}": number
        for code, number in {101: 90, 112: 10, 113: 50, 122: 5, 123: 25, 501: 7}.items()
    }
    counters, _ = counted("canon", codes)
    assert {name: counters[name] for name in ("total", "bw_a3", "color", "scan")} == {
        "total": 90,
        "bw_a3": 10,
        "color": 30,
        "scan": 7,
    }


def test_kyoceras_pages_by_size_and_function() -> None:
    sizes: dict[str, Value] = {"1": b"A3", "2": b"B4", "3": b"A4", "4": b"Letter", "5": b"Ledger", "6": b"Other1"}
    bw: dict[str, Value] = {"1": 10, "2": 1, "3": 300, "4": 20, "5": 4, "6": 2}
    color: dict[str, Value] = {"1": 5, "2": 0, "3": 100, "4": 0, "5": 1, "6": 0}
    functions: dict[str, Value] = {
        "1.3.6.1.4.1.1347.42.3.1.1.1.1.1": 343,
        "1.3.6.1.4.1.1347.42.3.1.1.1.1.2": 100,
        "1.3.6.1.4.1.1347.42.3.1.2.1.1.1.1": 257,
        "1.3.6.1.4.1.1347.42.3.1.2.1.1.1.2": 6,
        "1.3.6.1.4.1.1347.42.3.1.2.1.1.1.3": 80,
        "1.3.6.1.4.1.1347.42.3.1.2.1.1.2.1": 80,
        "1.3.6.1.4.1.1347.42.3.1.2.1.1.2.3": 20,
    }
    counters, warnings = counted(
        "kyocera", functions, {f"{KYOCERA_SIZES}.2.1": sizes, f"{KYOCERA_SIZES}.7.1": bw, f"{KYOCERA_SIZES}.8.1": color}
    )
    assert {name: counters[name] for name in ("bw_a3", "bw_a4", "color_a3", "color_a4")} == {
        "bw_a3": 15,
        "bw_a4": 322,
        "color_a3": 6,
        "color_a4": 100,
    }
    assert (counters["print_color"], counters["copy_color"], counters["bw"], counters["color"]) == (86, 20, 337, 106)
    assert warnings == []


def test_brothers_records() -> None:
    octets = bytes.fromhex("00010400000064010104000000400201040000002406010400000010ff")
    counters, warnings = counted("brother", {BROTHER_COUNTERS: octets})
    assert (counters, warnings) == ({"total": 100, "bw": 64, "color": 36, "duplex": 16}, [])


def test_xeroxs_small_pages_are_what_large_ones_leave() -> None:
    counters, _ = counted(
        "xerox", {f"{XEROX}.1": 1000, f"{XEROX}.33": 400, f"{XEROX}.34": 600, f"{XEROX}.43": 40, f"{XEROX}.44": 60}
    )
    assert {name: counters[name] for name in ("bw_a4", "color_a4", "a3", "a4")} == {
        "bw_a4": 540,
        "color_a4": 360,
        "a3": 100,
        "a4": 900,
    }


def test_a_total_that_does_not_add_up_is_said() -> None:
    _, warnings = counted(
        "hp",
        {
            "1.3.6.1.4.1.11.2.3.9.4.2.1.4.1.2.6.0": 600,
            "1.3.6.1.4.1.11.2.3.9.4.2.1.4.1.2.7.0": 300,
            "1.3.6.1.4.1.11.2.3.9.4.2.1.4.1.2.5.0": 1000,
        },
    )
    assert warnings == ["bw + color is 900, but total is 1000."]


def test_the_makers_own_total_is_named_where_it_differs() -> None:
    life: dict[str, dict[str, Value]] = {objects.PRT_LIFE_COUNT: {"1.1": 76498}, objects.PRT_COUNTER_UNIT: {"1.1": 7}}
    counters, warnings = counted("kyocera", {"1.3.6.1.4.1.1347.43.10.1.1.12.1.1": 76064}, life)
    assert counters["total"] == 76498
    assert any("76064" in warning for warning in warnings)


def test_the_makers_total_fills_a_standard_one_of_nought() -> None:
    life: dict[str, dict[str, Value]] = {objects.PRT_LIFE_COUNT: {"1.1": 0}}
    assert counted("oki", {"1.3.6.1.4.1.2001.1.1.1.1.100.1.1.1.3.1": 812}, life)[0] == {"total": 812}


@pytest.mark.parametrize(
    ("unit", "total", "word"),
    [(7, 500, ""), (8, 500, "sheets"), (16, None, "feet"), (4, None, "micrometers"), (11, None, "hours")],
)
def test_a_life_count_in_other_units_is_no_page_total(unit: int, total: int | None, word: str) -> None:
    counters, warnings = counted(
        "hp", {}, {objects.PRT_LIFE_COUNT: {"1.1": 500}, objects.PRT_COUNTER_UNIT: {"1.1": unit}}
    )
    assert counters.get("total") == total
    assert (word in " ".join(warnings)) if word else not warnings


def test_of_several_markers_the_first_counts() -> None:
    assert counted("hp", {}, {objects.PRT_LIFE_COUNT: {"1.1": 500, "1.2": 499}})[0] == {"total": 500}


def test_numbers_in_strings() -> None:
    assert number_of(b" 12345\x00", "text") == 12345
    assert number_of(struct.pack(">f", 1234.0), "float") == 1234
    assert number_of(struct.pack(">d", 1e9), "float") == 1_000_000_000
    assert number_of(struct.pack(">f", float("nan")), "float") is None
    assert number_of(b"twelve", "text") is None
    assert number_of(2**32 - 1, "") is None
    assert number_of(-1, "") is None
    assert number_of(b"12", "") is None


@given(st.binary(max_size=300))
def test_any_octets_are_a_record_list_of_some_length(octets: bytes) -> None:
    assert all(0 <= key <= 254 and 0 <= value < 2**32 for key, value in records(octets).items())


def test_every_counter_of_every_maker_is_a_known_name() -> None:
    for profile in catalog().profiles:
        names = {rule.name for rule in profile.counters} | {rule.name for rule in profile.derivations}
        names |= {part for rule in profile.derivations for part in (*rule.plus, *rule.minus)}
        assert names <= set(COUNTERS), profile.name


def test_every_maker_asked_for_has_a_profile() -> None:
    names = {name for profile in catalog().profiles for name, _ in profile.brands}
    assert names >= {
        "HP", "Canon", "Kyocera", "Ricoh", "Savin", "Lanier", "NRG", "Gestetner", "Xerox", "FUJIFILM", "Fuji Xerox",
        "Konica Minolta", "Develop", "Brother", "Epson", "Lexmark", "Samsung", "OKI", "Sharp", "Toshiba", "Pantum", "Zebra",
        "Dell", "UTAX",
    }  # fmt: skip
