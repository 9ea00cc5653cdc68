"""Have the services a clone needs, say where they are, and stop them again."""

from __future__ import annotations

import dataclasses
import os
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

from .abandoned import sweep_abandoned
from .accounts import Place, open_place, remove_place
from .errors import LocalServicesError
from .files import LOCAL, local_folder, locked, read_json, write_json, write_private
from .finding import Binaries, Told, find_postgres, find_redis
from .postgres import ask, start_postgres, told_postgres
from .redis_server import redis_version, start_redis, told_redis
from .servers import Interrupted, Server, as_json, never, stop_server

KINDS = ("postgres", "redis")
ANSWER_SECONDS = 30.0
"""How long a server whose process lives may be busy before it is taken for hung."""
MAX_ENV_BYTES = 65536


@dataclass(frozen=True)
class Services:
    """The servers at hand by kind (`postgres`, `redis`), and which of them this call started."""

    servers: Mapping[str, Server]
    started: tuple[str, ...] = field(default=())

    def environment(self) -> dict[str, str]:
        """Return the variables systems read, as left in `services.env`."""
        values: dict[str, str] = {}
        if server := self.servers.get("postgres"):
            values |= {
                "DB_HOST": server.host,
                "DB_PORT": str(server.port),
                "DB_USER": server.user,
                "DB_PASSWORD": server.password,
                "DATABASE_SERVER_URL": f"postgresql://{_authority(server)}",
            }
        if server := self.servers.get("redis"):
            values |= {
                "REDIS_HOST": server.host,
                "REDIS_PORT": str(server.port),
                "REDIS_PASSWORD": server.password,
                "REDIS_URL": f"redis://{_authority(server)}",
            }
        return values


def _authority(server: Server) -> str:
    """Return a server's login, host and port as a URL wants them."""
    password = f":{quote(server.password, safe='')}" if server.password else ""
    login = f"{quote(server.user, safe='')}{password}"
    host = f"[{server.host}]" if ":" in server.host else server.host
    return f"{login}@{host}:{server.port}" if login else f"{host}:{server.port}"


def ensure_services(
    root: Path,
    wants: Collection[str] = KINDS,
    *,
    owner: str = "up",
    environ: Mapping[str, str] | None = None,
    interrupted: Interrupted = never,
) -> Services:
    """Return running services for a clone, starting what is missing, and leave `<root>/.local/services.env` behind.

    `wants` holds `postgres` and `redis`, or one of them. What runs already and is ours is used again. With
    `owner="run"` the servers started now belong to the launcher that calls; with "up" they (and those found running)
    stay until `stop_services`. Raises LocalServicesError.
    """
    state = local_folder(root) / "services"
    with locked(state / "lock"):
        services = ensure_in(state, wants, owner=owner, environ=environ, interrupted=interrupted)
        remaining = Services(load_servers(state))
        _leave_environment(root, remaining)
    return services


def ensure_in(
    state: Path,
    wants: Collection[str],
    *,
    owner: str = "up",
    durable: bool = True,
    environ: Mapping[str, str] | None = None,
    interrupted: Interrupted = never,
    shared: bool = False,
) -> Services:
    """Do the work of `ensure_services` for one state folder, whose lock the caller holds.

    `shared` says that others use the remembered servers at this moment: one that lives is never stopped then, whatever
    the environment names or however long it takes to answer.
    """
    place = open_place(state)
    values = os.environ if environ is None else environ
    known = load_servers(state)
    if not known:
        sweep_abandoned(place.account)
    started: list[str] = []
    try:
        for kind in KINDS:
            if kind in wants:
                if shared and (used := known.get(kind)) and used.pid():
                    continue
                server, new = _ensure_one(
                    place, kind, known.get(kind), values, _rememberer(state, owner), durable, interrupted
                )
                started += [kind] if new else []
                keep = dataclasses.replace(server, owner="up" if owner == "up" else (owner if new else server.owner))
                _remember(state, keep)
    except BaseException:
        for kind in started:
            stop_server(load_servers(state)[kind])
        raise
    return Services({kind: server for kind, server in load_servers(state).items() if kind in wants}, tuple(started))


def _ensure_one(
    place: Place,
    kind: str,
    known: Server | None,
    environ: Mapping[str, str],
    remember: Callable[[Server], None],
    durable: bool,
    interrupted: Interrupted,
) -> tuple[Server, bool]:
    """Return a server of one kind and whether it was started now."""
    found = (find_postgres if kind == "postgres" else find_redis)(environ, place.account)
    if known and (isinstance(found, Told) or found.tier != known.tier or not _answers(known)):
        stop_server(known)
    elif known:
        return known, False
    if isinstance(found, Told):
        return (told_postgres if kind == "postgres" else told_redis)(found), False
    return _start(place, kind, found, remember, durable, interrupted), True


