"""A PostgreSQL and a Redis of one test's own, behind doors that can be shut: servers that restart, and cables that are pulled."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
import redis
from localservices.accounts import Place, open_place, remove_place
from localservices.finding import Binaries, find_redis
from localservices.redis_server import WHEEL_PARTS
from localservices.servers import usable_binaries
from localservices.services import Services, ensure_in, stop_in

from inventory.tests.stack import free_port
from inventory.tests.workers import SYSTEM, wait_until

DATABASE = "rig"
BUFFER = 65536


class Door:
    """A TCP port that leads to a server, wherever that listens now. Shut, it cuts who is inside and lets nobody in."""

    def __init__(self) -> None:
        """Open on a port of the kernel's choice."""
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        self.leads_to = 0
        self._open = True
        self._pairs: list[tuple[socket.socket, socket.socket]] = []
        self._threads: list[threading.Thread] = []
        self._lock = threading.Lock()
        threading.Thread(target=self._accept, daemon=True).start()

    def shut(self) -> None:
        """Cut every connection, as a pulled cable does once TCP has noticed, and refuse new ones."""
        self._open = False
        with self._lock:
            pairs, self._pairs = self._pairs, []
        for pair in pairs:
            for end in pair:
                with suppress(OSError):
                    end.shutdown(socket.SHUT_RDWR)

    def open(self) -> None:
        """Let connections in again."""
        self._open = True

    def close(self) -> None:
        """End it for good."""
        self._listener.close()
        with self._lock:
            leading = list(self._threads)
        self.shut()
        for thread in leading:
            thread.join(5)

    def _accept(self) -> None:
        while True:
            try:
                inside, _ = self._listener.accept()
            except OSError:
                return
            outside = self._reach() if self._open else None
            if outside is None:
                inside.close()
                continue
            with self._lock:
                self._pairs.append((inside, outside))
            thread = threading.Thread(target=self._lead, args=(inside, outside), daemon=True)
            with self._lock:
                self._threads = [one for one in self._threads if one.is_alive()] + [thread]
            thread.start()

    def _lead(self, inside: socket.socket, outside: socket.socket) -> None:
        with inside, outside:
            back = threading.Thread(target=self._carry, args=(outside, inside), daemon=True)
            back.start()
            self._carry(inside, outside)
            back.join()

    def _reach(self) -> socket.socket | None:
        try:
            outside = socket.create_connection(("127.0.0.1", self.leads_to), 5)
        except OSError:
            return None
        outside.settimeout(None)
        return outside

    @staticmethod
    def _carry(source: socket.socket, target: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(BUFFER):
                target.sendall(data)
        for end in (source, target):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)


@dataclass
class Rig:
    """The servers, their doors, and the variables by which a process of ours uses them."""

    place: Place
    state: Path
    postgres: Door = field(default_factory=Door)
    redis: Door = field(default_factory=Door)
    environment: dict[str, str] = field(default_factory=dict)
    _url: str = ""
    _redis_port: int = 0
    _redis_process: subprocess.Popen[bytes] | None = None

    def start_postgres(self) -> None:
        """Start PostgreSQL on the data it had."""
        told = Services(dict(ensure_in(self.state, {"postgres"}, durable=False, environ=_nothing_told()).servers))
        values = told.environment()
        self.postgres.leads_to = int(values["DB_PORT"])
        self._url = values["DATABASE_SERVER_URL"]
        self.environment |= {**values, "DB_PORT": str(self.postgres.port), "DB_NAME": DATABASE}

    def stop_postgres(self) -> None:
        """Stop PostgreSQL as an administrator does: connections end, transactions are undone."""
        stop_in(self.state)

    def start_redis(self) -> None:
        """Start an empty Redis on its port."""
        found = find_redis(_nothing_told(), self.place.account)
        assert isinstance(found, Binaries)
        executable = usable_binaries(self.place, found, WHEEL_PARTS) / found.name
        self._redis_port = self._redis_port or free_port()
        self.redis.leads_to = self._redis_port
        command = [str(executable), "--port", str(self._redis_port), "--bind", "127.0.0.1", "--save", ""]
        self._redis_process = subprocess.Popen([*command, "--loglevel", "warning"], stdout=subprocess.DEVNULL)
        wait_until(self._redis_answers, "Redis")
        self.environment |= {"REDIS_HOST": "127.0.0.1", "REDIS_PORT": str(self.redis.port), "REDIS_DB": "0"}
        self.environment |= {"REDIS_PASSWORD": "", "REDIS_URL": f"redis://127.0.0.1:{self.redis.port}"}

    def stop_redis(self) -> None:
        """Kill Redis with all it holds."""
        if self._redis_process is not None:
            self._redis_process.kill()
            self._redis_process.wait()

    def _redis_answers(self) -> bool:
        try:
            with redis.Redis(port=self._redis_port) as client:
                return bool(client.ping())
        except redis.RedisError:
            return False

    def sql(self, statement: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """Run a statement past the door, on a connection of its own; return its rows."""
        with psycopg.connect(f"{self._url}/{DATABASE}", autocommit=True) as connection:
            cursor = connection.execute(statement, values)
            return cursor.fetchall() if cursor.description else []

    def messages(self) -> dict[str, int]:
        """Return how many messages wait in the broker's queues, asked past the door."""
        with redis.Redis(port=self._redis_port, db=3) as client:
            lists = [key for key in client.scan_iter() if client.type(key) == b"list"]
            return {key.decode(): client.llen(key) for key in lists}

    def create_database(self) -> None:
        """Make the database and its tables."""
        with psycopg.connect(f"{self._url}/postgres", autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {DATABASE}")
        self.manage("migrate", "--verbosity", "0")

    def manage(self, *arguments: str) -> None:
        """Run a management command on the rig."""
        values = {**os.environ, **self.environment, "DJANGO_SETTINGS_MODULE": "printer_inventory.test_settings"}
        subprocess.run([sys.executable, "manage.py", *arguments], cwd=SYSTEM, env=values, check=True)


def _nothing_told() -> dict[str, str]:
    """Return the environment without the servers that it names."""
    return {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("DB_", "REDIS_")) and name not in ("DATABASE_URL", "DATABASE_SERVER_URL")
    }


@contextmanager
def rig(folder: Path) -> Iterator[Rig]:
    """Run both servers and a migrated database for the block; leave nothing behind."""
    running = Rig(open_place(folder), folder)
    try:
        running.start_postgres()
        running.start_redis()
        running.create_database()
        yield running
    finally:
        running.stop_redis()
        running.stop_postgres()
        running.postgres.close()
        running.redis.close()
        remove_place(folder)
