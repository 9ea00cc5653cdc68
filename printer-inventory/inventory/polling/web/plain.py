"""Pages by plain HTTP."""

from __future__ import annotations

from typing import Final
from urllib.parse import urlsplit

import safehttp

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
        try:
            self._client = safehttp.Client(
                rules.policy(target), rules.limits(), keep_cookies=len(target.pages) > 1, user_agent=USER_AGENT
            )
        except safehttp.Refused as error:
            raise PageError(str(error), fatal=True) from None

    def get(self, page: PageRequest) -> Document:
        """Return a page; PageError says why not."""
        url = self._target.url(page)
        response = self._ask(url, first=True)
        if response.status == 401 and self._target.username and response.url != url:
            # A redirect (http to https, mostly) has dropped the credentials; the policy still holds it to this printer.
            response = self._ask(response.url, first=False)
        if not response.ok:
            raise PageError(_refusal(response.status, page, signed_in=bool(self._target.username)))
        kind = response.headers.get("content-type", "")
        charset = kind.lower().partition("charset=")[2].partition(";")[0].strip(" \"'")
        parts = urlsplit(response.url)
        path = f"{parts.path}?{parts.query}" if parts.query else parts.path
        return Document(response.content, response.content_type, charset, path)

    def _ask(self, url: str, *, first: bool) -> safehttp.Response:
        auth = (self._target.username, self._target.password) if self._target.username else None
        self.requests += 1
        try:
            return self._client.get(url, headers=ACCEPT, auth=auth, follow_redirects=first)
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
