"""The demo site's things: devices made up from their number, so that every run shows the same page."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

MAKERS = ("Kyocera ECOSYS M3145dn", "HP Color LaserJet M452nw", "Brother HL-L8260CDW", "Ricoh Aficio MP C3002")
PLACES = ("Alpha", "Beta Logistics", "Gamma", "")
STATES = ("done", "done", "done", "failed", "queued", "running", "validation_error", "lost", "done", "stopped")
COUNT = 240


def level(color: str, percent: int | None, state: str = "level", **more: Any) -> dict[str, Any]:
    """Return a supply as a reading describes it."""
    return {"color": color, "kind": "toner", "percent": percent, "state": state, **more}


def supplies_of(number: int) -> list[dict[str, Any]]:
    """Return the supplies of a device: every third is monochrome, and some devices do not say."""
    black = level("black", (number * 37) % 101, days_left=(number * 7) % 90)
    if number % 3 == 0:
        return [black] if number % 2 else [level("black", None, "some remaining")]
    rest = [level("cyan", (number * 53) % 101), level("magenta", (number * 71) % 101)]
    yellow = level("yellow", None, "unknown") if number % 5 == 0 else level("yellow", (number * 29) % 101)
    waste = {
        "kind": "waste_toner",
        "description": "Waste toner box",
        "is_receptacle": True,
        "percent": number % 101,
        "state": "level",
    }
    return [*rest, yellow, black, waste]


def device(number: int, now: datetime | None = None) -> dict[str, Any]:
    """Return one device."""
    moment = (now or timezone.now()) - timedelta(seconds=number**3 % 400_000)
    return {
        "id": number,
        "address": f"10.4.{number // 200}.{number % 200 + 10}",
        "model": MAKERS[number % len(MAKERS)],
        "serial": f"VCF{number * 7919 % 10_000_000:07d}",
        "place": PLACES[number % len(PLACES)],
        "total": None if number % 11 == 0 else number * 48_271 % 1_900_000,
        "supplies": supplies_of(number),
        "polled": None if number % 11 == 0 else moment,
        "state": STATES[number % len(STATES)],
    }


def devices() -> list[dict[str, Any]]:
    """Return all of them."""
    now = timezone.now()
    return [device(number, now) for number in range(1, COUNT + 1)]


SHOWN_SUPPLIES = [
    {"color": "black", "kind": "toner", "description": "Black Toner", "part_number": "TK-3190", "percent": 63, "state": "level",
     "level": 15_750, "capacity": 25_000, "unit": "impressions", "days_left": 41},
    {"color": "cyan", "kind": "toner", "description": "Cyan Toner", "percent": 4, "state": "level", "days_left": 2},
    {"color": "magenta", "kind": "toner", "description": "Magenta Toner", "percent": None, "state": "some remaining"},
    {"color": "yellow", "kind": "toner", "description": "Yellow Toner", "percent": None, "state": "unknown"},
    {"color": None, "kind": "opc", "description": "Drum Unit", "percent": 100, "state": "level"},
    {"color": None, "kind": "waste_toner", "description": "Waste Box", "is_receptacle": True, "percent": 93, "state": "level"},
    {"color": None, "kind": "fuser", "description": "Fuser Unit", "percent": 0, "state": "empty"},
]  # fmt: skip
