"""Read `<system>/run.toml`, in which a system says what it needs and what it starts. README.md documents the format."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

from .errors import RunFileError

Item = TypeVar("Item")

MAX_BYTES = 65536
NAME = re.compile(r"[a-z][a-z0-9_-]{0,40}")
PLACEHOLDER = re.compile(r"\{([a-z_]+)(?::([A-Za-z0-9_-]+))?\}")
LOOPBACK_HOSTS = {"127.0.0.1", "localhost"}
COMMAND_WORDS = {"python", "port", "root", "local"}
ENVIRONMENT_WORDS = COMMAND_WORDS | {"password", "secret_key", "service"}
"""Placeholders that may hold secrets are for variables only: a command line can be read by everybody on the machine."""


@dataclass(frozen=True)
class Login:
    """A demo account to show; the password is the clone's demo password."""

    user: str
    role: str


@dataclass(frozen=True)
class Link:
    """A page that is worth a line of its own on the start page."""

    text: str
    url: str


@dataclass(frozen=True)
class Step:
    """A command that must end well before the processes start."""

    name: str
    command: tuple[str, ...]


@dataclass(frozen=True)
class Process:
    """A process that runs as long as the launcher.

    `port` is None, a fixed number, or 0 for a free one; `ready` is "", "port", "log:TEXT" or a loopback URL.
    """

    name: str
    command: tuple[str, ...]
    port: int | None
    after: tuple[str, ...]
    ready: str


@dataclass(frozen=True)
class System:
    """One system, as its `run.toml` describes it."""

    name: str
    folder: Path
    title: str
    summary: str
    order: int
    accent: str
    url: str
    health: str
    logins: tuple[Login, ...]
    links: tuple[Link, ...]
    databases: tuple[str, ...]
    redis: bool
    environment: Mapping[str, str]
    prepare: tuple[Step, ...]
    processes: tuple[Process, ...]

    @property
    def services(self) -> set[str]:
        """Return the kinds of services it needs."""
        return ({"postgres"} if self.databases else set()) | ({"redis"} if self.redis else set())

    def port_variable(self, process: str) -> str:
        """Return the variable that moves a process to another port, e.g. PORT_PRINTER_INVENTORY_WEB."""
        return f"PORT_{self.name}_{process}".upper().replace("-", "_")


def discover(root: Path) -> list[System]:
    """Return every system of a clone in the order they want to be shown; raises RunFileError."""
    systems = [read_run_file(path) for path in sorted(root.glob("*/run.toml"))]
    return sorted(systems, key=lambda system: (system.order, system.name))


def read_run_file(path: Path) -> System:
    """Read one file; raises RunFileError naming the file and the key."""
    try:
        with path.open("rb") as file:
            raw = file.read(MAX_BYTES + 1)
        if len(raw) > MAX_BYTES:
            raise RunFileError(f"{path}: longer than {MAX_BYTES} bytes.")
        content = tomllib.loads(raw.decode())
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise RunFileError(f"{path}: {error}") from None
    table = _Table(path, content, "")
    services = table.table("services")
    system = System(
        name=path.parent.name,
        folder=path.parent,
        title=table.text("title"),
        summary=table.text("summary", ""),
        order=table.number("order", 100),
        accent=table.text("accent", "neutral"),
        url=table.text("url"),
        health=table.text("health", ""),
        logins=table.each("login", lambda entry: Login(entry.text("user"), entry.text("role", ""))),
        links=table.each("link", lambda entry: Link(entry.text("text"), entry.text("url"))),
        databases=services.texts("postgres"),
        redis=services.flag("redis"),
        environment=table.table("environment").all_texts(),
        prepare=table.each("prepare", lambda entry: Step(entry.name(), entry.command())),
        processes=table.each("process", _process),
    )
    services.finish()
    table.finish()
    _check(path, system)
    return system


def _process(entry: _Table) -> Process:
    """Read one `[[process]]`."""
    port = entry.number("port", -1)
    return Process(
        entry.name(), entry.command(), None if port < 0 else port, entry.texts("after"), entry.text("ready", "")
    )


