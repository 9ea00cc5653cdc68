"""SNMPv3 with the user-based security model, as the agent sees it (RFC 3412, 3414; AES RFC 3826; SHA-2 RFC 7860).

The agent is authoritative: a manager learns engine id, boots and time from its reports.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from . import ber
from .config import V3User
from .crypto import decrypt, encrypt

DIGESTS: Final = {"md5": ("md5", 12), "sha1": ("sha1", 12), "sha256": ("sha256", 24)}
"""Hash and length of the authentication parameters, by the name in `V3User.auth`."""

AUTH, PRIV, REPORTABLE = 1, 2, 4
TIME_WINDOW: Final = 150

UNSUPPORTED_LEVELS, NOT_IN_WINDOW, UNKNOWN_USERS, UNKNOWN_ENGINES, WRONG_DIGESTS, DECRYPTION = range(1, 7)
"""usmStats objects 1.3.6.1.6.3.15.1.1.x.0, in their order."""


class Refused(Exception):  # noqa: N818 - an answer to the manager, not an error of this program
    """A message the security model turns away with a report of a usmStats object; `keys` sign the report when there are any."""

    def __init__(self, statistic: int, keys: Keys | None = None) -> None:
        """Remember which counter is told."""
        super().__init__(statistic)
        self.statistic = statistic
        self.keys = keys


@dataclass(frozen=True, slots=True)
class Keys:
    """A user's keys localised for one engine."""

    user: V3User
    auth: bytes
    priv: bytes


@dataclass(frozen=True, slots=True)
class Message:
    """A v3 message; `digest_at` is where its authentication parameters stand, `data` what follows the security parameters."""

    id: int
    max_size: int
    flags: int
    engine: bytes
    boots: int
    time: int
    user: bytes
    digest: bytes
    digest_at: int
    salt: bytes
    data: bytes


