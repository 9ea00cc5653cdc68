"""Pages that need a browser: one Chromium kept running, one printer at a time in each context.

Starting a browser costs many times what a page costs, so it is started once per process, for any thread to use. Every request
leaves through a `GuardProxy` that knows only the printer being read. A context is used again for another printer after its pages,
cookies and connections are gone, since making one costs as much as reading a page; never one that has held a password.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import threading
import time
from collections.abc import Coroutine, Sequence
from concurrent.futures import TimeoutError as FutureTimeoutError
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final

import safehttp
from playwright.async_api import Browser, BrowserContext, Page, Playwright, async_playwright
from playwright.async_api import Error as PlaywrightError
from playwright.async_api import TimeoutError as PlaywrightTimeout

from inventory.polling.web.pages import Document, Fetched, PageError, PageRequest, Step, WebTarget
from inventory.polling.web.policy import WebRules
from inventory.polling.web.proxy import GuardProxy

PROGRAMS: Final = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FLAGS: Final = (
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    # No name is ever looked up by the browser, and no packet leaves it but to its proxy.
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
    "--force-webrtc-ip-handling-policy=disable_non_proxied_udp",
)
ELEMENT_SECONDS: Final = 5.0
QUIET_SECONDS: Final = 0.1
STEP_QUIET_SECONDS: Final = 0.3
"""After a step, which may make the page ask for more once its script has run."""
SETTLE_SECONDS: Final = 3.0
MOST_SESSIONS: Final = 500
"""A browser that has served so many is started anew: whatever it leaks, it leaks no longer."""

MOST_READS: Final = 100
"""A context that has served so many printers is made anew."""

NO_BROWSER: Final = (
    "This page needs a browser, and none is installed on the worker: install Chromium (Debian: apt install chromium)."
)
_NO_WAYS_AROUND: Final = (
    "for (const n of ['RTCPeerConnection','webkitRTCPeerConnection','WebTransport']) delete globalThis[n];"
)


def find_program(told: str = "") -> str | None:
    """Return the Chromium to run: the one told, or the first one installed."""
    return next((path for name in ((told,) if told else PROGRAMS) if (path := shutil.which(name))), None)


@dataclass(slots=True)
class _Slot:
    """A context with its one tab, and the proxy it goes out through."""

    context: BrowserContext
    tab: Page
    proxy: GuardProxy
    browser: Browser
    reads: int = 0


class BrowserPool:
    """One browser for a process; `fetch` may be called from any thread, `sessions` of them at once."""

    def __init__(self, program: str = "", *, sessions: int = 4, idle_seconds: float = 300.0) -> None:
        """Start nothing yet; an idle browser is closed after `idle_seconds`."""
        self._program, self._sessions, self._idle = program, sessions, idle_seconds
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._playwright: Playwright | None = None
        self._browser: Browser | None = None
        self._idle_slots: list[_Slot] = []
        self._served = self._active = 0
        self._last = time.monotonic()
        self.started = 0

    def fetch(self, target: WebTarget, pages: Sequence[PageRequest], rules: WebRules) -> Fetched:
        """Return the pages, read one after another in one session, so that what one page signs in to the next one has."""
        waits = sum(step.seconds for page in pages for step in page.steps)
        steps = sum(len(page.steps) for page in pages)
        limit = rules.seconds * (len(pages) + 1) + waits + steps * (ELEMENT_SECONDS + SETTLE_SECONDS) + 20
        try:
            return self._run(self._session(target, pages, rules), limit)
        except (FutureTimeoutError, TimeoutError):
            text = f"The browser was not done after {limit:.0f} s."
        except PageError as error:
            text = str(error)
        except PlaywrightError as error:
            text = f"The browser gave up: {_plain(error)}"
        return Fetched(errors=dict.fromkeys(pages, text))

    def close(self) -> None:
        """Close the browser and end its thread; the next fetch starts both anew."""
        with self._lock:
            loop, thread, self._loop, self._thread = self._loop, self._thread, None, None
        if loop is None or thread is None:
            return
        with suppress(Exception):
            asyncio.run_coroutine_threadsafe(self._stop(), loop).result(10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        if not thread.is_alive():
            loop.close()

    def _run(self, work: Coroutine[Any, Any, Fetched], limit: float) -> Fetched:
        with self._lock:
            if self._loop is None:
                self._loop = asyncio.new_event_loop()
                self._gate, self._starting = asyncio.Semaphore(self._sessions), asyncio.Lock()
                self._thread = threading.Thread(target=self._loop.run_forever, name="browser-pool", daemon=True)
                self._thread.start()
            future = asyncio.run_coroutine_threadsafe(work, self._loop)
        try:
            return future.result(limit)
        finally:
            future.cancel()

    async def _session(self, target: WebTarget, pages: Sequence[PageRequest], rules: WebRules) -> Fetched:
        began, fetched = time.monotonic(), Fetched()
        try:
            policy = rules.policy(target)
        except safehttp.Refused as error:
            raise PageError(str(error), fatal=True) from None
        async with self._gate:
            browser = await self._running()
            self._active += 1
            slot, clean = None, False
            try:
                slot = await self._slot(browser, target)
                slot.proxy.admit(policy)
                for page in pages:
                    await self._read(slot.tab, slot.proxy, target, page, rules, fetched)
                fetched.requests, clean = slot.proxy.requests, not (target.username or target.verify_tls)
            finally:
                if slot is not None:
                    await self._leave(slot, keep=clean)
                self._active -= 1
                self._last = time.monotonic()
                asyncio.get_running_loop().call_later(self._idle + 1, self._maybe_rest)
        fetched.seconds = time.monotonic() - began
        return fetched

    async def _slot(self, browser: Browser, target: WebTarget) -> _Slot:
        """Return a context to read a printer in: an idle one, or a new one where a password or a certificate is at stake."""
        self._idle_slots = [slot for slot in self._idle_slots if slot.browser is browser]
        if self._idle_slots and not target.username and not target.verify_tls:
            return self._idle_slots.pop()
        proxy = GuardProxy()
        try:
            context = await _context(browser, target, await proxy.start())
            return _Slot(context, await context.new_page(), proxy, browser)
        except BaseException:
            await proxy.close()
            raise

    async def _leave(self, slot: _Slot, *, keep: bool) -> None:
        """End a session: close what it opened, and keep the context for the next one if nothing of it is left."""
        try:
            for tab in slot.context.pages:
                if tab is not slot.tab:
                    await tab.close()
            await slot.proxy.end_session()
            slot.reads += 1
            if keep and slot.reads < MOST_READS and slot.browser is self._browser:
                await slot.tab.goto("about:blank", timeout=ELEMENT_SECONDS * 1000)
                await slot.context.clear_cookies()
                self._idle_slots.append(slot)
                return
            await slot.context.close()
        except PlaywrightError:
            pass  # the browser has gone, and with it what was to be cleaned
        await slot.proxy.close()

    async def _read(
        self, tab: Page, proxy: GuardProxy, target: WebTarget, page: PageRequest, rules: WebRules,
        fetched: Fetched,
    ) -> None:  # fmt: skip
        try:
            fetched.documents[page] = await read_page(tab, proxy, target, page, rules)
        except PageError as error:
            fetched.errors[page] = str(error)
        except PlaywrightTimeout:
            fetched.errors[page] = f"{page.path} was not complete after {rules.seconds:g} s."
        except PlaywrightError as error:
            fetched.errors[page] = proxy.refused[-1] if proxy.refused else f"{page.path}: {_plain(error)}"

    async def _running(self) -> Browser:
        async with self._starting:
            worn = self._served >= MOST_SESSIONS and not self._active
            if self._browser is not None and self._browser.is_connected() and not worn:
                self._served += 1
                return self._browser
            await self._stop()
            program = find_program(self._program)
            if program is None:
                raise PageError(NO_BROWSER, fatal=True)
            self._playwright = await async_playwright().start()
            # As root Chromium runs only without its own sandbox; run workers under an account of their own.
            flags = [*FLAGS, *(["--no-sandbox"] if os.geteuid() == 0 else [])]
            self._browser = await self._playwright.chromium.launch(
                executable_path=program, args=flags, proxy={"server": "http://127.0.0.1:9"}
            )
            self._served, self.started = 1, self.started + 1
            return self._browser

    async def _stop(self) -> None:
        browser, playwright, self._browser, self._playwright = self._browser, self._playwright, None, None
        idle, self._idle_slots = self._idle_slots, []
        for slot in idle:
            await slot.proxy.close()
        for end in (browser.close if browser else None, playwright.stop if playwright else None):
            if end is not None:
                with suppress(Exception):
                    await end()

    def _maybe_rest(self) -> None:
        if not self._active and time.monotonic() - self._last >= self._idle and self._browser is not None:
            self._resting = asyncio.ensure_future(self._stop())


async def _context(browser: Browser, target: WebTarget, port: int) -> BrowserContext:
    options: dict[str, Any] = {}
    if target.username:
        options["http_credentials"] = {"username": target.username, "password": target.password}
    context = await browser.new_context(
        proxy={"server": f"http://127.0.0.1:{port}"},
        ignore_https_errors=not target.verify_tls,
        service_workers="block",
        accept_downloads=False,
        **options,
    )
    context.set_default_timeout(ELEMENT_SECONDS * 1000)
    await context.add_init_script(_NO_WAYS_AROUND)
    return context


async def read_page(tab: Page, proxy: GuardProxy, target: WebTarget, page: PageRequest, rules: WebRules) -> Document:
    """Open a page, do its steps and return it as it then is; PageError says what to do."""
    refused = len(proxy.refused)
    try:
        response = await tab.goto(target.url(page), wait_until="load", timeout=rules.seconds * 1000)
    except PlaywrightError as error:
        if len(proxy.refused) > refused:
            raise PageError(proxy.refused[-1]) from None
        if "ERR_INVALID_AUTH_CREDENTIALS" in str(error) or "ERR_TOO_MANY_RETRIES" in str(error):
            raise PageError(_unauthorized(page, target)) from None
        raise
    status = response.status if response is not None else 200
    if status == 401:
        raise PageError(_unauthorized(page, target))
    if status >= 400:
        words = proxy.refused[-1] if len(proxy.refused) > refused and status in (403, 502) else ""
        raise PageError(words or f"{page.path} answers with status {status}; look at the printer's web page.")
    await proxy.settle(QUIET_SECONDS, SETTLE_SECONDS)
    reads: dict[str, str] = {}
    log: list[str] = []
    for number, step in enumerate(page.steps, 1):
        try:
            log.append(await _do(tab, target, step, reads))
        except PlaywrightTimeout:
            text = f"Step {number} ({step.do} {step.selector}) found nothing within {ELEMENT_SECONDS:g} s."
            raise PageError(text) from None
        except PlaywrightError as error:
            raise PageError(f"Step {number} ({step.do} {step.selector}): {_plain(error)}") from None
        await proxy.settle(STEP_QUIET_SECONDS, SETTLE_SECONDS)
        await asyncio.sleep(step.seconds)
    content = (await tab.content()).encode("utf-8", "replace")
    if len(content) > rules.page_bytes:
        raise PageError(f"{page.path} is larger than {rules.page_bytes} bytes.")
    return Document(content, "text/html", "utf-8", page.path, reads, tuple(log))


def _unauthorized(page: PageRequest, target: WebTarget) -> str:
    if target.username:
        return f"{page.path} refuses the stored user and password (401); correct them at the printer."
    return f"{page.path} asks for a user and a password (401); store them at the printer."


async def _do(tab: Page, target: WebTarget, step: Step, reads: dict[str, str]) -> str:
    """Do one step; return a line for the log, which never holds what was typed."""
    if not step.selector:
        return f"waited {step.seconds:g} s"
    engine = "xpath" if step.selector.startswith(("/", "(")) else "css"
    place = tab.locator(f"{engine}={step.selector}").first
    if step.do == "click":
        await place.click()
    elif step.do == "type":
        is_secret = (await place.get_attribute("type") or "").lower() == "password"
        if is_secret and step.value != "{password}":
            raise PageError("A password is not kept in a rule: store it at the printer and type {password}.")
        await place.fill(step.value.replace("{username}", target.username).replace("{password}", target.password))
    elif step.do == "wait":
        await place.wait_for(state="visible")
    else:
        await place.wait_for(state="attached")
        text = (
            await place.input_value()
            if await place.evaluate("e => ['INPUT','TEXTAREA','SELECT'].includes(e.tagName)")
            else await place.inner_text()
        )
        reads[step.name] = text[:2000]
    return f"{step.do} {step.selector}"


def _plain(error: Exception) -> str:
    """Return the first line of Playwright's words, without its call log and without addresses."""
    line = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
    return line.partition(" at http")[0][:160]
