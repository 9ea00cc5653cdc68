"""What is asked of a printer's web server, and what came of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Scheme = Literal["http", "https"]
Action = Literal["click", "type", "wait", "read"]


@dataclass(frozen=True, slots=True)
class Step:
    """One thing done on a page before it is read.

    `selector` is CSS, or XPath where it begins with `/` or `(`. `value` is what is typed; `{username}` and `{password}` stand for
    the printer's own. `seconds` are waited afterwards. `name` is the field or variable that a read fills.
    """

    do: Action
    selector: str = ""
    value: str = ""
    seconds: float = 0.0
    name: str = ""


@dataclass(frozen=True, slots=True)
class PageRequest:
    """One page: by plain HTTP, or through the browser where it builds itself or something has to be done on it first."""

    scheme: Scheme
    path: str
    steps: tuple[Step, ...] = ()
    browser: bool = False

    @property
    def needs_browser(self) -> bool:
        """Whether plain HTTP is not enough."""
        return self.browser or bool(self.steps)


@dataclass(frozen=True, slots=True)
class Document:
    """A page as it came, or as the browser has it after its steps; `reads` are the texts that read steps took on the way."""

    content: bytes
    content_type: str = "text/html"
    charset: str = ""
    path: str = "/"
    reads: Mapping[str, str] = field(default_factory=dict)
    log: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, repr=False)
class WebTarget:
    """One printer to read: its address and web port, who signs in, how TLS is checked, and which pages."""

    key: int
    address: str
    port: int = 80
    username: str = ""
    password: str = ""
    verify_tls: bool = False
    pages: tuple[PageRequest, ...] = ()

    @property
    def ports(self) -> frozenset[int]:
        """The ports that may be asked: the web port, and where that is one of the usual two, both."""
        return frozenset({80, 443}) if self.port in (80, 443) else frozenset({self.port})

    def port_of(self, scheme: Scheme) -> int:
        """Return the port a scheme is spoken on."""
        return self.port if self.port not in (80, 443) else {"http": 80, "https": 443}[scheme]

    def url(self, page: PageRequest) -> str:
        """Return the address of a page: always this printer's own, whatever the path says."""
        host = f"[{self.address}]" if ":" in self.address else self.address
        port = self.port_of(page.scheme)
        usual = {"http": 80, "https": 443}[page.scheme]
        path = page.path if page.path.startswith("/") else f"/{page.path}"
        return f"{page.scheme}://{host}{'' if port == usual else f':{port}'}{path}"

    def __repr__(self) -> str:
        return f"<WebTarget {self.address}:{self.port}>"


class PageError(Exception):
    """A page could not be got; the text says what to do. `fatal` where the other pages need not be tried."""

    def __init__(self, text: str, *, fatal: bool = False) -> None:
        """Keep the sentence."""
        super().__init__(text)
        self.fatal = fatal


@dataclass(slots=True)
class Fetched:
    """What came of a printer's pages: each has a document or a sentence that says why not.

    `silent` if the printer did not answer at all.
    """

    documents: dict[PageRequest, Document] = field(default_factory=dict)
    errors: dict[PageRequest, str] = field(default_factory=dict)
    requests: int = 0
    seconds: float = 0.0
    silent: bool = False
