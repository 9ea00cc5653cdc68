"""Four invented organisations whose printers the demo shows, and where in them each printer stands."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Site:
    """A client: its name, code, city, street, how many rooms it has, and its share of the fleet."""

    organization: str
    code: str
    city: str
    street: str
    contact: str
    rooms: int
    share: int


SITES: Final = (
    Site("Angara Shipyard", "ANGARA", "Irkutsk", "Quay Street 4", "it@angara.example", 120, 4),
    Site("Lakeside Clinic", "LAKE", "Listvyanka", "Pine Road 18", "helpdesk@lakeside.example", 60, 3),
    Site("Taiga Savings Bank", "TAIGA", "Bratsk", "Market Square 1", "print@taiga.example", 45, 2),
    Site("Sayan Technical College", "SAYAN", "Angarsk", "Library Lane 7", "office@sayan.example", 30, 1),
)

_DEALT: Final = tuple(site for turn in range(4) for site in SITES if turn < site.share)


def site_of(number: int) -> Site:
    """Return the client of printer `number`: dealt by share, so that any fleet holds all four."""
    return _DEALT[number % len(_DEALT)]


def place_of(number: int) -> tuple[str, str]:
    """Return (sysLocation, sysContact) of printer `number`."""
    site = site_of(number)
    return f"{site.city}, {site.street}, room {101 + number // len(_DEALT) % site.rooms}", site.contact