@lru_cache(maxsize=64)
def master_key(auth: str, password: str) -> bytes:
    """Return Ku of RFC 3414 A.2: the digest of a megabyte of the repeated password."""
    data = password.encode()
    repeated = data * (1_048_576 // len(data) + 1)
    return hashlib.new(DIGESTS[auth][0], repeated[:1_048_576], usedforsecurity=False).digest()


@lru_cache(maxsize=100_000)
def keys_of(user: V3User, engine: bytes) -> Keys:
    """Return a user's keys for an engine (RFC 3414 2.6)."""

    def localised(password: str) -> bytes:
        key = master_key(user.auth, password)
        return hashlib.new(DIGESTS[user.auth][0], key + engine + key, usedforsecurity=False).digest()

    return Keys(
        user,
        localised(user.auth_password) if user.auth else b"",
        localised(user.priv_password)[:16] if user.priv else b"",
    )


def read_message(data: bytes) -> Message:
    """Return a v3 message; raise BerError when it is none, or of another security model."""
    start, end = ber.expect(data, 0, len(data), ber.SEQUENCE)
    version, at = ber.read_integer(data, start, end)
    if end != len(data) or version != 3:
        raise ber.BerError("no SNMPv3 message")
    at, header_end = ber.expect(data, at, end, ber.SEQUENCE)
    number, at = ber.read_integer(data, at, header_end)
    max_size, at = ber.read_integer(data, at, header_end)
    flags, at = ber.read_octets(data, at, header_end)
    model, at = ber.read_integer(data, at, header_end)
    if at != header_end or model != 3 or len(flags) != 1 or max_size < 484 or flags[0] & 3 == PRIV:
        raise ber.BerError("a header no manager sends")
    start, stop = ber.expect(data, header_end, end, ber.OCTET_STRING)
    at, security_end = ber.expect(data, start, stop, ber.SEQUENCE)
    engine, at = ber.read_octets(data, at, security_end)
    boots, at = ber.read_integer(data, at, security_end)
    seconds, at = ber.read_integer(data, at, security_end)
    user, at = ber.read_octets(data, at, security_end)
    digest, at = ber.read_octets(data, at, security_end)
    digest_at = at - len(digest)
    salt, at = ber.read_octets(data, at, security_end)
    if at != security_end or security_end != stop:
        raise ber.BerError("bytes behind the security parameters")
    return Message(number, max_size, flags[0], engine, boots, seconds, user, digest, digest_at, salt, data[stop:end])


class Engine:
    """One printer's security model: engine id from its MAC address, boots and time of its own."""

    def __init__(self, mac: bytes, boots: int, users: dict[bytes, V3User]) -> None:
        """Use the enterprise number for examples (RFC 5612), format 3: a MAC address (RFC 3411)."""
        self.id = (0x80000000 | 32473).to_bytes(4, "big") + b"\x03" + mac
        self.boots = boots
        self._users = users
        self._statistics = dict.fromkeys(range(1, 7), 0)

    def open(self, message: Message, whole: bytes, now: int) -> tuple[Keys, bytes]:
        """Return the sender's keys and the plain scoped PDU; raise Refused as RFC 3414 section 3.2 orders."""
        if message.engine != self.id:
            raise Refused(UNKNOWN_ENGINES)
        user = self._users.get(message.user)
        if user is None:
            raise Refused(UNKNOWN_USERS)
        if (message.flags & AUTH and not user.auth) or (message.flags & PRIV and not user.priv):
            raise Refused(UNSUPPORTED_LEVELS)
        keys = keys_of(user, self.id)
        if message.flags & AUTH:
            self._check(message, whole, keys, now)
        if not message.flags & PRIV:
            return keys, message.data
        try:
            start, stop = ber.expect(message.data, 0, len(message.data), ber.OCTET_STRING)
            plain = decrypt(user.priv, keys.priv, message.boots, message.time, message.salt, message.data[start:stop])
            _, stop = ber.expect(plain, 0, len(plain), ber.SEQUENCE)
        except ber.BerError as problem:
            raise Refused(DECRYPTION) from problem
        return keys, plain[:stop]

    def _check(self, message: Message, whole: bytes, keys: Keys, now: int) -> None:
        name, size = DIGESTS[keys.user.auth]
        blank = whole[: message.digest_at] + bytes(size) + whole[message.digest_at + len(message.digest) :]
        right = hmac.digest(keys.auth, blank, name)[:size]
        if not hmac.compare_digest(right, message.digest):
            raise Refused(WRONG_DIGESTS)
        if message.boots != self.boots or abs(message.time - now) > TIME_WINDOW:
            raise Refused(NOT_IN_WINDOW, keys)

    def report(self, message: Message, refused: Refused, request_id: bytes, now: int) -> bytes:
        """Return the report that tells why a message was turned away."""
        self._statistics[refused.statistic] += 1
        oid = (1, 3, 6, 1, 6, 3, 15, 1, 1, refused.statistic, 0)
        return self.seal(
            message,
            refused.keys,
            0 if refused.keys is None else AUTH,
            report_pdu(oid, self._statistics[refused.statistic], request_id),
            b"",
            now,
        )

    def seal(self, message: Message, keys: Keys | None, level: int, pdu: bytes, context: bytes, now: int) -> bytes:
        """Return the message that carries a PDU back at a security level (AUTH and PRIV bits)."""
        scoped = ber.tlv(ber.SEQUENCE, ber.tlv(4, self.id) + ber.tlv(4, context) + pdu)
        salt = b""
        if level & PRIV and keys is not None:
            salt = (
                secrets.token_bytes(8)
                if keys.user.priv == "aes128"
                else self.boots.to_bytes(4, "big") + secrets.token_bytes(4)
            )
            scoped = ber.tlv(4, encrypt(keys.user.priv, keys.priv, self.boots, now, salt, scoped))
        size = DIGESTS[keys.user.auth][1] if level & AUTH and keys is not None else 0
        user = keys.user.name.encode() if keys is not None else message.user
        head = ber.tlv(
            ber.SEQUENCE,
            ber.integer(message.id) + ber.integer(65_507) + ber.tlv(4, bytes((level & 3,))) + ber.integer(3),
        )
        front = ber.tlv(4, self.id) + ber.integer(self.boots) + ber.integer(now) + ber.tlv(4, user)
        security = ber.tlv(4, ber.tlv(ber.SEQUENCE, front + ber.tlv(4, bytes(size)) + ber.tlv(4, salt)))
        whole = ber.tlv(ber.SEQUENCE, ber.integer(3) + head + security + scoped)
        if not size or keys is None:
            return whole
        digest = hmac.digest(keys.auth, whole, DIGESTS[keys.user.auth][0])[:size]
        at = len(whole) - len(scoped) - 2 - len(salt) - size
        return whole[:at] + digest + whole[at + size :]


def report_pdu(oid: ber.Oid, value: int, request_id: bytes) -> bytes:
    """Return a Report PDU of one counter."""
    body = ber.tlv(ber.SEQUENCE, ber.varbind(oid, ber.integer(value, ber.COUNTER32)))
    return ber.tlv(ber.REPORT, request_id + ber.integer(0) + ber.integer(0) + body)
