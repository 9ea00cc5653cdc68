"""A provider with a clock that a test turns, and a client with a browser."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from standins.oidc import KeyRing, OidcProvider, new_key

from .client import Clock, Party, realm_data


@pytest.fixture
def clock() -> Clock:
    return Clock(time.time())


@pytest.fixture(scope="session")
def key() -> RSAPrivateKey:
    """Making a key takes longer than a test."""
    return new_key()


@pytest.fixture
def provider(clock: Clock, key: RSAPrivateKey) -> Iterator[OidcProvider]:
    with OidcProvider(realm_data(), clock=clock, keys=KeyRing(key)) as running:
        yield running


@pytest.fixture
def party(provider: OidcProvider) -> Iterator[Party]:
    with Party(provider) as acting:
        yield acting
