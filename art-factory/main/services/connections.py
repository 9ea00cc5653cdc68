"""How each provider is reached: addresses and keys from the settings, clients by name."""

from __future__ import annotations

from django.conf import settings

from main.providers.protocol import Connection, ProviderClient
from main.providers.registry import client_for


def connection_of(name: str) -> Connection:
    """Return how a provider is reached."""
    keys = {
        "fal": settings.FAL_KEY,
        "replicate": settings.REPLICATE_API_TOKEN,
        "civitai": settings.CIVITAI_API_KEY,
    }
    urls = {
        "fal": {"queue": settings.FAL_QUEUE_URL, "api": settings.FAL_API_URL},
        "replicate": {"api": settings.REPLICATE_BASE_URL},
        "civitai": {"api": settings.CIVITAI_URL},
        "comfyui": {"api": settings.COMFYUI_URL},
    }
    return Connection(
        key=keys.get(name, ""),
        urls=urls.get(name, {}),
        result_hosts=tuple(settings.RESULT_HOSTS),
        networks=tuple(settings.PROVIDER_NETWORKS),
    )


def client_of(name: str) -> ProviderClient:
    """Return a client for a provider; KeyError when nobody has written one."""
    return client_for(name, connection_of(name))


def can_ask(name: str) -> bool:
    """Say whether a provider's key or address is there, without asking it."""
    if name == "builtin":
        return True
    connection = connection_of(name)
    return bool(connection.urls.get("api")) if name == "comfyui" else bool(connection.key)
