"""Services for test runs: one PostgreSQL for everybody on this clone, a Redis of its own for every pytest process.

A pytest process (an xdist worker is one too) takes a seat. The seat's number keeps its databases apart from those of
others that run at the same time; its own Redis keeps apart what database numbers do not: publish/subscribe, FLUSHALL,
CLIENT. A Redis that the environment names is shared by four database numbers a seat instead, and only when those are
empty. Who leaves last stops PostgreSQL. Killed processes are noticed by the next one.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .accounts import Place, open_place
from .errors import LocalServicesError, StartError
from .files import local_folder, locked, read_json, write_json
from .finding import Told, find_redis
from .postgres import forget_data
from .processes import alive, started_at
from .redis_server import connected, start_redis, told_redis
from .servers import Server, as_json, stop_server
from .services import Services, ensure_in, stop_in

BLOCK = 4  # settings use REDIS_DB + 0..3
DATABASES = 16  # what a Redis has unless configured otherwise


@dataclass(frozen=True)
class Seat:
    """A test process's place: its number, the variables its settings read, and a line per service for the report's
    head.
    """

    root: Path
    number: int
    environment: Mapping[str, str]
    services: tuple[str, ...]


def find_root(start: Path) -> Path:
    """Return the clone's top: `LOCALSERVICES_ROOT`, else the nearest folder at or above `start` that has a `packages`
    folder with ours in it, else `start`.
    """
    if told := os.environ.get("LOCALSERVICES_ROOT"):
        return Path(told)
    return next((path for path in (start, *start.parents) if (path / "packages" / "localservices").is_dir()), start)


def take_seat(root: Path, wants: Collection[str], environ: Mapping[str, str]) -> Seat:
    """Start what is missing and return a seat for this process; `wants` holds `postgres` and/or `redis`, or neither to
    hold nothing.

    Raises LocalServicesError.
    """
    if unknown := set(wants) - {"postgres", "redis"}:
        raise LocalServicesError(f"No such service: {', '.join(sorted(unknown))}. There are postgres and redis.")
    state = local_folder(root) / "test"
    with locked(state / "lock"):
        users = _living(state)
        number = next(seat for seat in range(len(users) + 1) if all(user["seat"] != seat for user in users))
        mine: dict[str, Any] = {"pid": os.getpid(), "started": started_at(os.getpid()), "seat": number}
        _write_users(state, [*users, mine])
        try:
            values, lines = _serve(state, wants, environ, mine, [*users, mine])
        except BaseException:
            _stop_redis(mine)
            _write_users(state, users)
            raise
    return Seat(root, number, values, tuple(lines))


def _serve(
    state: Path,
    wants: Collection[str],
    environ: Mapping[str, str],
    mine: dict[str, Any],
    users: list[dict[str, Any]],
) -> tuple[dict[str, str], list[str]]:
    """Have the services of one seat and return its variables and a line per service."""
    number = mine["seat"]
    values: dict[str, str] = {"LOCALSERVICES_SEAT": str(number)}
    lines: list[str] = []
    if "postgres" in wants:
        services = _postgres(state, environ, shared=len(users) > 1)
        values |= services.environment() | {"DB_NAME": f"pytest_{number}"}
        if environ.get("DATABASE_URL", "").startswith("postgres"):
            values["DATABASE_URL"] = f"{values['DATABASE_SERVER_URL']}/pytest_{number}"
        lines += [server.describe() for server in services.servers.values()]
    if "redis" in wants:
        server, database = _redis(state, number, environ, mine, users)
        values |= Services({"redis": server}).environment() | {"REDIS_DB": str(database)}
        lines.append(server.describe())
    return values, lines


def leave_seat(seat: Seat) -> None:
    """Give the seat back: its Redis stops, and PostgreSQL too when nobody else sits."""
    state = local_folder(seat.root) / "test"
    with locked(state / "lock"):
        users = _living(state)
        for user in users:
            if user["seat"] == seat.number and user["pid"] == os.getpid():
                _stop_redis(user)
                users = [other for other in users if other is not user]
        _write_users(state, users)
        if not users:
            stop_in(state)


def _postgres(state: Path, environ: Mapping[str, str], *, shared: bool) -> Services:
    """Return the shared PostgreSQL; data that a crash spoiled (it has no fsync) is thrown away once."""
    try:
        return ensure_in(state, {"postgres"}, durable=False, environ=environ, shared=shared)
    except StartError:
        forget_data(open_place(state))
        return ensure_in(state, {"postgres"}, durable=False, environ=environ)


def _redis(
    state: Path, number: int, environ: Mapping[str, str], mine: dict[str, Any], users: list[dict[str, Any]]
) -> tuple[Server, int]:
    """Return a Redis for one seat and the first of its database numbers."""
    place = open_place(state)
    found = find_redis(environ, place.account)
    if isinstance(found, Told):
        if (number + 1) * BLOCK <= DATABASES:
            return _told_block(told_redis(found), number * BLOCK), number * BLOCK
        found = find_redis({**_without_redis(environ)}, place.account)
        if isinstance(found, Told):
            raise LocalServicesError("More test processes than the told Redis has databases for.")

    def remember(server: Server) -> None:
        mine["redis"] = as_json(server)
        _write_users(state, users)

    _stop_redis(_leftover(place, number))
    return start_redis(place, found, remember, durable=False, name=f"redis-{number}"), 0


def _without_redis(environ: Mapping[str, str]) -> dict[str, str]:
    """Return an environment that names no Redis."""
    return {name: value for name, value in environ.items() if name not in {"REDIS_URL", "REDIS_HOST"}}


def _leftover(place: Place, number: int) -> dict[str, Any]:
    """Return what could still run in a seat's folder, in the shape of a user's entry."""
    folder = str(place.work / f"redis-{number}")
    return {"redis": as_json(Server("redis", "", "", "", "127.0.0.1", 0, "", "", folder))}


def _told_block(server: Server, first: int) -> Server:
    """Refuse databases of a told Redis that hold something: tests flush, and it may be somebody's data."""
    for number in range(first, first + BLOCK):
        with connected(server, number) as client:
            keys = client.dbsize()
        if keys:
            raise LocalServicesError(
                f"Tests would flush database {number} of the Redis at {server.host}:{server.port}, "
                f"which holds {keys} keys. Empty it, or unset REDIS_URL and REDIS_HOST."
            )
    return server


def _living(state: Path) -> list[dict[str, Any]]:
    """Return the users that still run; what the dead ones left is stopped."""
    users = read_json(state / "users.json").get("users", [])
    living = []
    for user in users:
        if alive(user["pid"]) and started_at(user["pid"]) == user["started"]:
            living.append(user)
        else:
            _stop_redis(user)
    return living


def _stop_redis(user: Mapping[str, Any]) -> None:
    """Stop the Redis of one seat."""
    if server := Server.from_json(user.get("redis")):
        stop_server(server)


def _write_users(state: Path, users: list[dict[str, Any]]) -> None:
    """Remember who sits."""
    write_json(state / "users.json", {"users": users})
