"""The device descriptions: complete, true to the MIBs, unlike one another."""

from __future__ import annotations

import pytest

from standins.printers import ber
from standins.printers.behaviour import Calendar
from standins.printers.devices import CODECS, DeviceSpec, load, parse
from standins.printers.identity import ALPHABETS, GENERATION, mac_address, serial_number
from standins.printers.modelled import Modelled
from standins.printers.objects import shape_of

NOON = 1_794_830_400.0
ENTERPRISES = {
    "HP": 11, "Xerox": 253, "FUJIFILM": 297, "RICOH": 367, "Lexmark": 641, "TOSHIBA": 1129, "EPSON": 1248, "Kyocera": 1347,
    "Canon": 1602, "OKI DATA CORP": 2001, "SHARP": 2385, "Brother": 2435, "Samsung": 236, "KONICA MINOLTA": 18334,
    "Pantum": 40093,
}  # fmt: skip


def described(spec: DeviceSpec) -> Modelled:
    return Modelled(spec, "test", 7, Calendar("always"), "127.42.0.8", ("room", "contact"))


def test_there_are_enough_of_every_kind() -> None:
    specs = load().values()
    assert len(specs) >= 15
    assert {spec.vendor for spec in specs} == set(ENTERPRISES)
    assert {spec.web for spec in specs} == {
        "table", "definitions", "european", "button", "protected", "digest", "form", "frames", "api",
    }  # fmt: skip
    assert any(not spec.is_color for spec in specs)
    assert any(spec.printing.a3 for spec in specs)
    assert len({spec.charset for spec in specs}) >= 4
    assert {supply.report for spec in specs for supply in spec.supplies} == {"exact", "some", "unknown", "percent"}


@pytest.mark.parametrize("spec", load().values(), ids=lambda spec: spec.id)
def test_a_description_is_whole(spec: DeviceSpec) -> None:
    assert spec.sys_object_id.startswith(f"1.3.6.1.4.1.{ENTERPRISES[spec.vendor]}.")
    assert spec.charset in CODECS
    assert len({supply.index for supply in spec.supplies}) == len(spec.supplies)
    colors = {supply.color for supply in spec.supplies if supply.color}
    assert colors == ({"black", "cyan", "magenta", "yellow"} if spec.is_color else {"black"})
    if spec.is_color:
        assert set(spec.colorants) == colors
    facts = described(spec).facts(NOON, 100)
    for slot in shape_of(spec).slots:
        value = slot.source(facts)
        if value is not None and not isinstance(value, bytes | str):
            ber.encode(slot.tag, value)
    text = " ".join(str(slot.source(facts)) for slot in shape_of(spec).slots)
    assert facts.identity.serial in text


@pytest.mark.parametrize("spec", load().values(), ids=lambda spec: spec.id)
def test_serial_numbers_have_room_for_every_generation(spec: DeviceSpec) -> None:
    room = 1
    for letter in spec.serial:
        room *= len(ALPHABETS.get(letter, " "))
    assert room >= 20 * GENERATION
    numbers = [number + GENERATION * generation for generation in range(3) for number in range(2000)]
    assert len({serial_number(spec.serial, number) for number in numbers}) == len(numbers)
    assert len({mac_address(spec.mac_prefix, number) for number in numbers}) == len(numbers)


def test_models_of_one_vendor_never_share_a_mac_or_serial_in_a_fleet() -> None:
    specs = list(load().values())
    devices = [
        Modelled(specs[n % len(specs)], "s", n, Calendar("always"), "127.0.0.1", ("", "")).identity for n in range(3000)
    ]
    assert len({who.mac for who in devices}) == len({who.serial for who in devices}) == 3000


@pytest.mark.parametrize(
    "text",
    [
        "vendor = 3",
        'vendor = "x"\n[printing]\npages_per_day = [1, 2]',
        "supplies = [{ index = 1, kind = 'soap', description = '', pages = 1 }]",
        "not toml",
    ],
)
def test_a_wrong_description_is_refused_by_name(text: str) -> None:
    with pytest.raises(ValueError, match="device description odd"):
        parse(text, "odd")
