"""A provider for tests of signing in."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from standins.oidc import KeyRing, OidcProvider, new_key

from access.services.roles import bootstrap_roles
from access.tests.provider import Visitor, running


@pytest.fixture(scope="session")
def keys() -> KeyRing:
    """Making a key takes longer than a test."""
    return KeyRing(new_key())


@pytest.fixture
def provider(keys: KeyRing, db: None) -> Iterator[OidcProvider]:
    """A running provider that this system trusts, and the roles."""
    bootstrap_roles()
    with running(keys) as one:
        yield one


@pytest.fixture
def visit(provider: OidcProvider) -> Iterator[Callable[[], Visitor]]:
    """Make visitors, each with a browser of their own."""
    made: list[Visitor] = []

    def new() -> Visitor:
        made.append(Visitor())
        return made[-1]

    yield new
    for visitor in made:
        visitor.close()


@pytest.fixture
def visitor(visit: Callable[[], Visitor]) -> Visitor:
    """One visitor."""
    return visit()
