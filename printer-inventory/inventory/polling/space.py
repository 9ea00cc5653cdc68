"""Networks as one row of addresses that can be counted, cut and searched, however large they are.

A sweep works through the row from its first address to its last: where it stands is one number, which is all that has to be
kept to go on after a stop.
"""

from __future__ import annotations

import socket
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, collapse_addresses, ip_address, ip_network
from typing import Final

MOST_ADDRESSES: Final = 1 << 20
"""A /12. More in one sweep is a typing mistake sooner than a wish."""

MOST_NETWORKS: Final = 256

Network = IPv4Network | IPv6Network


class SpaceError(ValueError):
    """The networks cannot be swept; the text says why and what to write instead."""


@dataclass(frozen=True, slots=True)
class Span:
    """Addresses that follow one another; `at` is the place of the first one in the row."""

    at: int
    first: int
    count: int
    is_ipv6: bool


@dataclass(frozen=True, slots=True)
class AddressSpace:
    """The addresses of some networks in ascending order, each once, without IPv4 network and broadcast addresses."""

    networks: tuple[str, ...]
    spans: tuple[Span, ...]
    total: int

    @classmethod
    def parse(cls, texts: Iterable[str], allowed: Sequence[str]) -> AddressSpace:
        """Return the space of CIDR texts and single addresses; SpaceError for one that is none, lies outside `allowed`, or
        for more than `MOST_ADDRESSES` together.
        """
        asked = [text.strip() for text in texts if text.strip()]
        if not asked:
            raise SpaceError("Write at least one network, such as 10.0.0.0/24.")
        if len(asked) > MOST_NETWORKS:
            raise SpaceError(f"{len(asked)} networks are too many; {MOST_NETWORKS} fit into one sweep.")
        permitted = _merged([_network(text) for text in allowed if text.strip()])
        networks = [_network(text) for text in asked]
        for network in networks:
            if not any(_inside(network, other) for other in permitted):
                raise SpaceError(
                    f"{network} does not lie inside PRINTER_NETWORKS ({', '.join(map(str, allowed))}); nothing was sent. "
                    "Correct the network, or add it to the settings."
                )
        merged = _merged(networks)
        spans = _spans(merged)
        total = spans[-1].at + spans[-1].count
        if total > MOST_ADDRESSES:
            raise SpaceError(
                f"These networks have {total:,} addresses; {MOST_ADDRESSES:,} fit into one sweep. Name smaller networks."
            )
        return cls(tuple(map(str, merged)), spans, total)

    def cut(self, at: int, count: int) -> list[str]:
        """Return the addresses from place `at` on, at most `count`."""
        found: list[str] = []
        for span in self.spans[max(0, bisect_right(self.spans, at, key=lambda one: one.at) - 1) :]:
            start = max(0, at - span.at)
            stop = min(span.count, start + count - len(found))
            family, length = (socket.AF_INET6, 16) if span.is_ipv6 else (socket.AF_INET, 4)
            found += [
                socket.inet_ntop(family, number.to_bytes(length, "big"))
                for number in range(span.first + start, span.first + stop)
            ]
            if len(found) >= count:
                break
        return found

    def place(self, address: str) -> int | None:
        """Return where an address stands in the row; None when it is not in it."""
        try:
            known = ip_address(address)
        except ValueError:
            return None
        number = int(known)
        for span in self.spans:
            if span.is_ipv6 == (known.version == 6) and 0 <= number - span.first < span.count:
                return span.at + number - span.first
        return None


def _network(text: str) -> Network:
    try:
        return ip_network(text.strip(), strict=False)
    except ValueError:
        raise SpaceError(f"{text[:60]!r} is no network. Write it like 10.0.0.0/24 or 2001:db8::/120.") from None


def _merged(networks: Sequence[Network]) -> list[Network]:
    """Return the same addresses in the fewest networks, IPv4 first."""
    four = [network for network in networks if isinstance(network, IPv4Network)]
    six = [network for network in networks if isinstance(network, IPv6Network)]
    return [*collapse_addresses(four), *collapse_addresses(six)]


def _inside(network: Network, other: Network) -> bool:
    if isinstance(network, IPv4Network) and isinstance(other, IPv4Network):
        return network.subnet_of(other)
    return isinstance(network, IPv6Network) and isinstance(other, IPv6Network) and network.subnet_of(other)


def _spans(networks: Sequence[Network]) -> tuple[Span, ...]:
    spans: list[Span] = []
    at = 0
    for network in networks:
        first, count = int(network.network_address), network.num_addresses
        if isinstance(network, IPv4Network) and network.prefixlen < 31:
            first, count = first + 1, count - 2
        spans.append(Span(at, first, count, isinstance(network, IPv6Network)))
        at += count
    return tuple(spans)