def _check(path: Path, system: System) -> None:
    """Refuse what only shows when everything is read: unknown names, circles, placeholders, addresses elsewhere."""
    names = [process.name for process in system.processes]
    if len(set(names)) != len(names):
        raise RunFileError(f"{path}: two processes have one name.")
    for index, process in enumerate(system.processes):
        if unknown := set(process.after) - set(names[:index]):
            wrong = ", ".join(sorted(unknown))
            raise RunFileError(f"{path}: process {process.name}: after = {wrong}; only processes above it count.")
        if process.ready == "port" and process.port is None:
            raise RunFileError(f'{path}: process {process.name}: ready = "port" needs a port.')
        if process.ready not in {"", "port"} and not process.ready.startswith("log:"):
            _check_url(path, f"process {process.name}: ready", process.ready)
    ports = {process.name: 1 for process in system.processes if process.port is not None}
    dry = Values(Path("python"), path.parent.parent, ports, {}, "", "")
    commands = [*(step.command for step in system.prepare), *(process.command for process in system.processes)]
    links = [link.url for link in system.links]
    for text in [*(word for command in commands for word in command), system.url, system.health, *links]:
        dry.fill(path, text, COMMAND_WORDS)
    for text in system.environment.values():
        dry.fill(path, text, ENVIRONMENT_WORDS, check_services=False)
    for key, url in (("url", system.url), ("health", system.health), *(("link", url) for url in links)):
        if url:
            _check_url(path, key, url)


def _check_url(path: Path, key: str, url: str) -> None:
    """Accept plain HTTP on this machine only: the launcher asks it again and again."""
    parts = urlsplit(PLACEHOLDER.sub("1", url))
    if parts.scheme != "http" or parts.hostname not in LOOPBACK_HOSTS:
        raise RunFileError(f"{path}: {key} must be an http:// address of 127.0.0.1.")


@dataclass(frozen=True)
class Values:
    """What placeholders stand for: `{python}`, `{root}`, `{local}`, `{port:PROCESS}`; in variables also
    `{password:demo}`, `{secret_key}` and `{service:NAME}`.
    """

    python: Path
    root: Path
    ports: Mapping[str, int]
    services: Mapping[str, str]
    demo_password: str
    secret_key: str

    def fill(self, path: Path, text: str, words: set[str] = COMMAND_WORDS, *, check_services: bool = True) -> str:
        """Return a text with its placeholders replaced; raises RunFileError for one that is unknown or not allowed
        here.
        """
        tables: dict[str, Callable[[str], str | None]] = {
            "python": lambda _: str(self.python),
            "root": lambda _: str(self.root),
            "local": lambda _: str(self.root / ".local"),
            "port": lambda name: str(self.ports[name]) if name in self.ports else None,
            "password": lambda name: self.demo_password if name == "demo" else None,
            "secret_key": lambda _: self.secret_key,
            "service": lambda name: self.services.get(name, None if check_services else ""),
        }

        def replace(match: re.Match[str]) -> str:
            word, name = match[1], match[2] or ""
            value = tables[word](name) if word in words and word in tables else None
            if value is None:
                raise RunFileError(f"{path}: {match[0]} is unknown here.")
            return value

        return PLACEHOLDER.sub(replace, text)


class _Table:
    """A TOML table that is read key by key, so that a misspelt key is noticed."""

    def __init__(self, path: Path, content: dict[str, Any], where: str) -> None:
        self._path, self._content, self._where = path, dict(content), where

    def _fail(self, key: str, wanted: str) -> RunFileError:
        return RunFileError(f"{self._path}: {self._where}{key} must be {wanted}.")

    def text(self, key: str, default: str | None = None) -> str:
        value = self._content.pop(key, default)
        if not isinstance(value, str):
            raise self._fail(key, "a text")
        return value

    def name(self) -> str:
        value = self.text("name")
        if not NAME.fullmatch(value):
            raise self._fail("name", "lower case letters, digits and dashes")
        return value

    def number(self, key: str, default: int) -> int:
        value = self._content.pop(key, default)
        if not isinstance(value, int) or isinstance(value, bool) or value > 65535:
            raise self._fail(key, "a number up to 65535")
        return value

    def flag(self, key: str) -> bool:
        value = self._content.pop(key, False)
        if not isinstance(value, bool):
            raise self._fail(key, "true or false")
        return value

    def texts(self, key: str) -> tuple[str, ...]:
        value = self._content.pop(key, [])
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            raise self._fail(key, "a list of texts")
        return tuple(value)

    def command(self) -> tuple[str, ...]:
        value = self.texts("command")
        if not value:
            raise self._fail("command", "a list of words")
        return value

    def table(self, key: str) -> _Table:
        value = self._content.pop(key, {})
        if not isinstance(value, dict):
            raise self._fail(key, "a table")
        return _Table(self._path, value, f"{self._where}{key}.")

    def each(self, key: str, read: Callable[[_Table], Item]) -> tuple[Item, ...]:
        value = self._content.pop(key, [])
        if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
            raise self._fail(key, "tables")
        found = []
        for index, item in enumerate(value):
            entry = _Table(self._path, item, f"{key} {index + 1}: ")
            found.append(read(entry))
            entry.finish()
        return tuple(found)

    def all_texts(self) -> dict[str, str]:
        return {key: self.text(key) for key in list(self._content)}

    def finish(self) -> None:
        if self._content:
            raise RunFileError(f"{self._path}: {self._where}{next(iter(self._content))} is not a known key.")
