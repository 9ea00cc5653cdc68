"""Hosts in every spelling, brought to one: an IP address object or a plain lower-case ASCII name.

Browsers and C libraries accept far more spellings of an address than dotted decimal (`127.1`, `0x7f000001`,
`0177.0.0.1`, full-width digits). A guard that compares text is walked around by them, so everything is parsed the way
the WHATWG URL standard (host parsing, IPv4 parser) does, and only the result is judged.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_network

import idna

from safehttp.errors import Refused

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

_LABEL = re.compile(r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?")
_NUMBER = re.compile(r"0x[0-9a-f]*|[0-9]+")

# RFC 6890 and the IANA special-purpose registries; the first network that holds an address names its kind.
# 168.63.129.16 is Azure's platform address: metadata although it lies in global space.
_V4_KINDS = tuple(
    (IPv4Network(network), kind)
    for network, kind in (
        ("169.254.169.254/32", "metadata"),
        ("169.254.170.2/32", "metadata"),
        ("100.100.100.200/32", "metadata"),
        ("168.63.129.16/32", "metadata"),
        ("192.0.0.192/32", "metadata"),
        ("0.0.0.0/8", "unspecified"),
        ("127.0.0.0/8", "loopback"),
        ("169.254.0.0/16", "link-local"),
        ("10.0.0.0/8", "private"),
        ("172.16.0.0/12", "private"),
        ("192.168.0.0/16", "private"),
        ("100.64.0.0/10", "shared"),
        ("192.0.0.0/24", "reserved"),
        ("192.0.2.0/24", "documentation"),
        ("198.51.100.0/24", "documentation"),
        ("203.0.113.0/24", "documentation"),
        ("192.88.99.0/24", "transition"),
        ("198.18.0.0/15", "benchmark"),
        ("224.0.0.0/4", "multicast"),
        ("240.0.0.0/4", "reserved"),
    )
)
_V6_KINDS = tuple(
    (IPv6Network(network), kind)
    for network, kind in (
        ("fd00:ec2::254/128", "metadata"),
        ("fd20:ce::254/128", "metadata"),
        ("::/128", "unspecified"),
        ("::1/128", "loopback"),
        ("fe80::/10", "link-local"),
        ("fec0::/10", "private"),
        ("fc00::/7", "private"),
        ("ff00::/8", "multicast"),
        ("2001:db8::/32", "documentation"),
        ("3fff::/20", "documentation"),
        ("2002::/16", "transition"),  # 6to4
        ("2001::/23", "transition"),  # Teredo and other protocol assignments
    )
)
_V6_GLOBAL = IPv6Network("2000::/3")  # all that IANA has given out as global unicast
_NAT64 = IPv6Network("64:ff9b::/96")  # RFC 6052
_ISATAP = frozenset({0x00005EFE, 0x02005EFE})  # RFC 5214: upper half of the interface identifier


def parse_host(text: str) -> Address | str:
    """Return the address, or the lower-case ASCII name without trailing dot, that a URL's host stands for.

    `text` is the host as written: `[...]` around IPv6. Raises `Refused` for escapes, zone identifiers, control
    characters, a last label that is a number but no IPv4 address, and names that DNS could not hold.
    """
    if text.startswith("["):
        if not text.endswith("]") or ":" not in text:
            raise Refused("The host is not valid: brackets stand around an IPv6 address, both of them.")
        return parse_address(text[1:-1])
    name = _to_ascii(text)
    name = name.removesuffix(".")
    labels = name.split(".")
    if _NUMBER.fullmatch(labels[-1]):
        return _parse_ipv4(labels)
    if len(name) > 253 or not all(_LABEL.fullmatch(label) for label in labels):
        raise Refused(
            "The host is not a valid name; write it as in the browser's address bar, without user or escapes."
        )
    return name


def parse_address(text: str) -> Address:
    """Return the address for a literal in its standard spelling; IPv4-mapped IPv6 becomes IPv4.

    Raises `Refused` for anything else, zone identifiers (`fe80::1%eth0`) included: a zone names our own interface.
    """
    try:
        address = IPv6Address(text) if ":" in text else IPv4Address(text)
    except ValueError:
        raise Refused("The host is not a valid IP address.") from None
    if isinstance(address, IPv6Address):
        if address.scope_id is not None:
            raise Refused("An IPv6 address with a zone (%) is not accepted; give one without.")
        if address.ipv4_mapped is not None:
            return address.ipv4_mapped
    return address


def kind_of(address: Address) -> str:
    """Return what an address is for: `global`, or why it is not (`loopback`, `private`, `link-local`, `metadata`, ...).

    NAT64 addresses (RFC 6052) count as the IPv4 address they carry when that is global, and as `transition` otherwise;
    6to4, Teredo, ISATAP and IPv4-compatible addresses are always `transition`: they carry an address of their choice.
    """
    if isinstance(address, IPv4Address):
        return next((kind for network, kind in _V4_KINDS if address in network), "global")
    if address.ipv4_mapped is not None:
        return kind_of(address.ipv4_mapped)
    if address in _NAT64:
        return "global" if kind_of(IPv4Address(int(address) & 0xFFFFFFFF)) == "global" else "transition"
    for network, kind in _V6_KINDS:
        if address in network:
            return kind
    if (int(address) >> 32) & 0xFFFFFFFF in _ISATAP or int(address) < 1 << 32:
        return "transition"
    return "global" if address in _V6_GLOBAL else "reserved"


def parse_networks(networks: Iterable[str | Network]) -> tuple[Network, ...]:
    """Return networks from an iterable of texts (`10.0.0.0/8`, `fd12::/48`, a single address) or network objects.

    Raises `ValueError` naming the entry, `TypeError` for a text instead of a list: both are mistakes in our
    configuration, not in a request.
    """
    if isinstance(networks, str):
        raise TypeError("networks is a list of networks in CIDR notation, such as ['10.20.0.0/16']")
    return tuple(ip_network(str(entry).strip(), strict=False) for entry in networks)


def inside(address: Address, networks: tuple[Network, ...]) -> bool:
    """Say whether one of the networks holds the address (other IP versions never match)."""
    return any(address in network for network in networks)


def _to_ascii(text: str) -> str:
    if not text:
        raise Refused("The address has no host; give one, such as https://example.org/.")
    if text.isascii():
        return text.lower()
    try:
        return idna.encode(text, uts46=True, std3_rules=True).decode("ascii").lower()
    except (idna.IDNAError, UnicodeError):
        pass
    # Digits and dots in other scripts (full-width, circled) are no IDNA label but are mapped to ASCII all the same.
    try:
        mapped = idna.uts46_remap(text, std3_rules=True)
    except (idna.IDNAError, UnicodeError):
        mapped = text
    if not mapped.isascii():
        raise Refused("The host holds characters that no domain name may hold.")
    return mapped.lower()


def _parse_ipv4(labels: list[str]) -> IPv4Address:
    """Read one to four decimal, octal or hexadecimal parts; the last one fills the bytes that are left."""
    if len(labels) > 4 or not all(_NUMBER.fullmatch(label) for label in labels):
        raise Refused("The host ends in a number but is not an IPv4 address.")
    numbers = [_parse_number(label) for label in labels]
    *front, last = numbers
    if any(number > 255 for number in front) or last >= 256 ** (5 - len(numbers)):
        raise Refused("The host ends in a number but is not an IPv4 address.")
    value = last + sum(number << 8 * (3 - place) for place, number in enumerate(front))
    return IPv4Address(value)


def _parse_number(label: str) -> int:
    if len(label) > 20:
        raise Refused("The host ends in a number but is not an IPv4 address.")
    if label.startswith("0x"):
        return int(label[2:] or "0", 16)
    try:
        return int(label, 8) if len(label) > 1 and label.startswith("0") else int(label)
    except ValueError:
        raise Refused("The host ends in a number but is not an IPv4 address.") from None
