"""Which class speaks to which provider; a system's settings and keys come in as a `Connection`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from main.providers.builtin.client import BuiltinClient
from main.providers.civitai import CivitaiClient
from main.providers.comfyui import ComfyuiClient
from main.providers.fal import FalClient
from main.providers.protocol import Connection, ProviderClient
from main.providers.replicate import ReplicateClient

CLIENTS: Final[dict[str, Callable[[Connection], ProviderClient]]] = {
    "builtin": lambda _connection: BuiltinClient(),
    "fal": FalClient,
    "replicate": ReplicateClient,
    "civitai": CivitaiClient,
    "comfyui": ComfyuiClient,
}


def client_for(name: str, connection: Connection) -> ProviderClient:
    """Return a client for the named provider; KeyError when nobody has written one."""
    return CLIENTS[name](connection)
