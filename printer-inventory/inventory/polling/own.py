"""Which addresses are this machine's own: a sweep does not ask itself."""

from __future__ import annotations

import re
import socket
from ipaddress import IPv6Address, ip_address
from pathlib import Path
from typing import Final

IPV4_TABLE: Final = Path("/proc/net/fib_trie")
IPV6_TABLE: Final = Path("/proc/net/if_inet6")

_LOCAL: Final = re.compile(r"\|-- (\d+\.\d+\.\d+\.\d+)\n\s+/32 host LOCAL")


def own_addresses() -> frozenset[str]:
    """Return the addresses of this machine's interfaces, except loopback: only stand-ins live there.

    Read from the kernel's tables (proc_net(5)); where there are none, what the host's own name resolves to.
    """
    tables = [_read(IPV4_TABLE), _read(IPV6_TABLE)]
    found = parse_tables(*tables) if any(tables) else _by_name()
    return frozenset(address for address in found if not ip_address(address).is_loopback)


def parse_tables(ipv4: str, ipv6: str) -> set[str]:
    """Return the local addresses of `/proc/net/fib_trie` and `/proc/net/if_inet6`."""
    found = set(_LOCAL.findall(ipv4))
    for line in ipv6.splitlines():
        digits = line.split(" ", 1)[0]
        if re.fullmatch(r"[0-9a-f]{32}", digits):
            found.add(str(IPv6Address(int(digits, 16))))
    return found


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii", errors="replace")
    except OSError:
        return ""


def _by_name() -> set[str]:
    try:
        infos = socket.getaddrinfo(socket.gethostname(), None)
    except OSError:
        return set()
    return {str(info[4][0]).partition("%")[0] for info in infos}
