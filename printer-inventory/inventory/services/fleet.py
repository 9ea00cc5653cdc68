"""The fleet list: filters, order and pages over printers and how they stand, in one query a page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import parse_qs, urlencode

from django.db.models import F, Q, QuerySet
from django.utils.translation import gettext_lazy as _

from inventory.models import MatchRule, Printer, Verdict

PAGE_SIZES: Final = (25, 50, 100, 250, 500)
DEFAULT_PAGE_SIZE: Final = 100
LONGEST_SEARCH: Final = 100
SILENCES: Final = {
    "1h": timedelta(hours=1),
    "24h": timedelta(hours=24),
    "7d": timedelta(days=7),
    "30d": timedelta(days=30),
}

SORTS: Final[dict[str, tuple[str, ...]]] = {
    "address": ("ip_address", "snmp_port"),
    "organization": ("organization__name",),
    "model": ("device_model__manufacturer__name", "device_model__name"),
    "serial": ("serial_number",),
    "host": ("hostname",),
    "total": ("status__total_pages",),
    "supplies": ("status__lowest_percent",),
    "polled": ("status__last_attempt_at",),
    "read": ("status__last_success_at",),
    "verdict": ("status__last_verdict",),
}

STATES: Final = {
    "ok": _("answering"),
    "failed": _("not answering"),
    "doubtful": _("doubtful readings"),
    "never": _("never polled"),
}


@dataclass(frozen=True, slots=True)
class FleetFilter:
    """What the list shows; made from a query string, in which unknown words and numbers out of range are ignored."""

    search: str = ""
    organizations: tuple[int, ...] = ()
    without_organization: bool = False
    manufacturer: int | None = None
    model: int | None = None
    state: str = ""
    silent: str = ""
    low: int | None = None
    rule: str = ""
    active: str = "true"
    sort: str = "address"
    descending: bool = False
    page: int = 1
    page_size: int = DEFAULT_PAGE_SIZE
    ids: tuple[int, ...] = field(default=())

    def query(self, **changes: object) -> str:
        """Return the query string with some fields changed; unless the page is given, it goes to page 1."""
        changed = replace(self, **{"page": 1, **changes})  # type: ignore[arg-type] # field names are checked by replace
        return changed.to_query()

    def to_query(self) -> str:
        """Return the query string, leaving out what is as usual."""
        pairs: list[tuple[str, str]] = [("org", str(pk)) for pk in self.organizations]
        values = {
            "q": self.search,
            "org": "none" if self.without_organization else "",
            "manufacturer": self.manufacturer or "",
            "model": self.model or "",
            "state": self.state,
            "silent": self.silent,
            "low": self.low or "",
            "rule": self.rule,
            "active": "" if self.active == "true" else self.active,
            "sort": ("-" if self.descending else "") + self.sort
            if (self.sort, self.descending) != ("address", False)
            else "",
            "per_page": "" if self.page_size == DEFAULT_PAGE_SIZE else self.page_size,
            "page": "" if self.page == 1 else self.page,
        }
        pairs += [(key, str(value)) for key, value in values.items() if value != ""]
        return urlencode(pairs)

    @property
    def is_narrowed(self) -> bool:
        """Whether anything but order and page differs from the plain list."""
        plain = FleetFilter(sort=self.sort, descending=self.descending, page=self.page, page_size=self.page_size)
        return self != plain


def parse_filter(query: Mapping[str, str], organizations: list[str] | None = None) -> FleetFilter:
    """Return the filter of a query string; `organizations` are all values of `org` where there may be several."""
    wanted = organizations if organizations is not None else [query.get("org", "")]
    sort = query.get("sort", "address")
    key = sort.removeprefix("-")
    size = _number(query.get("per_page"), 1)
    return FleetFilter(
        search=query.get("q", "").replace("\x00", "").strip()[:LONGEST_SEARCH],
        organizations=tuple(sorted({pk for text in wanted if (pk := _number(text, 1)) is not None})),
        without_organization="none" in wanted,
        manufacturer=_number(query.get("manufacturer"), 1),
        model=_number(query.get("model"), 1),
        state=_word(query.get("state"), STATES),
        silent=_word(query.get("silent"), SILENCES),
        low=_number(query.get("low"), 1, 100),
        rule=_word(query.get("rule"), [*MatchRule.values, "NONE"]),
        active=_word(query.get("active"), ("true", "false", "all")) or "true",
        sort=key if key in SORTS else "address",
        descending=sort.startswith("-") and key in SORTS,
        page=_number(query.get("page"), 1) or 1,
        page_size=size if size in PAGE_SIZES else DEFAULT_PAGE_SIZE,
    )


def canonical(query: str) -> str:
    """Return a query string with what the list understands of it, always in the same order, from page 1."""
    values = parse_qs(query)
    last = {name: texts[-1] for name, texts in values.items()}
    return parse_filter(last, values.get("org", [])).query()


def select(chosen: FleetFilter, now: datetime) -> QuerySet[Printer]:
    """Return the printers of a filter, in order, without paging."""
    rows = Printer.objects.filter(_conditions(chosen, now))
    order = [
        (F(name).desc(nulls_last=True) if chosen.descending else F(name).asc(nulls_last=True))
        for name in SORTS[chosen.sort]
    ]
    return rows.order_by(*order, "pk")


def with_facts(rows: QuerySet[Printer]) -> QuerySet[Printer]:
    """Join what a row of the list shows; no query is made per row."""
    return rows.select_related("organization", "device_model__manufacturer", "status", "schedule__open_task")


def page_of(rows: QuerySet[Printer], chosen: FleetFilter) -> QuerySet[Printer]:
    """Return one page: the narrow rows are sorted and cut first, the wide ones are joined to what is left."""
    start = (chosen.page - 1) * chosen.page_size
    cut = rows.values("pk")[start : start + chosen.page_size]
    return with_facts(Printer.objects.filter(pk__in=cut)).order_by(*rows.query.order_by)


def by_ids(ids: list[int]) -> QuerySet[Printer]:
    """Return given printers for refreshing their rows."""
    return with_facts(Printer.objects.filter(pk__in=ids))


def _conditions(chosen: FleetFilter, now: datetime) -> Q:
    query = _search(chosen.search)
    if chosen.active != "all":
        query &= Q(is_active=chosen.active == "true")
    if chosen.organizations or chosen.without_organization:
        organization = Q(organization__in=chosen.organizations)
        query &= organization | Q(organization=None) if chosen.without_organization else organization
    if chosen.manufacturer:
        query &= Q(device_model__manufacturer=chosen.manufacturer)
    if chosen.model:
        query &= Q(device_model=chosen.model)
    if chosen.rule:
        query &= Q(last_match_rule="" if chosen.rule == "NONE" else chosen.rule)
    if chosen.low:
        query &= Q(status__lowest_percent__lte=chosen.low)
    return query & _standing(chosen, now)


def _standing(chosen: FleetFilter, now: datetime) -> Q:
    query = Q()
    if chosen.state == "ok":
        query &= Q(status__last_verdict=Verdict.SUCCESS)
    elif chosen.state == "failed":
        query &= Q(status__last_verdict=Verdict.FAILED)
    elif chosen.state == "doubtful":
        query &= Q(status__last_verdict__in=[Verdict.VALIDATION_ERROR, Verdict.HISTORICAL_INCONSISTENCY])
    elif chosen.state == "never":
        query &= Q(status__last_attempt_at=None)
    if chosen.silent:
        # A printer that never answered has been silent since it was added.
        since = now - SILENCES[chosen.silent]
        query &= Q(status__last_success_at__lt=since) | Q(status__last_success_at=None, created_at__lt=since)
    return query


def _search(text: str) -> Q:
    query = Q()
    for word in text.split():
        mac = word.replace("-", ":")
        query &= (
            Q(ip_address__startswith=word)
            | Q(serial_number__icontains=word)
            | Q(mac_address__icontains=mac)
            | Q(hostname__icontains=word)
            | Q(location__icontains=word)
            | Q(device_model__name__icontains=word)
            | Q(device_model__manufacturer__name__icontains=word)
            | Q(organization__name__icontains=word)
        )
    return query


def _number(text: str | None, least: int, most: int = 2**31 - 1) -> int | None:
    if not text or not text.isascii() or not text.isdigit() or len(text) > 10:
        return None
    number = int(text)
    return number if least <= number <= most else None


def _word(text: str | None, known: object) -> str:
    return text if text and text in known else ""  # type: ignore[operator] # any container of words
