"""Who may sign in and where: users, clients and lifetimes, given as data."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import resources
from pathlib import Path
from typing import cast
from urllib.parse import urlsplit

MAX_FILE_BYTES = 1024 * 1024
_NAMESPACE = uuid.UUID("b1a4f6f2-5d0c-5b5e-9c53-5e0a1b0f7a11")


class ConfigError(ValueError):
    """The data does not describe a realm; the text names the entry."""


@dataclass(frozen=True, slots=True)
class User:
    """A person. `username` is compared without case; a disabled one is turned away everywhere."""

    username: str
    password: str = field(repr=False)
    email: str = ""
    given_name: str = ""
    family_name: str = ""
    roles: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    enabled: bool = True

    @property
    def name(self) -> str:
        """Return the full name."""
        return f"{self.given_name} {self.family_name}".strip() or self.username


@dataclass(frozen=True, slots=True)
class Client:
    """A system that lets people sign in here. A client without a secret is public; PKCE is asked of all.

    Redirect addresses are compared letter by letter (RFC 9700, 2.1).
    """

    client_id: str
    secret: str | None = field(default=None, repr=False)
    redirect_uris: tuple[str, ...] = ()
    post_logout_redirect_uris: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Lifetimes:
    """How long things hold, in seconds; Keycloak's defaults but for the shorter session."""

    login: float = 300
    code: float = 60
    access_token: float = 300
    id_token: float = 300
    refresh_token: float = 1800
    session: float = 36_000


@dataclass(frozen=True, slots=True)
class RealmData:
    """What a file describes: a realm's name, its users and its clients."""

    realm: str
    users: tuple[User, ...]
    clients: tuple[Client, ...]


def subject(realm: str, username: str) -> str:
    """Return a user's `sub`: the same in every run, so that a demo's accounts keep belonging to their people."""
    return str(uuid.uuid5(_NAMESPACE, f"{realm}/{username.lower()}"))


def demo_data() -> RealmData:
    """Return the demo's realm: admin, operator, viewer and stranger, and Printer Inventory as client."""
    return parse_realm(json.loads(resources.files("standins.oidc").joinpath("demo.json").read_text(encoding="utf-8")))


def load_realm(path: Path) -> RealmData:
    """Read a realm from a JSON file of at most 1 MiB; raises ConfigError or OSError."""
    if path.stat().st_size > MAX_FILE_BYTES:
        raise ConfigError(f"{path.name} is over 1 MiB")
    try:
        return parse_realm(json.loads(path.read_text(encoding="utf-8")))
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path.name} is no JSON: {error}") from error


def parse_realm(data: object) -> RealmData:
    """Turn `{"realm": ..., "users": [...], "clients": [...]}` into a realm; raises ConfigError."""
    top = _mapping(data, "the file")
    realm = _text(top, "realm", "the file") or "quartermaster"
    users = tuple(parse_user(entry) for entry in _list(top, "users"))
    clients = tuple(parse_client(entry) for entry in _list(top, "clients"))
    for what, names in (
        ("user", [user.username.lower() for user in users]),
        ("client", [client.client_id for client in clients]),
    ):
        if len(names) != len(set(names)):
            raise ConfigError(f"a {what} is described twice")
    return RealmData(realm, users, clients)


def parse_user(data: object) -> User:
    """Turn one entry of `users` into a User; raises ConfigError."""
    entry = _mapping(data, "a user")
    username = _text(entry, "username", "a user")
    if not username:
        raise ConfigError("a user without a username")
    where = f"user {username}"
    enabled = entry.get("enabled", True)
    if not isinstance(enabled, bool):
        raise ConfigError(f"{where}: enabled is neither true nor false")
    return User(
        username=username,
        password=_text(entry, "password", where),
        email=_text(entry, "email", where),
        given_name=_text(entry, "given_name", where),
        family_name=_text(entry, "family_name", where),
        roles=_texts(entry, "roles", where),
        groups=_texts(entry, "groups", where),
        enabled=enabled,
    )


def parse_client(data: object) -> Client:
    """Turn one entry of `clients` into a Client; raises ConfigError."""
    entry = _mapping(data, "a client")
    client_id = _text(entry, "client_id", "a client")
    if not client_id:
        raise ConfigError("a client without a client_id")
    where = f"client {client_id}"
    client = Client(
        client_id,
        _text(entry, "secret", where) or None,
        _texts(entry, "redirect_uris", where),
        _texts(entry, "post_logout_redirect_uris", where),
    )
    for uri in (*client.redirect_uris, *client.post_logout_redirect_uris):
        parts = urlsplit(uri)
        if parts.scheme not in ("http", "https") or not parts.netloc or "#" in uri:
            raise ConfigError(f"{where}: {uri!r} is no full http address without a fragment")
    return client


def _mapping(data: object, where: str) -> Mapping[str, object]:
    if not isinstance(data, dict):
        raise ConfigError(f"{where} is no object")
    return cast("Mapping[str, object]", data)


def _list(data: Mapping[str, object], key: str) -> list[object]:
    found = data.get(key, [])
    if not isinstance(found, list):
        raise ConfigError(f"{key} is no list")
    return found


def _text(data: Mapping[str, object], key: str, where: str) -> str:
    found = data.get(key, "")
    if not isinstance(found, str):
        raise ConfigError(f"{where}: {key} is no text")
    return found


def _texts(data: Mapping[str, object], key: str, where: str) -> tuple[str, ...]:
    found = data.get(key, [])
    if not isinstance(found, list) or not all(isinstance(item, str) for item in found):
        raise ConfigError(f"{where}: {key} is no list of texts")
    return tuple(found)
