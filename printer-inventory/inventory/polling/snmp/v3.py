"""SNMPv3 (RFC 3414 USM, RFC 3826 AES) by gufo-snmp, in a few threads beside the socket of v1 and v2c.

The same plans run here: a thread carries out what a plan asks through a session of its own. Passwords become keys once per
process, not per poll: deriving one hashes a megabyte. gufo-snmp has no contextName, so what a device keeps in a context of its
own (HP's supplies in "Jetdirect") cannot be read over v3: such a printer is polled with v1 or v2c.
"""

from __future__ import annotations

import contextlib
import queue
import re
import socket
import threading
import time
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from typing import Final, TypeVar

from gufo.snmp import (
    Aes128Key,
    Aes192Key,
    Aes256Key,
    BaseAuthKey,
    BasePrivKey,
    DesKey,
    Md5Key,
    Sha1Key,
    Sha224Key,
    Sha256Key,
    Sha384Key,
    Sha512Key,
    SnmpAuthError,
    SnmpError,
    SnmpVersion,
    User,
)
from gufo.snmp.sync import SnmpSession
from gufo.snmp.typing import ValueType
from gufo.snmp.user import KeyType

from inventory.polling.snmp import errors
from inventory.polling.snmp.answers import Answers, Ask, Get
from inventory.polling.snmp.ber import V2C, Value
from inventory.polling.snmp.dialogue import FIRST_SIZE, MAX_CELLS, Dialogue
from inventory.polling.snmp.errors import PollError
from inventory.polling.snmp.oids import OidError, decode_oid, encode_oid
from inventory.polling.snmp.plan import NotAPrinter, Polled, refresh_size
from inventory.polling.snmp.targets import PollOutcome, Target, V3Credentials

THREADS: Final = 16
REPETITIONS: Final = 20

AUTH: Final[dict[str, type[BaseAuthKey]]] = {
    "MD5": Md5Key, "SHA": Sha1Key, "SHA1": Sha1Key, "SHA224": Sha224Key, "SHA256": Sha256Key, "SHA384": Sha384Key,
    "SHA512": Sha512Key,
}  # fmt: skip
PRIV: Final[dict[str, type[BasePrivKey]]] = {
    "DES": DesKey, "AES": Aes128Key, "AES128": Aes128Key, "AES192": Aes192Key, "AES256": Aes256Key,
}  # fmt: skip
SHORTEST_PASSWORD: Final = 8
"""RFC 3414 section 11.2."""

_OBJECT_ID: Final = re.compile(r"^[012](?:\.\d+)+$")
_MakePlan = Callable[[Target, Dialogue], Generator[Ask, None, Polled]]
_T = TypeVar("_T")


class CredentialsError(ValueError):
    """The credentials cannot be used; the message holds no secret."""


@lru_cache(maxsize=4096)
def _master_key(protocol: str, password: str) -> bytes:
    """Return the key of a password (RFC 3414 A.2), remembered because it costs a megabyte of hashing."""
    return AUTH[protocol].get_master_key(password.encode())


def user_of(credentials: V3Credentials) -> User:
    """Return gufo's user with keys derived once; CredentialsError says what cannot be used."""
    auth, priv = credentials.auth_protocol.upper(), credentials.priv_protocol.upper()
    if not credentials.auth_password:
        if credentials.priv_password:
            raise CredentialsError("privacy needs authentication as well: give both passwords")
        return User(credentials.username)
    if auth not in AUTH or priv not in PRIV:
        raise CredentialsError(f"protocols are {', '.join(AUTH)} and {', '.join(PRIV)}")
    passwords = [word for word in (credentials.auth_password, credentials.priv_password) if word]
    if any(len(word) < SHORTEST_PASSWORD for word in passwords):
        raise CredentialsError(f"SNMPv3 passwords have at least {SHORTEST_PASSWORD} characters")
    auth_key = AUTH[auth](_master_key(auth, credentials.auth_password), KeyType.Master)
    if not credentials.priv_password:
        return User(credentials.username, auth_key=auth_key)
    priv_key = PRIV[priv](_master_key(auth, credentials.priv_password), KeyType.Master)
    return User(credentials.username, auth_key=auth_key, priv_key=priv_key)


