"""Looking at a printer's page while its rules are written: pages are kept for a quarter of an hour, for the one who asked."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.core.cache import caches

from inventory.models import Printer
from inventory.polling.web.pages import Document, Fetched, PageRequest
from inventory.services import web_polling
from inventory.web_parser import documents, evaluate, rules

LIFETIME: Final = 15 * 60
AT_ONCE: Final = 4
_ROOM: Final = threading.BoundedSemaphore(AT_ONCE)


class BusyError(Exception):
    """As many pages are being fetched as may be at once."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A page that was fetched: `token` is what the browser calls it by."""

    token: str
    printer_id: int
    page: PageRequest
    document: Document

    def parsed(self) -> documents.Page:
        """Return the page as a tree; ReadError where it is none."""
        return documents.parse(self.document)


def fetch(printer: Printer, page: PageRequest, user_id: int) -> Snapshot | str:
    """Fetch a page of a printer and keep it; return it, or the sentence that says why there is none.

    Raises `BusyError`, and UndecryptableError when the printer's web password cannot be opened.
    """
    fetched = _fetched(printer, [page])
    document = fetched.documents.get(page)
    if document is None:
        return fetched.errors.get(page, "The page did not come.")
    snapshot = Snapshot(secrets.token_urlsafe(18), printer.pk, page, document)
    caches["inventory"].set(_key(user_id, snapshot.token), snapshot, LIFETIME)
    return snapshot


def recall(token: Any, user_id: int) -> Snapshot | None:
    """Return a page that this user has fetched; None once it is forgotten."""
    if not isinstance(token, str) or not token.replace("-", "").replace("_", "").isalnum() or len(token) > 64:
        return None
    found = caches["inventory"].get(_key(user_id, token))
    return found if isinstance(found, Snapshot) else None


def try_rule(rule: rules.Rule, snapshot: Snapshot) -> evaluate.Result:
    """Return what a rule finds on a kept page."""
    if rule.formula:
        return evaluate.Result(rule.field, error="A formula is tested with all rules together.")
    return evaluate.read_one(rule, evaluate.parse(snapshot.document))


def try_rules(printer: Printer, taught: Sequence[rules.Rule]) -> list[evaluate.Result]:
    """Read a printer's pages now, by these rules, without storing anything; raises as `fetch`."""
    return evaluate.evaluate(taught, _fetched(printer, rules.pages_of(taught)))


def _fetched(printer: Printer, pages: Sequence[PageRequest]) -> Fetched:
    if not _ROOM.acquire(timeout=5):
        raise BusyError
    try:
        return web_polling.engine().fetch(web_polling.target_for(printer, pages))
    finally:
        _ROOM.release()


def _key(user_id: int, token: str) -> str:
    return f"web-page:{user_id}:{token}"
