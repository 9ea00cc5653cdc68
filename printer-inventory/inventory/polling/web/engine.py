"""The engine: printers in, their pages out as they come, several printers side by side."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from itertools import islice
from typing import TYPE_CHECKING

from inventory.polling.web.pages import Fetched, PageError, PageRequest, WebTarget
from inventory.polling.web.plain import PlainSession
from inventory.polling.web.policy import WebRules

if TYPE_CHECKING:
    from inventory.polling.web.browser import BrowserPool

NO_POOL = "This page needs a browser, which is switched off here (WEB_BROWSER)."


class WebEngine:
    """Gets pages by plain HTTP, and through `browser` only those that need it."""

    def __init__(self, rules: WebRules, browser: BrowserPool | None = None, *, workers: int = 16) -> None:
        """`workers` printers are asked at once."""
        self._rules, self._browser, self._workers = rules, browser, workers

    def poll(self, targets: Iterable[WebTarget]) -> Iterator[tuple[WebTarget, Fetched]]:
        """Yield each target with what came of its pages, in the order they finish; takes targets only as room frees."""
        waiting = iter(targets)
        running: dict[Future[Fetched], WebTarget] = {}
        with ThreadPoolExecutor(self._workers, thread_name_prefix="web-poll") as pool:
            while True:
                for target in islice(waiting, self._workers - len(running)):
                    running[pool.submit(self.fetch, target)] = target
                if not running:
                    return
                done, _ = wait(running, return_when=FIRST_COMPLETED)
                for future in done:
                    yield running.pop(future), future.result()

    def fetch(self, target: WebTarget) -> Fetched:
        """Return what came of one printer's pages; raises nothing for what a printer does."""
        began = time.monotonic()
        plain = [page for page in target.pages if not page.needs_browser]
        rich = [page for page in target.pages if page.needs_browser]
        fetched = self._plainly(target, plain) if plain else Fetched()
        if rich:
            self._richly(target, rich, fetched)
        fetched.seconds = time.monotonic() - began
        return fetched

    def _plainly(self, target: WebTarget, pages: list[PageRequest]) -> Fetched:
        fetched = Fetched()
        try:
            session = PlainSession(target, self._rules)
        except PageError as error:
            return Fetched(errors=dict.fromkeys(pages, str(error)))
        for place, page in enumerate(pages):
            try:
                fetched.documents[page] = session.get(page)
            except PageError as error:
                # A printer that does not answer once is not waited for once more per page.
                fetched.errors.update(dict.fromkeys(pages[place:] if error.fatal else [page], str(error)))
                if error.fatal:
                    fetched.silent = not fetched.documents
                    break
        fetched.requests = session.requests
        return fetched

    def _richly(self, target: WebTarget, pages: list[PageRequest], fetched: Fetched) -> None:
        if self._browser is None:
            fetched.errors.update(dict.fromkeys(pages, NO_POOL))
            return
        if fetched.silent:
            fetched.errors.update(dict.fromkeys(pages, next(iter(fetched.errors.values()))))
            return
        more = self._browser.fetch(target, pages, self._rules)
        fetched.documents.update(more.documents)
        fetched.errors.update(more.errors)
        fetched.requests += more.requests
