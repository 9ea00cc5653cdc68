"""Pages by plain HTTP."""

from __future__ import annotations

from typing import Final
from urllib.parse import urlsplit

import safehttp

from inventory.polling.web import digest
from inventory.polling.web.pages import Document, PageError, PageRequest, WebTarget
from inventory.polling.web.policy import WebRules

ACCEPT: Final = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,application/json;q=0.8,*/*;q=0.5"}
USER_AGENT: Final = "Mozilla/5.0 (compatible; printer-inventory)"
"""Some devices show programs that do not look like a browser an empty page."""


class PlainSession:
    """Asks one printer; its cookies live as long as this object, so a page may set what the next one needs."""

    def __init__(self, target: WebTarget, rules: WebRules) -> None:
        """Ask nothing yet; PageError when the address is none that may be asked."""
        self._target = target
        self.requests = 0
        # Nothing is told unasked: a password in the clear would be wasted on a printer that takes Digest.
        self._challenge: digest.Challenge | None = None
        self._basic = False
        self._asked = 0
        try:
            self._client = safehttp.Client(
                rules.policy(target), rules.limits(), keep_cookies=len(target.pages) > 1, user_agent=USER_AGENT
            )
        except safehttp.Refused as error:
            raise PageError(str(error), fatal=True) from None

    def get(self, page: PageRequest) -> Document:
        """Return a page; PageError says why not."""
        response = self._ask(self._target.url(page))
        if response.status == 401 and self._target.username and self._takes(response):
            # Also after a redirect (http to https, mostly): the policy still holds it to this printer.
            response = self._ask(response.url)
        if not response.ok:
            raise PageError(_refusal(response.status, page, signed_in=bool(self._target.username)))
        kind = response.headers.get("content-type", "")
        charset = kind.lower().partition("charset=")[2].partition(";")[0].strip(" \"'")
        parts = urlsplit(response.url)
        path = f"{parts.path}?{parts.query}" if parts.query else parts.path
        return Document(response.content, response.content_type, charset, path)

    def _takes(self, response: safehttp.Response) -> bool:
        """Remember how a printer wants to be told who asks: Digest where it takes it, else Basic; False for neither."""
        wanted = response.headers.get_list("www-authenticate")
        self._challenge = digest.challenge_of(wanted)
        self._basic = self._challenge is None and digest.wants_basic(wanted)
        self._asked = 0
        return self._basic or self._challenge is not None

    def _ask(self, url: str) -> safehttp.Response:
        headers, target = dict(ACCEPT), self._target
        if self._challenge is not None:
            self._asked += 1
            parts = urlsplit(url)
            path = f"{parts.path or '/'}?{parts.query}" if parts.query else parts.path or "/"
            headers["Authorization"] = digest.authorization(
                self._challenge, target.username, target.password, "GET", path, self._asked
            )
        auth = (target.username, target.password) if self._basic else None
        self.requests += 1
        try:
            return self._client.get(url, headers=headers, auth=auth)
        except (safehttp.TimedOut, safehttp.Unreachable, safehttp.Refused) as error:
            raise PageError(str(error), fatal=not isinstance(error, safehttp.Refused)) from None
        except safehttp.SafeHttpError as error:
            raise PageError(str(error)) from None


def _refusal(status: int, page: PageRequest, *, signed_in: bool) -> str:
    if status in (401, 403):
        if signed_in:
            return f"{page.path} refuses the stored user and password ({status}); correct them at the printer."
        return f"{page.path} asks for a user and a password ({status}); store them at the printer."
    if status == 404:
        return f"The printer has no page {page.path} (404); correct the rule's path."
    return f"{page.path} answers with status {status}; look at the printer's web page."
