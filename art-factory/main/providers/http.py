"""HTTP to a provider, with failures told by what they mean for money.

A POST that asks for something paid has three ends: an answer, surely nothing sent (NETWORK), or nobody knows (UNKNOWN_SUBMIT).
Everything else may be asked again.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlsplit

from safehttp import Client, Limits, Provider, Response, SafeHttpError

from main.providers.protocol import Connection, ErrorCategory, Output, ProviderError

LIMITS: Final = Limits(total_seconds=60, connect_seconds=10, read_seconds=45, max_body_bytes=8_000_000)
FILE_LIMITS: Final = Limits(total_seconds=300, connect_seconds=10, read_seconds=30, max_body_bytes=200_000_000)
GATEWAYS: Final = frozenset({408, 502, 504, 520, 521, 522, 523, 524})
"""Statuses of somebody in between: the request may have passed before the answer was lost."""
LOOPBACK: Final = ("127.0.0.0/8", "::1/128")


class Http:
    """One provider's API and the hosts of its results."""

    def __init__(
        self, title: str, base: str, headers: Mapping[str, str], connection: Connection, hosts: tuple[str, ...]
    ) -> None:
        """`base` is the API's address; results may come from there, from `hosts`, and from those of the connection."""
        self.title, self.base, self._headers = title, base.rstrip("/"), dict(headers)
        parts = urlsplit(self.base)
        networks = (*connection.networks, *(LOOPBACK if parts.hostname == "localhost" else ()))
        try:
            own = [f"{parts.scheme}://{parts.netloc}"]
            policy = Provider([*own, *hosts, *connection.result_hosts], networks=networks)
        except (ValueError, SafeHttpError) as error:
            text = f"The address of {title} in the settings cannot be used: {error}"
            raise ProviderError(ErrorCategory.AUTHENTICATION, text, charged=False) from None
        self._api, self._files = (
            Client(policy, LIMITS, user_agent="art-factory"),
            Client(policy, FILE_LIMITS, user_agent="art-factory"),
        )

    def submit(self, path: str, body: Any, **headers: str) -> Response:
        """POST once. Raises NETWORK when nothing went out, UNKNOWN_SUBMIT when the answer is lost."""
        try:
            answer = self._send("POST", path, json=body, headers=headers)
        except SafeHttpError as error:
            category = ErrorCategory.UNKNOWN_SUBMIT if error.sent else ErrorCategory.NETWORK
            raise ProviderError(category, str(error), charged=None if error.sent else False) from None
        if answer.status in GATEWAYS and "json" not in answer.content_type:
            text = f"{self.title} answered {answer.status} from somewhere in between."
            raise ProviderError(ErrorCategory.UNKNOWN_SUBMIT, text, status=answer.status)
        return answer

    def ask(
        self, method: str, path: str, *, json: Any = None, params: Mapping[str, str] | None = None, files: Any = None
    ) -> Response:
        """Send what may be sent again. Raises NETWORK."""
        try:
            return self._send(method, path, json=json, params=params, files=files, headers={})
        except SafeHttpError as error:
            raise ProviderError(ErrorCategory.NETWORK, str(error)) from None

    def fetch(self, output: Output) -> bytes:
        """Return a result's bytes; the key does not go along. Raises DOWNLOAD."""
        try:
            answer = self._files.get(output.url)
        except SafeHttpError as error:
            raise ProviderError(ErrorCategory.DOWNLOAD, f"The result cannot be fetched: {error}") from None
        if answer.status != 200:
            text = f"The result's address answers {answer.status}."
            raise ProviderError(ErrorCategory.DOWNLOAD, text, status=answer.status)
        return answer.content

    def _send(self, method: str, path: str, *, headers: Mapping[str, str], **ask: Any) -> Response:
        given = {name: value for name, value in ask.items() if value is not None}
        both = {**self._headers, **headers}
        return self._api.request(method, f"{self.base}{path}", headers=both, follow_redirects=False, **given)


def data_of(answer: Response) -> dict[str, Any]:
    """Return an answer's JSON object; {} when it is none."""
    try:
        data = answer.json()
    except SafeHttpError:
        return {}
    return data if isinstance(data, dict) else {}


def retry_after(answer: Response) -> float | None:
    """Return the seconds of Retry-After; None without (a date counts as none)."""
    text = str(answer.headers.get("retry-after", "")).strip()
    return float(text) if text.isascii() and text.isdigit() and len(text) < 8 else None


def by_status(title: str, answer: Response, message: str, *, ended: bool | None = None) -> ProviderError:
    """Return the error that a refusal's status means, for all providers alike."""
    status = answer.status
    categories = {
        400: ErrorCategory.VALIDATION,
        401: ErrorCategory.AUTHENTICATION,
        402: ErrorCategory.QUOTA,
        403: ErrorCategory.AUTHENTICATION,
        413: ErrorCategory.VALIDATION,
        422: ErrorCategory.VALIDATION,
        429: ErrorCategory.RATE_LIMITED,
    }
    category = categories.get(status, ErrorCategory.PROVIDER_OUTAGE if status >= 500 else ErrorCategory.UNKNOWN)
    words = {
        ErrorCategory.AUTHENTICATION: f"{title} refuses the key: check it in Settings",
        ErrorCategory.QUOTA: f"{title} has no credit left: top it up, or order elsewhere",
        ErrorCategory.RATE_LIMITED: f"{title} asks for a pause",
    }
    text = words.get(category, f"{title} answered {status}")
    if message:
        text = f"{text} ({message[:400]})"
    return ProviderError(category, text, status=status, retry_after=retry_after(answer), charged=False, ended=ended)


def lost(title: str) -> ProviderError:
    """Return the error for an accepting answer without the call's name in it."""
    return ProviderError(ErrorCategory.UNKNOWN_SUBMIT, f"{title} accepted the call but did not say how it is called.")


def no_answer(title: str) -> ProviderError:
    """Return the error for an answer about a call that cannot be read: ask again."""
    return ProviderError(ErrorCategory.PROVIDER_OUTAGE, f"{title} gave an answer that cannot be read.")
