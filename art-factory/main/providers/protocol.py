"""What production asks of a provider. A new provider is a class with these six methods; it knows no Django.

The rules that keep money safe:

* `submit` sends one POST, once, and returns the reference at once. It never tries again by itself: when the answer is lost after
  bytes were sent it raises `ProviderError(UNKNOWN_SUBMIT)`; when nothing can have been sent, NETWORK.
* production stores the reference before anything waits; `poll` may be called by any process, at any time, with what was stored.
* `poll` is the truth; it never waits longer than its HTTP limit and has no side effects at the provider.
* `fetch` gets one output's bytes; when its address has expired it raises DOWNLOAD, and production polls again for a fresh one.
* failures are raised as `ProviderError` with a category; how often and when to try again is production's business.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from typing import Any, Final, Protocol

JsonReference = Mapping[str, Any]
"""What a provider needs to find its request again; JSON, stored with the order item."""


class ErrorCategory(StrEnum):
    """Why it failed, which decides what happens next (`production.retrying`)."""

    TRANSIENT = "transient"
    RATE_LIMITED = "rate_limited"
    AUTHENTICATION = "authentication"
    QUOTA = "quota"
    VALIDATION = "validation"
    CONTENT_POLICY = "content_policy"
    PROVIDER_OUTAGE = "provider_outage"
    NETWORK = "network"
    UNKNOWN_SUBMIT = "unknown_submit"
    DOWNLOAD = "download"
    FILE_SYSTEM = "file_system"
    CANCELLED = "cancelled"
    UNKNOWN = "unknown"


STILL_THERE: Final = frozenset(
    {
        ErrorCategory.RATE_LIMITED,
        ErrorCategory.AUTHENTICATION,
        ErrorCategory.PROVIDER_OUTAGE,
        ErrorCategory.NETWORK,
        ErrorCategory.DOWNLOAD,
        ErrorCategory.FILE_SYSTEM,
    }
)
"""Categories after which a call that was accepted still stands at the provider."""


class ProviderError(Exception):
    """A call that did not work.

    `retry_after` are seconds the provider asks for; `charged` is False when surely nothing was billed, None when nobody knows;
    `retryable` False overrides the category (fal's X-Fal-Retryable); `fields` names wrong parameters. `ended` tells, for a
    failure found by `poll`, whether the call itself is over (a failed model) or only the asking went wrong (ask again, same
    reference); left out, it follows from the category.
    """

    def __init__(
        self,
        category: ErrorCategory,
        message: str,
        *,
        status: int | None = None,
        retry_after: float | None = None,
        retryable: bool | None = None,
        charged: bool | None = None,
        ended: bool | None = None,
        code: str = "",
        fields: tuple[str, ...] = (),
    ) -> None:
        """Keep what is known; `message` is for people and holds no secret."""
        super().__init__(message)
        self.category = category
        self.message = message
        self.status = status
        self.retry_after = retry_after
        self.retryable = retryable
        self.charged = charged
        self.ended = category not in STILL_THERE if ended is None else ended
        self.code = code
        self.fields = fields


@dataclass(frozen=True, slots=True)
class InputFile:
    """A file that goes along with a call."""

    path: Path
    media_type: str


@dataclass(frozen=True, slots=True)
class ProviderRequest:
    """One call: the provider's endpoint, exactly the arguments to send, and files by the name of their argument.

    `idempotency_key` is `<item>-<attempt>`, at most 40 of [0-9a-f-]; `options` is the machine's table of that name.
    """

    endpoint: str
    arguments: Mapping[str, Any]
    idempotency_key: str
    files: Mapping[str, InputFile] = field(default_factory=dict)
    options: Mapping[str, Any] = field(default_factory=dict)


class CallState(StrEnum):
    """Where a call stands at the provider."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Output:
    """One product of a call: an address to fetch, or the bytes themselves (never stored as JSON)."""

    url: str = ""
    data: bytes = b""
    media_type: str = ""
    seed: int | None = None
    flagged: bool = False


@dataclass(frozen=True, slots=True)
class CallStatus:
    """What `poll` found. `progress` is 0 to 1; `cost` what the provider says it charged; `returned` the RETURN parameters.

    `charged`: a cancelled call had begun and costs something all the same.
    """

    state: CallState
    progress: float = 0.0
    text: str = ""
    outputs: tuple[Output, ...] = ()
    returned: Mapping[str, Any] = field(default_factory=dict)
    cost: Decimal | None = None
    currency: str = "USD"
    charged: bool = False


@dataclass(frozen=True, slots=True)
class Traits:
    """What a provider can do.

    `repeatable`: sending twice costs nothing and gives the same; `idempotent`: it knows our key, so `find` can tell;
    `local`: its calls live in the process that sent them. Polls start after `poll_first` seconds and slow down to `poll_most`.
    """

    paid: bool = True
    repeatable: bool = False
    idempotent: bool = False
    local: bool = False
    poll_first: float = 0.5
    poll_most: float = 5.0


@dataclass(frozen=True, slots=True)
class Connection:
    """How one provider is reached: its key and addresses, and which hosts and networks may be asked besides its own."""

    key: str = field(default="", repr=False)
    urls: Mapping[str, str] = field(default_factory=dict)
    result_hosts: tuple[str, ...] = ()
    networks: tuple[str, ...] = ()


class ProviderClient(Protocol):
    """A provider, ready to be asked (its key and address were given when it was made)."""

    name: str
    traits: Traits

    def submit(self, request: ProviderRequest) -> JsonReference:
        """Send one call, once, and return its reference. Raises ProviderError."""
        ...

    def poll(self, reference: JsonReference) -> CallStatus:
        """Say where a call stands. A failed call raises ProviderError."""
        ...

    def cancel(self, reference: JsonReference) -> None:
        """Ask the provider to stop; what became of it is seen by polling. Raises ProviderError."""
        ...

    def fetch(self, output: Output) -> bytes:
        """Return the bytes of one output. Raises ProviderError(DOWNLOAD) when there are none (any more)."""
        ...

    def find(self, request: ProviderRequest) -> JsonReference | None:
        """Look for a call whose answer was lost, by its idempotency key; None when it surely does not exist there.

        Raises ProviderError(UNKNOWN_SUBMIT) when the provider cannot be asked that.
        """
        ...

    def test(self) -> str:
        """Make the cheapest call that proves the key and return a sentence. Raises ProviderError."""
        ...
