"""What the API takes and gives. Times are ISO 8601 in UTC, counters impressions (sides printed), levels percent."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from django.conf import settings
from ninja import Schema
from pydantic import AfterValidator, AwareDatetime, Field

from inventory.services import fleet

Id = Annotated[int, Field(ge=1, le=2**63 - 1)]
Port = Annotated[int, Field(ge=1, le=65535)]
State = Literal["queued", "running", "done", "failed", "stopped", "lost"]
Sort = Literal[
    "address", "organization", "model", "serial", "host", "total", "supplies", "polled", "read", "verdict",
    "-address", "-organization", "-model", "-serial", "-host", "-total", "-supplies", "-polled", "-read", "-verdict",
]  # fmt: skip


def _believable(moment: datetime) -> datetime:
    if not 1990 <= moment.year <= 2200:
        raise ValueError("a moment between 1990 and 2200 is expected")
    return moment.astimezone(UTC)


Moment = Annotated[AwareDatetime, AfterValidator(_believable)]


class Problem(Schema):
    """Problem details (RFC 9457): what happened, to what, and what to do."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str = ""
    instance: str = ""
    problem_id: str = Field("", description="also in the log and in X-Request-ID")
    errors: list[dict[str, Any]] = Field(default_factory=list, description="[{field, message}] of an invalid request")


class Named(Schema):
    """A row somebody chose by its name."""

    id: int
    name: str


class ModelOut(Schema):
    """A device model and its manufacturer."""

    id: int
    name: str
    manufacturer: Named


class Counters(Schema):
    """Lifetime counts; null where the device does not tell."""

    total: int | None = None
    bw_a4: int | None = None
    color_a4: int | None = None
    bw_a3: int | None = None
    color_a3: int | None = None


class SupplyOut(Schema):
    """One supply. `percent` is null unless the device gave a level; `state` then says what it said instead."""

    description: str = ""
    kind: str = ""
    color: str | None = None
    percent: float | None = None
    state: str = ""
    part_number: str = ""
    is_receptacle: bool = False


class StatusOut(Schema):
    """How a printer stands: its last attempt and its last believed reading."""

    verdict: str = Field("", description="SUCCESS, FAILED, VALIDATION_ERROR, HISTORICAL_INCONSISTENCY or empty")
    error: str = ""
    last_attempt_at: datetime | None = None
    last_success_at: datetime | None = None
    counters: Counters
    supplies: list[SupplyOut]
    lowest_percent: int | None = None
    device_status: str = ""
    display: str = ""
    firmware: str = ""
    open_poll: State | None = Field(None, description="state of a poll that is under way")


class PrinterOut(Schema):
    """One printer. The SNMP community and passwords are never told."""

    id: int
    ip_address: str
    snmp_port: int
    web_port: int
    snmp_version: str
    snmp_v3_user: str
    snmp_v3_auth_protocol: str
    snmp_v3_priv_protocol: str
    polling_method: str
    serial_number: str
    mac_address: str
    hostname: str
    location: str
    organization: Named | None
    model: ModelOut | None
    match_rule: str
    is_active: bool
    version: int = Field(description="counts edits; what If-Match compares")
    created_at: datetime
    last_updated: datetime
    status: StatusOut


class PrinterIn(Schema):
    """Fields of a printer as they are written."""

    ip_address: str = Field(max_length=45)
    snmp_port: Port = 161
    web_port: Port = 80
    snmp_version: Literal["auto", "1", "2c", "3"] = "auto"
    snmp_v3_user: str = Field("", max_length=32, description="for version 3")
    snmp_v3_auth_protocol: Literal["MD5", "SHA", "SHA224", "SHA256", "SHA384", "SHA512"] = "SHA"
    snmp_v3_auth_password: str = Field("", max_length=200, description="write only; empty keeps what is stored")
    snmp_v3_priv_protocol: Literal["DES", "AES", "AES192", "AES256"] = "AES"
    snmp_v3_priv_password: str = Field("", max_length=200, description="write only; empty keeps what is stored")
    snmp_community: str = Field("", max_length=100, description="write only; empty keeps what is stored")
    polling_method: Literal["SNMP", "WEB", "HYBRID", "GLPI"] = "SNMP"
    serial_number: str = Field("", max_length=100)
    mac_address: str = Field("", max_length=32)
    hostname: str = Field("", max_length=255)
    location: str = Field("", max_length=255)
    organization_id: Id | None = None
    device_model_id: Id | None = None


