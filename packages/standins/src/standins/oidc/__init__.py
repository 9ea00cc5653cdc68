"""An OpenID Connect provider with Keycloak's addresses, for the demo and for tests of what a client must refuse."""

from standins.oidc.faults import FAULTS, Fault
from standins.oidc.model import Client, ConfigError, Lifetimes, RealmData, User, demo_data, load_realm, subject
from standins.oidc.server import OidcProvider
from standins.oidc.tokens import KeyRing, new_key

__all__ = [
    "FAULTS",
    "Client",
    "ConfigError",
    "Fault",
    "KeyRing",
    "Lifetimes",
    "OidcProvider",
    "RealmData",
    "User",
    "demo_data",
    "load_realm",
    "new_key",
    "subject",
]
