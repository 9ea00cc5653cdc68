"""The providers' keys: from the environment, else encrypted in the database; never shown again, never logged."""

from __future__ import annotations

from typing import Final

from main.models import Circuit, Provider
from main.providers.protocol import ProviderError
from main.providers.registry import client_for
from main.services import connections, events
from main.services.sealing import seal

KEYED: Final = ("fal", "replicate", "civitai")
LONGEST: Final = 300


class BadKey(ValueError):  # noqa: N818 -- names what was typed
    """What was typed cannot be a key, or its provider refuses it; the text says which and what to do."""


def store(provider: Provider, key: str, *, actor: str = "page") -> str:
    """Try a key at its provider, then keep it sealed; return the provider's answer. Raises BadKey, and nothing is changed."""
    key = key.strip()
    if provider.name not in KEYED:
        raise BadKey(f"{provider.title} asks for no key.")
    if not key or len(key) > LONGEST or not key.isascii() or not key.isprintable() or " " in key:
        raise BadKey("A key is one word of letters, digits and signs; paste it as the provider shows it.")
    try:
        answer = client_for(provider.name, connections.connection_of(provider.name, key=key)).test()
    except ProviderError as error:
        raise BadKey(f"{error.message} Nothing was stored.") from None
    provider.key_sealed, provider.key_hint = seal(key), key[-4:] if len(key) > 11 else ""
    provider.circuit, provider.circuit_until, provider.circuit_reason, provider.failures = Circuit.CLOSED, None, "", 0
    provider.save()
    events.record("provider_keyed", entity=provider.pk, actor=actor, provider=provider.name)
    return answer


def forget(provider: Provider, *, actor: str = "page") -> None:
    """Delete a stored key."""
    Provider.objects.filter(pk=provider.pk).update(key_sealed=None, key_hint="")
    events.record("provider_unkeyed", entity=provider.pk, actor=actor, provider=provider.name)