class PrinterPatch(PrinterIn):
    """Fields to change; what is left out stays."""

    ip_address: str = Field("", max_length=45)


class FleetQuery(Schema):
    """The list's filters, as the page has them."""

    q: str = Field(
        "", max_length=fleet.LONGEST_SEARCH, description="words in address, serial number, MAC, host, model, client"
    )
    org: list[Id] = Field(default_factory=list, max_length=100)
    without_organization: bool = False
    manufacturer: Id | None = None
    model: Id | None = None
    state: Literal["", "ok", "failed", "doubtful", "never"] = ""
    silent: Literal["", "1h", "24h", "7d", "30d"] = ""
    low: int | None = Field(None, ge=1, le=100, description="a supply at this percentage or less")
    rule: Literal["", "SN_MAC", "MAC_ONLY", "SN_ONLY", "NONE"] = ""
    active: Literal["true", "false", "all"] = "true"
    sort: Sort = "address"
    page: int = Field(1, ge=1, le=1_000_000)
    per_page: int = Field(100, ge=1, le=500)

    def chosen(self) -> fleet.FleetFilter:
        """Return the filter that the list page would make of the same words."""
        return fleet.FleetFilter(
            search=self.q.replace("\x00", "").strip(),
            organizations=tuple(sorted(set(self.org))),
            without_organization=self.without_organization,
            manufacturer=self.manufacturer,
            model=self.model,
            state=self.state,
            silent=self.silent,
            low=self.low,
            rule=self.rule,
            active=self.active,
            sort=self.sort.removeprefix("-"),
            descending=self.sort.startswith("-"),
            page=self.page,
            page_size=self.per_page,
        )


class PrinterPage(Schema):
    """One page of printers. `next` is the address of the following page, null on the last."""

    items: list[PrinterOut]
    total: int
    page: int
    pages: int
    per_page: int
    next: str | None = None


class ReadingOut(Schema):
    """One believed or doubted reading: the counters as derived, and the rule's version that derived them."""

    poll_id: int
    recorded_at: datetime
    verdict: str
    counters: Counters
    epoch: int = Field(description="pages are counted between readings of one epoch only")
    rule_version: int


class ReadingPage(Schema):
    """Readings, newest first. Give `next` as `before` for the following page."""

    items: list[ReadingOut]
    next: datetime | None = None


class PollOut(Schema):
    """One poll, from the moment it was asked for."""

    id: int
    printer_id: int
    state: State
    verdict: str
    reason: str
    trigger: str
    attempt: int
    match_rule: str
    due_at: datetime
    requested_at: datetime
    started_at: datetime | None
    finished_at: datetime | None


class PollPage(Schema):
    """Polls, newest first. Give `next` as `before` for the following page."""

    items: list[PollOut]
    next: datetime | None = None


class PollWish(Schema):
    """Printers to ask now."""

    printer_ids: list[Id] = Field(min_length=1, max_length=10_000)


class PollsAsked(Schema):
    """The poll each printer has now; retired and unknown printers are left out."""

    polls: list[dict[str, int]]


class ExportWish(Schema):
    """A file to make: the filter as the list's query string, columns by their keys (none: all)."""

    format: Literal["xlsx", "csv"] = "xlsx"
    query: str = Field("", max_length=2000)
    columns: list[str] = Field(default_factory=list, max_length=50)
    language: str = Field("en", pattern="^(" + "|".join(code for code, _name in settings.LANGUAGES) + ")$")


class ExportOut(Schema):
    """An export and how far it is."""

    id: int
    state: State
    done: int
    total: int
    text: str
    reason: str
    format: str
    size: int
    requested_at: datetime
    finished_at: datetime | None
    download_url: str | None


class Me(Schema):
    """Who is asking, and with what."""

    username: str
    token: str | None
    scopes: list[str] | None
    expires_at: datetime | None
