"""SNMPv3 for the fleet's printers: security model, contexts and levels around the same PDUs."""

from __future__ import annotations

from typing import Final

from . import ber
from .agent import V3, Answerer, read_pdu, write_pdu
from .config import V3User
from .printer import Printer
from .usm import AUTH, DECRYPTION, PRIV, REPORTABLE, Engine, Message, Refused, read_message, report_pdu
from .view import Query

UNKNOWN_CONTEXTS: Final = (1, 3, 6, 1, 6, 3, 12, 1, 5, 0)
AUTHORIZATION_ERROR: Final = 16
NO_REQUEST: Final = ber.integer(0)


class V3Agent:
    """Answers v3 messages; `answer_pdu` is asked for the PDU once a message is let in."""

    def __init__(self, users: tuple[V3User, ...], largest: int, answer_pdu: Answerer) -> None:
        """Know these users."""
        self._users = {user.name.encode(): user for user in users}
        self._largest = largest
        self._answer_pdu = answer_pdu
        self._contexts_unknown = 0

    def engine(self, printer: Printer) -> Engine:
        """Return a printer's engine; a new board is a new engine."""
        mac = printer.subject.identity.mac
        if printer.engine is None or printer.engine.id[5:] != mac:
            printer.engine = Engine(mac, printer.boots, self._users)
        return printer.engine

    def answer(self, printer: Printer, data: bytes, up_seconds: float) -> bytes | None:
        """Return the answer or report to a message, None where RFC 3412 keeps silent; raise BerError for malformed ones."""
        message = read_message(data)
        engine, now = self.engine(printer), int(up_seconds)
        try:
            keys, scoped = engine.open(message, data, now)
            target, context, query, request_id = _read_scoped(message, scoped)
        except Refused as refused:
            if not message.flags & REPORTABLE:
                return None
            return engine.report(message, refused, _request_id(message), now)
        if target != engine.id:
            return None
        level = message.flags & (AUTH | PRIV)
        allowed = level >= _level(keys.user)
        pdu = self._pdu(printer, query, request_id, context, message) if allowed else refusal(query, request_id)
        return None if pdu is None else engine.seal(message, keys, level, pdu, context, now)

    def _pdu(self, printer: Printer, query: Query, request_id: bytes, context: bytes, message: Message) -> bytes | None:
        face = printer.faces.get(context)
        if face is None:
            self._contexts_unknown += 1
            return report_pdu(UNKNOWN_CONTEXTS, self._contexts_unknown, request_id)
        # 130 octets are room for header, security parameters and a 32-octet user and context.
        room = min(self._largest, message.max_size) - 130 - len(context) - len(message.user)
        return self._answer_pdu(printer, face, query, request_id, room)


def _read_scoped(message: Message, scoped: bytes) -> tuple[bytes, bytes, Query, bytes]:
    """Return (context engine, context, query, request id); what a wrong key made of it is a decryption error."""
    try:
        start, end = ber.expect(scoped, 0, len(scoped), ber.SEQUENCE)
        target, at = ber.read_octets(scoped, start, end)
        context, at = ber.read_octets(scoped, at, end)
        return target, context, *read_pdu(V3, scoped, at, end)
    except ber.BerError as problem:
        if message.flags & PRIV:
            raise Refused(DECRYPTION) from problem
        raise


def refusal(query: Query, request_id: bytes) -> bytes:
    """Return the PDU for a user who came with less security than his keys allow."""
    return write_pdu(request_id, AUTHORIZATION_ERROR, 0, query.varbinds)


def _level(user: V3User) -> int:
    """The level a user must come with: the highest it has keys for."""
    return (AUTH if user.auth else 0) | (PRIV if user.priv else 0)


def _request_id(message: Message) -> bytes:
    """Return the request id of a message that was turned away, where it can be read, else 0 (RFC 3412 section 7.1)."""
    if message.flags & PRIV:
        return NO_REQUEST
    try:
        at, end = ber.expect(message.data, 0, len(message.data), ber.SEQUENCE)
        _, at = ber.read_octets(message.data, at, end)
        _, at = ber.read_octets(message.data, at, end)
        return read_pdu(V3, message.data, at, end)[1]
    except ber.BerError:
        return NO_REQUEST
