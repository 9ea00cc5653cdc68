"""The list of what a search found: filter, order, pages, in a constant number of queries."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from django.db.models import F, Q, QuerySet

from inventory.models import DiscoveredDevice, Discovery, Standing
from inventory.services.fleet import DEFAULT_PAGE_SIZE, LONGEST_SEARCH, PAGE_SIZES

SORTS: Final[dict[str, tuple[str, ...]]] = {
    "address": ("address", "port"),
    "model": ("manufacturer", "model"),
    "serial": ("serial_number",),
    "standing": ("standing",),
    "seen": ("first_seen",),
}


@dataclass(frozen=True, slots=True)
class DeviceFilter:
    """What the list shows; unknown words and numbers out of range are ignored."""

    search: str = ""
    standing: str = ""
    sort: str = "address"
    descending: bool = False
    page: int = 1
    page_size: int = DEFAULT_PAGE_SIZE

    @classmethod
    def parse(cls, query: Mapping[str, str]) -> DeviceFilter:
        """Return the filter of a query string."""
        sort = query.get("sort", "address")
        key = sort.removeprefix("-")
        size, page = number(query.get("per_page")), number(query.get("page"))
        standing = query.get("standing", "")
        return cls(
            search=query.get("q", "").replace("\x00", "").strip()[:LONGEST_SEARCH],
            standing=standing if standing in Standing.values else "",
            sort=key if key in SORTS else "address",
            descending=sort.startswith("-") and key in SORTS,
            page=page or 1,
            page_size=size if size in PAGE_SIZES else DEFAULT_PAGE_SIZE,
        )

    @property
    def is_narrowed(self) -> bool:
        """Whether it leaves anything out."""
        return bool(self.search or self.standing)


def number(text: str | None) -> int | None:
    """Return a whole number of at most nine digits, None for anything else."""
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 10 else None


def select(discovery: Discovery, chosen: DeviceFilter) -> QuerySet[DiscoveredDevice]:
    """Return the devices of a search that the filter lets through, in order."""
    query = Q(discovery=discovery)
    if chosen.standing:
        query &= Q(standing=chosen.standing)
    for word in chosen.search.split():
        query &= (
            Q(address__startswith=word)
            | Q(manufacturer__icontains=word)
            | Q(model__icontains=word)
            | Q(serial_number__icontains=word)
            | Q(mac_address__icontains=word.replace("-", ":"))
            | Q(hostname__icontains=word)
            | Q(description__icontains=word)
        )
    order = [F(name).desc() if chosen.descending else F(name).asc() for name in SORTS[chosen.sort]]
    return DiscoveredDevice.objects.filter(query).select_related("printer").order_by(*order, "pk")
