"""Which class speaks to which provider; a system's settings and keys come in as a `Connection`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

from main.providers.builtin.client import BuiltinClient
from main.providers.protocol import ProviderClient


@dataclass(frozen=True, slots=True)
class Connection:
    """How one provider is reached: its key and addresses, and which hosts and networks may be asked besides its own."""

    key: str = field(default="", repr=False)
    urls: Mapping[str, str] = field(default_factory=dict)
    result_hosts: tuple[str, ...] = ()
    networks: tuple[str, ...] = ()


CLIENTS: Final[dict[str, Callable[[Connection], ProviderClient]]] = {
    "builtin": lambda _connection: BuiltinClient(),
}


def client_for(name: str, connection: Connection) -> ProviderClient:
    """Return a client for the named provider; KeyError when nobody has written one."""
    return CLIENTS[name](connection)
