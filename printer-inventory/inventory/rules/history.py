"""Whether a reading continues the last one that was believed: every counter by itself, one verdict for the whole.

Contracts are billed from the total and the four figures of `inventory.rules.derive`; only these decide. What else a
device counts (copies, scans, duplex sheets) is judged too, and its findings are shown to whoever looks at a doubt, but a
scanner that forgets its scans is no reason to refuse a bill.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from math import exp
from typing import Any, Final

from inventory.rules.derive import DerivedCounters

CONTRACT: Final = ("total", "bw_a4", "color_a4", "bw_a3", "color_a3")
SPOKEN: Final = {
    "total": "The total",
    "bw_a4": "A4 black-and-white",
    "color_a4": "A4 colour",
    "bw_a3": "A3 black-and-white",
    "color_a3": "A3 colour",
}
SPLIT: Final = frozenset({"bw", "color", "a3", "a4", "bw_a4", "color_a4", "bw_a3", "color_a3"})
"""Raw counters from which the contract figures follow."""
LATE: Final = timedelta(minutes=10)
"""Devices write their counters down late, after a job or on waking: the pages of this time may come at once."""
BURST: Final = 8.0
"""A busy stretch prints so many times as fast as the printer's usual hour, which nights and weekends are part of."""
MEMORY: Final = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class HistoryLimits:
    """What a counter may rise by.

    `jump` pages in `window` are never too much for an office printer, and as many again for each further window; a
    printer that usually prints more may do so. Nothing prints faster than `fastest` pages a minute. After `forget_after`
    of silence nobody knows what was usual any more, and only `fastest` counts.
    """

    jump: int = 5000
    window: timedelta = timedelta(hours=24)
    forget_after: timedelta = timedelta(days=30)
    fastest: int = 150

    def most(self, elapsed: timedelta, usual: float | None) -> float:
        """Return the most pages that are believed in `elapsed`, of a printer with `usual` pages an hour."""
        possible = self.fastest * max(elapsed, LATE).total_seconds() / 60
        if elapsed > self.forget_after:
            return possible
        expected = self.jump * max(elapsed / self.window, 1.0)
        busy = BURST * (usual or 0.0) * elapsed.total_seconds() / 3600
        return min(max(expected, busy), possible)


@dataclass(frozen=True, slots=True)
class Believed:
    """The last believed reading of a printer: raw counters, the figures derived from them, and when.

    `usual` is in pages an hour, None before there were two readings. `derived` is None where another rule version
    derived them: figures of two rules are not compared.
    """

    counters: Mapping[str, int]
    derived: DerivedCounters | None
    at: datetime
    usual: float | None = None

    def figures(self) -> dict[str, int]:
        """Return raw and derived counters under one set of names."""
        return figures(self.counters, self.derived)


@dataclass(frozen=True, slots=True)
class Finding:
    """One counter that does not simply go on: its kind is rollback, reset, jump, missing or new."""

    counter: str
    kind: str
    previous: int | None
    current: int | None
    limit: int | None = None

    def to_json(self) -> dict[str, Any]:
        """Return the finding as a JSON-ready dict."""
        return {
            "counter": self.counter,
            "kind": self.kind,
            "previous": self.previous,
            "current": self.current,
            "limit": self.limit,
        }


@dataclass(frozen=True, slots=True)
class HistoryVerdict:
    """The verdict on a reading.

    `kind` is ok, refined (the device now tells more than before: believed, as a new baseline), reset, rollback, jump,
    missing (a counter the figures follow from has gone), or silent (no page counter at all). `reason` is a sentence for
    a person, empty when the reading is believed.
    """

    kind: str = "ok"
    reason: str = ""
    findings: tuple[Finding, ...] = field(default=())

    @property
    def accepted(self) -> bool:
        """Whether the reading is believed."""
        return self.kind in ("ok", "refined")


def figures(counters: Mapping[str, int], derived: DerivedCounters | None) -> dict[str, int]:
    """Return raw counters with the derived contract figures laid over them."""
    merged = dict(counters)
    if derived is not None:
        merged |= {name: value for name in CONTRACT if (value := getattr(derived, name)) is not None}
    return merged


def check_history(
    previous: Believed | None,
    counters: Mapping[str, int],
    derived: DerivedCounters,
    elapsed: timedelta | None,
    limits: HistoryLimits,
) -> HistoryVerdict:
    """Judge what a device counts now by what was believed `elapsed` ago; without a believed reading anything goes."""
    if derived.total is None:
        return HistoryVerdict("silent", "The device answered but gave no page counter.")
    if previous is None or elapsed is None:
        return HistoryVerdict()
    compared = derived if previous.derived is not None else DerivedCounters(total=derived.total)
    before, now = previous.figures(), figures(counters, compared)
    most = limits.most(max(elapsed, timedelta()), previous.usual)
    findings = tuple(_findings(before, now, most))
    return _weigh(findings, frozenset(previous.counters), frozenset(counters), elapsed)


def usual_rate(usual: float | None, pages: int, elapsed: timedelta) -> float:
    """Return the pages an hour a printer usually prints, after `pages` more in `elapsed`: a week fades to a third."""
    hours = elapsed.total_seconds() / 3600
    if hours <= 0:
        return usual or 0.0
    weight = 1.0 - exp(-elapsed / MEMORY)
    return (usual or 0.0) * (1.0 - weight) + pages / hours * weight


def _findings(before: Mapping[str, int], now: Mapping[str, int], most: float) -> list[Finding]:
    found = []
    for name in sorted(before.keys() | now.keys()):
        old, new = before.get(name), now.get(name)
        if old is None or new is None:
            found.append(Finding(name, "new" if old is None else "missing", old, new))
        elif new < old:
            # From zero, it could have printed this much since it was last believed.
            found.append(Finding(name, "reset" if new <= most and new * 2 < old else "rollback", old, new))
        elif new - old > most:
            found.append(Finding(name, "jump", old, new, int(most)))
    return found


def _weigh(
    findings: tuple[Finding, ...], before: frozenset[str], now: frozenset[str], elapsed: timedelta
) -> HistoryVerdict:
    """Make one verdict of the findings on contract figures; the total speaks first."""
    decisive = {one.counter: one for one in findings if one.counter in CONTRACT and one.kind != "new"}
    if not decisive:
        return HistoryVerdict("ok", "", findings)
    total = decisive.get("total")
    if total is not None:
        return HistoryVerdict(total.kind, _sentence(total, elapsed), findings)
    if vanished := sorted((before - now) & SPLIT):
        names = ", ".join(vanished)
        return HistoryVerdict("missing", f"The device no longer counts {names}; the rest does not tell it.", findings)
    if (now - before) & SPLIT:
        return HistoryVerdict("refined", "", findings)
    first = next(decisive[name] for name in CONTRACT if name in decisive)
    if first.kind == "reset":
        # The total goes on, so the device has not started again.
        first = replace(first, kind="rollback")
    return HistoryVerdict(first.kind, _sentence(first, elapsed), findings)


def _sentence(finding: Finding, elapsed: timedelta) -> str:
    name, old, new = SPOKEN[finding.counter], finding.previous, finding.current
    if finding.kind == "missing":
        return f"{name} is no longer told."
    if finding.kind == "jump":
        rise = (new or 0) - (old or 0)
        hours = elapsed.total_seconds() / 3600
        return (
            f"{name} rose by {rise} in {hours:.1f} h, from {old} to {new}; at most {finding.limit} were to be expected."
        )
    tail = " and counts from the start again" if finding.kind == "reset" else ""
    return f"{name} went back from {old} to {new}{tail}."
