"""What GLPI's answers make of a candidate for polling. Plain functions."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import ip_address
from typing import Final

ACTIVE: Final = "glpi_active"
STALE: Final = "glpi_stale"
NOT_FOUND: Final = "not_found"
NO_IP: Final = "no_ip"
CONFLICT: Final = "ip_conflict"
SEVERAL: Final = "error"


@dataclass(frozen=True, slots=True)
class Word:
    """What became of a candidate: a status, the address it would be polled at, and what else there is to say."""

    status: str
    address: str | None = None
    detail: str = ""


def usable(addresses: Sequence[str], allowed: Callable[[str], bool]) -> tuple[list[str], list[str]]:
    """Return the IPv4 addresses that may be asked, and the other ones; nonsense is neither."""
    fit: list[str] = []
    other: list[str] = []
    for text in addresses:
        try:
            address = ip_address(text.strip())
        except ValueError:
            continue
        if address.is_unspecified:
            continue
        (fit if address.version == 4 and allowed(str(address)) else other).append(str(address))
    return fit, other


def judge_address(
    addresses: Sequence[str], allowed: Callable[[str], bool], taken: Collection[str]
) -> tuple[str | None, Word | None]:
    """Return the address to poll, or why there is none: nothing usable, or every usable one is another printer's."""
    fit, other = usable(addresses, allowed)
    if not fit:
        return None, Word(NO_IP, None, ", ".join(other[:3]))
    free = [address for address in fit if address not in taken]
    return (free[0], None) if free else (fit[0], Word(CONFLICT, fit[0], fit[0]))


def judge_age(seen: datetime | None, now: datetime, freshness: timedelta) -> str:
    """Return whether GLPI has heard of the device lately enough to believe its address."""
    return ACTIVE if seen is not None and now - seen <= freshness else STALE


def may_become_printer(status: str, verify_ok: bool | None) -> bool:
    """Whether a candidate can be polled: its address told its number, or GLPI has just seen it and nobody asked the address."""
    return verify_ok is True or (status == ACTIVE and verify_ok is None)
