"""How each provider is reached: addresses and keys from the settings, keys also from the database; clients by name."""

from __future__ import annotations

from django.conf import settings

from main.models import Provider
from main.providers.protocol import Connection, ProviderClient
from main.providers.registry import client_for
from main.services.sealing import unseal


def key_in_settings(name: str) -> str:
    """Return a provider's key as the environment gives it; "" without."""
    keys = {"fal": settings.FAL_KEY, "replicate": settings.REPLICATE_API_TOKEN, "civitai": settings.CIVITAI_API_KEY}
    return str(keys.get(name, ""))


def connection_of(name: str, *, key: str = "", row: Provider | None = None) -> Connection:
    """Return how a provider is reached; with `key`, as if that were its key. `row` saves reading it again."""
    if not key and name != "builtin":
        key = key_in_settings(name)
    if not key and name in ("fal", "replicate", "civitai"):
        rows = Provider.objects.filter(name=name).values_list("key_sealed", flat=True)
        key = unseal(row.key_sealed if row else rows.first())
    urls = {
        "fal": {"queue": settings.FAL_QUEUE_URL, "api": settings.FAL_API_URL},
        "replicate": {"api": settings.REPLICATE_BASE_URL},
        "civitai": {"api": settings.CIVITAI_URL},
        "comfyui": {"api": settings.COMFYUI_URL},
    }
    return Connection(
        key=key,
        urls=urls.get(name, {}),
        result_hosts=tuple(settings.RESULT_HOSTS),
        networks=tuple(settings.PROVIDER_NETWORKS),
    )


def client_of(name: str, row: Provider | None = None) -> ProviderClient:
    """Return a client for a provider; KeyError when nobody has written one. `row` saves reading it again."""
    return client_for(name, connection_of(name, row=row))


def can_ask(name: str) -> bool:
    """Say whether a provider's key or address is there, without asking it."""
    if name == "builtin":
        return True
    connection = connection_of(name)
    return bool(connection.urls.get("api")) if name == "comfyui" else bool(connection.key)
