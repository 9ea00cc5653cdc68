"""Where a request goes: a URL taken apart strictly and put together again in one spelling.

Only the rebuilt parts are used afterwards, so no second parser can read the same text differently.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from ipaddress import IPv6Address
from urllib.parse import quote, urljoin

from safehttp.address import Address, parse_host
from safehttp.errors import Refused

MAX_URL_LENGTH = 8192
DEFAULT_PORTS = {"http": 80, "https": 443}

_FORBIDDEN = re.compile(r"[\x00-\x20\x7f-\xa0\\\u2028\u2029]")
_URL = re.compile(r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*)://(?P<authority>[^/?#]*)(?P<rest>[^#]*)(?:#.*)?", re.DOTALL)
_AUTHORITY = re.compile(r"(?P<host>\[[^\]]*\]|[^:\[\]]*)(?::(?P<port>[0-9]{0,5}))?")
# What RFC 3986 allows in path and query as written; the rest is percent-encoded as UTF-8.
_PATH_SAFE = "/?!$&'()*+,;=:@-._~%[]"


@dataclass(frozen=True)
class Target:
    """One place to ask: `scheme` http or https, canonical `host`, `port`, and `path` with its query."""

    scheme: str
    host: Address | str
    port: int
    path: str

    @property
    def hostname(self) -> str:
        """The host without brackets: what TLS asks for and checks the certificate against."""
        return str(self.host)

    @property
    def netloc(self) -> str:
        """The value of the Host header: brackets around IPv6, no default port."""
        host = f"[{self.host}]" if isinstance(self.host, IPv6Address) else str(self.host)
        return host if self.port == DEFAULT_PORTS[self.scheme] else f"{host}:{self.port}"

    @property
    def origin(self) -> str:
        """Scheme, host and port: all of a URL that may appear in a message or a log."""
        return f"{self.scheme}://{self.netloc}"

    @property
    def url(self) -> str:
        """The whole URL in its canonical spelling; may hold secrets in path and query."""
        return f"{self.origin}{self.path}"

    def __repr__(self) -> str:
        return f"<Target {self.origin}>"


def parse_url(url: str) -> Target:
    """Take an absolute http or https URL apart. Raises `Refused` saying what is wrong, without repeating the text."""
    if len(url) > MAX_URL_LENGTH:
        raise Refused(f"The address is longer than {MAX_URL_LENGTH} characters.")
    if _FORBIDDEN.search(url):
        raise Refused("The address holds a space, a backslash or a control character; remove it.")
    parts = _URL.fullmatch(url)
    if parts is None:
        raise Refused("The address is not complete; it starts with http:// or https:// and a host.")
    scheme = parts["scheme"].lower()
    if scheme not in DEFAULT_PORTS:
        raise Refused("Only http:// and https:// addresses are fetched.")
    host, port = _split_authority(parts["authority"], DEFAULT_PORTS[scheme])
    rest = parts["rest"] if parts["rest"].startswith("/") else f"/{parts['rest']}"
    try:
        path = quote(rest, safe=_PATH_SAFE)
    except UnicodeError:
        raise Refused("The address holds characters that cannot be sent.") from None
    return Target(scheme, host, port, path)


def follow(target: Target, location: str) -> Target:
    """Return where a redirect's Location header points, seen from `target` (RFC 9110 section 10.2.2)."""
    location = location.strip()
    if _FORBIDDEN.search(location):
        raise Refused(f"{target.origin} redirects to an address with a space, a backslash or a control character.")
    try:
        return parse_url(urljoin(target.url, location))
    except ValueError:
        raise Refused(f"{target.origin} redirects to something that is no address.") from None


def _split_authority(authority: str, default_port: int) -> tuple[Address | str, int]:
    if "@" in authority:
        raise Refused("An address with a user name or password in it is not fetched; give them apart.")
    parts = _AUTHORITY.fullmatch(authority)
    if parts is None:
        raise Refused("The host or the port of the address is not valid.")
    port = int(parts["port"] or default_port)
    if not 0 < port < 65536:
        raise Refused("The port of the address is not between 1 and 65535.")
    return parse_host(parts["host"]), port
