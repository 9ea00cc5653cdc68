"""Sizes: what shops write, made comparable on the EU scale by Nike's published men's chart."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

ONE_SIZE = "One Size"
MISSING = frozenset({"", "n/a", "na", "none", "null", "nan", "-"})
_SHOE = re.compile(
    r"(?P<region>US|EU|UK|CM|JP)?\s*(?P<kind>[MW])?\s*(?P<number>\d{1,2}(?:[.,]\d{1,3})?|\d{1,2}\s\d/\d)\s*(?P<suffix>[WYCKM]|K)?",
    re.IGNORECASE,
)
LETTERS = ("XXS", "XS", "S", "M", "L", "XL", "XXL", "XXXL", "2XL", "3XL")

# US men's size -> (UK, EU, CM)
MEN = {
    "3.5": ("3", "35.5", "22.5"), "4": ("3.5", "36", "23"), "4.5": ("4", "36.5", "23.5"), "5": ("4.5", "37.5", "23.5"),
    "5.5": ("5", "38", "24"), "6": ("5.5", "38.5", "24"), "6.5": ("6", "39", "24.5"), "7": ("6", "40", "25"),
    "7.5": ("6.5", "40.5", "25.5"), "8": ("7", "41", "26"), "8.5": ("7.5", "42", "26.5"), "9": ("8", "42.5", "27"),
    "9.5": ("8.5", "43", "27.5"), "10": ("9", "44", "28"), "10.5": ("9.5", "44.5", "28.5"), "11": ("10", "45", "29"),
    "11.5": ("10.5", "45.5", "29.5"), "12": ("11", "46", "30"), "12.5": ("11.5", "47", "30.5"), "13": ("12", "47.5", "31"),
    "14": ("13", "48.5", "32"), "15": ("14", "49.5", "33"),
}  # fmt: skip
WOMEN_OFFSET = Decimal("1.5")


@dataclass(frozen=True, slots=True)
class SizeValue:
    """A size: what is shown, in which system, and its place on the EU scale (None when it has none)."""

    value: str
    region: str
    standardized: Decimal | None


def plain(number: Decimal) -> str:
    """Write 9.50 as 9.5 and 10.0 as 10."""
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def parse(text: str | None, region: str = "US") -> SizeValue:
    """Read a size as a report or a person writes it: "9.5", "US 9.5", "8W", "5.5Y", "EU 42 2/3", "M", "N/A"."""
    if text is None:
        return SizeValue("Unknown", region, None)
    found = " ".join(text.split())
    if found.lower() in MISSING or found.lower() in ("one size", "os", "onesize"):
        return SizeValue(ONE_SIZE, "ONE", None)
    if found.upper() in LETTERS:
        return SizeValue(found.upper(), "LETTER", None)
    match = _SHOE.fullmatch(found)
    if match is None:
        return SizeValue(found[:20], region, None)
    number = _number(match["number"])
    if number is None:
        return SizeValue(found[:20], region, None)
    system = (match["region"] or region).upper()
    kind = (match["suffix"] or match["kind"] or "").upper().replace("M", "")
    if system == "US" and number > 30:
        system = "EU" if number <= 60 else "SIZE"
    return SizeValue(f"{plain(number)}{kind}", system, standardize(number, system, kind))


def _number(text: str) -> Decimal | None:
    whole, _, fraction = text.replace(",", ".").partition(" ")
    try:
        number = Decimal(whole)
        if fraction:
            upper, _, lower = fraction.partition("/")
            number += (Decimal(upper) / Decimal(lower)).quantize(Decimal("0.01")) if Decimal(lower) else Decimal(0)
    except InvalidOperation:
        return None
    return number


def standardize(number: Decimal, region: str, kind: str = "") -> Decimal | None:
    """Return the EU size; women's US sizes lie one and a half below men's, youth sizes equal men's. None off the chart."""
    if region == "EU":
        return number
    if region == "US":
        men = number - WOMEN_OFFSET if kind == "W" else number
        row = MEN.get(plain(men))
        return Decimal(row[1]) if row and kind not in ("C", "K") else None
    column = {"UK": 0, "CM": 2, "JP": 2}.get(region)
    if column is None:
        return None
    rows = [row for row in MEN.values() if row[column] == plain(number)]
    return Decimal(rows[-1][1]) if rows else None


def run(us_from: str = "3.5", us_until: str = "15") -> list[dict[str, str]]:
    """Return the size run between two US men's sizes: a line per size in US men's, US women's, UK, EU and CM."""
    low, high = Decimal(us_from), Decimal(us_until)
    return [
        {"us": us, "us_women": plain(Decimal(us) + WOMEN_OFFSET), "uk": uk, "eu": eu, "cm": cm}
        for us, (uk, eu, cm) in MEN.items()
        if low <= Decimal(us) <= high
    ]