def _start(
    place: Place,
    kind: str,
    found: Binaries,
    remember: Callable[[Server], None],
    durable: bool,
    interrupted: Interrupted,
) -> Server:
    """Start one server of ours."""
    if kind == "postgres":
        return start_postgres(place, found, remember, durable=durable, interrupted=interrupted)
    return start_redis(place, found, remember, durable=durable, interrupted=interrupted)


def _answers(server: Server) -> bool:
    """Say whether a remembered server runs, is ours and takes our password; a busy one is given time."""
    deadline = time.monotonic() + ANSWER_SECONDS
    while server.pid() is not None:
        try:
            ask(server, "SELECT 1") if server.kind == "postgres" else redis_version(server)
        except LocalServicesError:
            if time.monotonic() > deadline:
                return False
            time.sleep(0.2)
        else:
            return True
    return False


def load_servers(state: Path) -> dict[str, Server]:
    """Return the servers a state folder remembers, by kind."""
    content = read_json(state / "servers.json")
    return {kind: server for kind in KINDS if (server := Server.from_json(content.get(kind)))}


def _remember(state: Path, server: Server) -> None:
    """Write one server into the state file, beside the other."""
    servers = {**load_servers(state), server.kind: server}
    write_json(state / "servers.json", {kind: as_json(item) for kind, item in servers.items()})


def _rememberer(state: Path, owner: str) -> Callable[[Server], None]:
    """Return a function that remembers a server for its owner before it is started."""
    return lambda server: _remember(state, dataclasses.replace(server, owner=owner))


def stop_services(root: Path, *, owner: str | None = None) -> list[str]:
    """Stop the servers of a clone (only one owner's when given) and return a line per stopped server.

    Servers that were told are left alone. `services.env` keeps what still runs, or goes.
    """
    state = root / LOCAL / "services"
    if not state.exists():
        return []
    with locked(state / "lock"):
        stopped, kept = stop_in(state, owner)
        _leave_environment(root, Services(kept))
    return stopped


def stop_in(state: Path, owner: str | None = None) -> tuple[list[str], dict[str, Server]]:
    """Do the work of `stop_services` for one state folder; returns the stopped ones' lines and those that stay."""
    stopped, kept = [], {}
    for kind, server in reversed(load_servers(state).items()):
        if owner is not None and server.owner != owner:
            kept[kind] = server
        elif stop_server(server):
            stopped.append(server.describe())
    return stopped, kept


def running_services(root: Path) -> dict[str, Server]:
    """Return the servers of a clone that run now, by kind; told ones are not counted."""
    return {kind: server for kind, server in load_servers(root / LOCAL / "services").items() if server.pid()}


def reset_services(root: Path) -> None:
    """Stop a clone's servers and delete their data."""
    stop_services(root)
    remove_place(root / LOCAL / "services")


def _leave_environment(root: Path, services: Services) -> None:
    """Write `services.env` (dotenv, mode 0600) for the commands people type, or remove it when nothing runs."""
    path = root / LOCAL / "services.env"
    usable = {kind: server for kind, server in services.servers.items() if server.tier == "told" or server.pid()}
    if not usable:
        path.unlink(missing_ok=True)
        return
    lines = [f"{name}={_dotenv(value)}" for name, value in Services(usable).environment().items()]
    write_private(path, "# Written by localservices; gone after make stop.\n" + "\n".join(lines) + "\n")


def _dotenv(value: str) -> str:
    """Quote a value for a dotenv file when it needs it."""
    if value and all(character.isalnum() or character in "-._~:/@%" for character in value):
        return value
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'


def read_services(root: Path) -> dict[str, str]:
    """Return what `<root>/.local/services.env` holds; empty when no services are up."""
    try:
        with (root / LOCAL / "services.env").open("rb") as file:
            text = file.read(MAX_ENV_BYTES).decode()
    except (OSError, UnicodeDecodeError):
        return {}
    values = {}
    for line in text.splitlines():
        name, equals, value = line.partition("=")
        if equals and not line.startswith("#"):
            inner = value[1:-1].replace('\\"', '"').replace("\\\\", "\\") if value.startswith('"') else value
            values[name] = inner
    return values
