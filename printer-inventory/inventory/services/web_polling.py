"""Reading leased printers from their web pages, alone or together with SNMP: pages from the engine, values from the rules."""

from __future__ import annotations

import atexit
import os
import threading
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from django.conf import settings

from inventory.models import PollingMethod, Printer, WebParsingRule
from inventory.models.encrypted import UndecryptableError
from inventory.polling.snmp.collector import Collector, PollError, PollOutcome, Target
from inventory.polling.web.engine import WebEngine
from inventory.polling.web.pages import Fetched, PageRequest, WebTarget
from inventory.polling.web.policy import WebRules
from inventory.services.web_rules import rule_of
from inventory.web_parser import evaluate, rules
from inventory.web_parser.errors import ReadError
from inventory.web_parser.merge import merge

if TYPE_CHECKING:
    from inventory.polling.web.browser import BrowserPool

NO_RULES: Final = "No web rules are set for this printer. Teach the system its page, or apply a template of its model."
NO_SNMP: Final = "Both were asked for, and SNMP gave nothing: "

_POOLS: dict[int, BrowserPool] = {}
_POOL_LOCK: Final = threading.Lock()


def web_rules() -> WebRules:
    """Return what the settings say about web requests to printers."""
    return WebRules(tuple(settings.PRINTER_NETWORKS), tuple(own_services()), settings.WEB_SECONDS)


def own_services() -> Iterator[tuple[str, int]]:
    """Yield where our own database, Redis and pages listen; on this machine that is every one of its addresses."""
    database = settings.DATABASES["default"]
    pages = urlsplit(settings.BASE_URL)
    yield _everywhere(str(database.get("HOST") or "localhost")), int(database.get("PORT") or 5432)
    yield _everywhere(settings.REDIS_HOST), settings.REDIS_PORT
    yield "0.0.0.0", pages.port or (443 if pages.scheme == "https" else 80)  # noqa: S104 - means all local addresses to safehttp


def _everywhere(host: str) -> str:
    local = host in ("localhost", "::1", "0.0.0.0") or host.startswith("127.")  # noqa: S104 - compared, not bound
    return "0.0.0.0" if local else host  # noqa: S104 - means all local addresses to safehttp


def shared_browser() -> BrowserPool | None:
    """Return this process's browser pool (a forked worker gets its own); None where browsers are switched off."""
    if settings.WEB_BROWSER == "off":
        return None
    from inventory.polling.web.browser import BrowserPool  # here: Playwright costs every process half a second

    with _POOL_LOCK:
        if os.getpid() not in _POOLS:
            pool = BrowserPool(settings.WEB_BROWSER, sessions=settings.WEB_BROWSER_SESSIONS)
            atexit.register(pool.close)
            _POOLS.clear()
            _POOLS[os.getpid()] = pool
        return _POOLS[os.getpid()]


def engine() -> WebEngine:
    """Return an engine under the settings."""
    return WebEngine(web_rules(), shared_browser(), workers=settings.WEB_WORKERS)


def target_for(printer: Printer, pages: Sequence[PageRequest]) -> WebTarget:
    """Return what the engine needs to know about a printer. Raise UndecryptableError when its password cannot be opened."""
    return WebTarget(
        key=printer.pk,
        address=printer.ip_address,
        port=printer.web_port,
        username=printer.web_username,
        password=printer.web_password.reveal(),
        verify_tls=printer.web_verify_tls,
        pages=tuple(pages),
    )


def poll(batch: Sequence[Target]) -> Iterator[PollOutcome | None]:
    """Yield an outcome per leased printer as it comes, None while SNMP is waited for; two statements whatever their number."""
    printers = Printer.objects.in_bulk([int(str(target.key)) for target in batch])
    taught: dict[int, list[rules.Rule]] = {pk: [] for pk in printers}
    for row in WebParsingRule.objects.filter(printer__in=printers).order_by("printer", "position", "id"):
        taught[row.printer_id].append(rule_of(row))
    targets: list[WebTarget] = []
    for pk, printer in printers.items():
        if not taught[pk]:
            yield PollOutcome(pk, error=PollError("refused", NO_RULES))
            continue
        try:
            targets.append(target_for(printer, rules.pages_of(taught[pk])))
        except UndecryptableError as error:
            yield PollOutcome(pk, error=PollError("authentication", str(error)))
    both = {target.key for target in targets if printers[target.key].polling_method == PollingMethod.HYBRID}
    snmp: dict[int, PollOutcome] = {}
    if both:
        with Collector(window=settings.SNMP_WINDOW, subnet_window=settings.SNMP_SUBNET_WINDOW) as collector:
            for outcome in collector.poll([one for one in batch if one.key in both], tick=1.0):
                if outcome is not None:
                    snmp[int(str(outcome.key))] = outcome
                yield None
    for target, fetched in engine().poll(targets):
        yield (
            together(snmp[target.key], outcome_of(target, taught[target.key], fetched))
            if target.key in both
            else (outcome_of(target, taught[target.key], fetched))
        )


def outcome_of(target: WebTarget, taught: Sequence[rules.Rule], fetched: Fetched) -> PollOutcome:
    """Return what the rules make of a printer's pages."""
    try:
        reading = evaluate.reading_of(evaluate.evaluate(taught, fetched))
    except ReadError as error:
        told = next(iter(fetched.errors.values()), "")
        problem = PollError("timeout", told) if fetched.silent else PollError("bad_answer", str(error))
        return PollOutcome(target.key, error=problem, packets=fetched.requests, elapsed=fetched.seconds)
    return PollOutcome(target.key, reading=reading, packets=fetched.requests, elapsed=fetched.seconds)


def together(snmp: PollOutcome, web: PollOutcome) -> PollOutcome:
    """Return the outcome of a printer that is asked both ways: both have to answer, and not to contradict each other."""
    packets, elapsed = snmp.packets + web.packets, snmp.elapsed + web.elapsed
    if snmp.reading is None:
        words = snmp.error.text if snmp.error else "The device did not answer."
        error = PollError(snmp.error.kind if snmp.error else "timeout", NO_SNMP + words)
        return PollOutcome(web.key, error=error, packets=packets, elapsed=elapsed)
    if web.reading is None:
        return PollOutcome(web.key, error=web.error, learned=snmp.learned, packets=packets, elapsed=elapsed)
    try:
        reading = merge(snmp.reading, web.reading)
    except ReadError as error:
        problem = PollError("bad_answer", str(error))
        return PollOutcome(web.key, error=problem, learned=snmp.learned, packets=packets, elapsed=elapsed)
    return PollOutcome(web.key, reading=reading, learned=snmp.learned, packets=packets, elapsed=elapsed)