class V3Session:
    """Carries out what a plan asks through one gufo session, with the retries that gufo leaves to its caller."""

    def __init__(self, target: Target, credentials: V3Credentials, timeout: float, tries: int) -> None:
        """Prepare a session; nothing is sent yet. CredentialsError when the credentials cannot be used."""
        learned = target.learned
        self._session = SnmpSession(
            target.address,
            target.port,
            engine_id=bytes.fromhex(learned.engine_id) if learned and learned.engine_id else None,
            user=user_of(credentials),
            version=SnmpVersion.v3,
            timeout=timeout,
        )
        self._tries = tries
        self._bulk = learned.bulk if learned else True
        self._size = learned.size if learned else FIRST_SIZE
        self.packets = 0
        self.attempts = 0

    @property
    def bulk(self) -> bool:
        """Whether GETBULK works."""
        return self._bulk

    @property
    def size(self) -> int:
        """Objects per request that work."""
        return self._size

    def open(self) -> str:
        """Discover engine id, boots and time; return the engine id in hex."""
        self.packets += 1
        self._retry(self._session.refresh)
        return self._session.get_engine_id().hex()

    def _retry(self, action: Callable[[], _T]) -> _T:
        for attempt in range(1, self._tries + 1):
            self.packets += attempt > 1
            self.attempts = max(self.attempts, attempt)
            try:
                return action()
            except (TimeoutError, BlockingIOError):
                # gufo's time-outs: of requests the first, of engine discovery the second.
                if attempt == self._tries:
                    raise TimeoutError from None
        raise TimeoutError

    def carry_out(self, ask: Ask, answers: Answers) -> None:
        """Carry out an `Ask`; what the device does not have is absent afterwards."""
        if isinstance(ask, Get):
            self._get(ask.names, answers)
            return
        for table in ask.tables:
            for number in range(table.first, table.last + 1):
                self._column(table.entry + bytes((number,)), answers)

    def _get(self, names: tuple[bytes, ...], answers: Answers) -> None:
        waiting = [names[at : at + self._size] for at in range(0, len(names), self._size)]
        while waiting:
            part = waiting.pop()
            self.packets += 1
            found = self._retry(lambda part=part: self._session.get_many([decode_oid(name) for name in part]))  # type: ignore[misc]
            if not found and len(part) > 1:
                # gufo answers tooBig with nothing.
                self._size = max(1, len(part) // 2)
                waiting += [part[: len(part) // 2], part[len(part) // 2 :]]
            for name in part:
                if (value := plain(found.get(decode_oid(name)))) is not None:
                    answers.values[name] = value

    def _column(self, column: bytes, answers: Answers) -> None:
        name = decode_oid(column)
        try:
            rows = self._rows(self._session.getbulk(name, REPETITIONS) if self._bulk else self._session.getnext(name))
        except TimeoutError:
            if not self._bulk:
                raise
            self._bulk = False
            rows = self._rows(self._session.getnext(name))
        for oid, found in rows:
            cell = encode_oid(oid)
            if cell.startswith(column) and (value := plain(found)) is not None:
                answers.put_cell(cell, len(column), value)

    def _rows(self, steps: Iterator[tuple[str, ValueType]]) -> list[tuple[str, ValueType]]:
        rows: dict[str, ValueType] = {}
        while len(rows) < MAX_CELLS:
            step = self._retry(lambda: next(steps, None))
            if step is None or step[0] in rows:
                break
            rows[step[0]] = step[1]
        self.packets += 1 + len(rows) // (REPETITIONS if self._bulk else 1)
        return list(rows.items())


def plain(value: ValueType) -> Value:
    """Return a gufo value as the codec of v1 and v2c would give it; an object identifier as its content octets."""
    if isinstance(value, str):
        with contextlib.suppress(OidError):
            return encode_oid(value) if _OBJECT_ID.match(value) else value.encode()
        return value.encode()
    if isinstance(value, float):
        return round(value)
    return value


class V3Pool:
    """Runs SNMPv3 polls in threads and rings `bell`, a socket, when one is done."""

    def __init__(self, clock: Callable[[], float], silence: float, tries: int) -> None:
        """Start no thread before the first poll."""
        self._clock = clock
        self._timeout = silence / tries
        self._tries = tries
        self._executor: ThreadPoolExecutor | None = None
        self._done: queue.SimpleQueue[tuple[int, Target, PollOutcome]] = queue.SimpleQueue()
        self._run_number = 0
        self._stopping = threading.Event()
        self.bell, self._rope = socket.socketpair()
        self.bell.settimeout(0)
        self._rope.settimeout(0)
        self.busy = 0

    def submit(self, target: Target, make: _MakePlan) -> None:
        """Poll a target that has SNMPv3 credentials."""
        if self._executor is None:
            self._executor = ThreadPoolExecutor(THREADS, "snmpv3")
        self._stopping.clear()
        self.busy += 1
        self._executor.submit(self._work, self._run_number, target, make)

    def _work(self, run_number: int, target: Target, make: _MakePlan) -> None:
        try:
            outcome = self._poll(target, make)
        except Exception as error:  # noqa: BLE001 - a thread has nobody to raise to; the outcome says what happened
            text = f"{target.address} could not be polled over SNMPv3 ({type(error).__name__}). Report this with its model."
            outcome = PollOutcome(target.key, error=PollError("bad_answer", text), learned=target.learned)
        self._done.put((run_number, target, outcome))
        with contextlib.suppress(OSError):
            self._rope.send(b"!")

    def _poll(self, target: Target, make: _MakePlan) -> PollOutcome:
        started = time.monotonic()
        if self._stopping.is_set():
            return PollOutcome(target.key, error=errors.STOPPED)
        session: V3Session | None = None
        reading, learned, error = None, target.learned, None
        try:
            assert target.v3 is not None  # noqa: S101 - the collector sends only such targets here
            session = V3Session(target, target.v3, self._timeout, self._tries)
            polled = self._run(session, target, make)
            reading, learned = polled.reading, polled.learned
        except (CredentialsError, SnmpError, OSError, TimeoutError, NotAPrinter) as problem:
            error = error_of(target, problem)
        return PollOutcome(
            target.key,
            reading,
            error,
            learned,
            session.packets if session else 0,
            time.monotonic() - started,
            session.attempts if session else 0,
        )

    def _run(self, session: V3Session, target: Target, make: _MakePlan) -> Polled:
        talk = Dialogue(V2C)
        plan = make(target, talk)
        engine_id = session.open()
        while True:
            try:
                session.carry_out(next(plan), talk.answers)
            except StopIteration as end:
                polled: Polled = end.value
                break
        learned = polled.learned
        if learned is not target.learned or learned.engine_id != engine_id:
            size = session.size if session.size < FIRST_SIZE else refresh_size(learned, talk.answers)
            learned = learned.changed(version=3, bulk=session.bulk, size=size, engine_id=engine_id)
            polled = Polled(polled.reading, learned)
        return polled

    def finished(self) -> Iterator[tuple[Target, PollOutcome]]:
        """Yield what is done."""
        with contextlib.suppress(OSError):
            self.bell.recv(4096)
        while True:
            try:
                run_number, target, outcome = self._done.get_nowait()
            except queue.Empty:
                return
            if run_number == self._run_number:
                self.busy -= 1
                yield target, outcome

    def forget(self) -> None:
        """Begin a new run: what is still under way belongs to nobody."""
        self._run_number += 1
        self.busy = 0

    def stop(self) -> None:
        """Let what has not begun end at once; what waits for a device ends with its time-out."""
        self._stopping.set()

    def close(self) -> None:
        """End the threads; waits for the requests under way."""
        self._stopping.set()
        if self._executor is not None:
            self._executor.shutdown(wait=True, cancel_futures=True)
        self.bell.close()
        self._rope.close()


def error_of(target: Target, problem: Exception) -> PollError:
    """Return what a failed SNMPv3 poll means, without any secret."""
    where = target.address
    if isinstance(problem, NotAPrinter):
        return errors.not_a_printer(where, str(problem))
    if isinstance(problem, CredentialsError):
        return PollError("authentication", f"The SNMPv3 credentials for {where} cannot be used: {problem}.")
    if isinstance(problem, SnmpAuthError):
        text = f"{where} refuses the SNMPv3 user. Check user name, passwords and protocols in the printer's settings."
        return PollError("authentication", text)
    if isinstance(problem, TimeoutError):
        text = (
            f"{where} port {target.port} does not answer SNMPv3. Check that it is switched on, that SNMPv3 is enabled, and that "
            "user name, passwords and protocols are right: many printers do not answer a wrong user at all."
        )
        return PollError("timeout", text)
    if isinstance(problem, ConnectionRefusedError):
        return errors.refused(where, target.port)
    if isinstance(problem, OSError):
        return errors.unreachable(where)
    return errors.unreadable(where)
