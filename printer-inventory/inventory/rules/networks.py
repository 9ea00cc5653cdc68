"""Which addresses may be asked at all."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network


@dataclass(frozen=True, slots=True)
class Networks:
    """A list of networks; an address outside all of them is never sent anything."""

    networks: tuple[IPv4Network | IPv6Network, ...]

    @classmethod
    def parse(cls, texts: Iterable[str]) -> Networks:
        """Return the networks of CIDR texts; raise ValueError for one that is none."""
        return cls(tuple(ip_network(text.strip(), strict=False) for text in texts if text.strip()))

    def allow(self, address: str) -> bool:
        """Return whether the address is one of ours; texts that are no address are not."""
        try:
            ip = ip_address(address)
        except ValueError:
            return False
        if ip.version == 6 and ip.ipv4_mapped is not None:
            ip = ip.ipv4_mapped
        return any(ip.version == network.version and ip in network for network in self.networks)
