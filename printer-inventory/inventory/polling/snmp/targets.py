"""What the collector is given and what it gives back."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, field

from inventory.polling.reading import DeviceReading
from inventory.polling.snmp.errors import PollError
from inventory.polling.snmp.learned import Learned


@dataclass(frozen=True, slots=True)
class V3Credentials:
    """SNMPv3 USM credentials (RFC 3414). Protocols by name: "MD5", "SHA", "SHA224", "SHA256", "SHA384", "SHA512";
    "DES", "AES", "AES192", "AES256". Without passwords the level is noAuthNoPriv. Secrets are kept out of `repr`.
    """

    username: str
    auth_password: str = field(default="", repr=False)
    auth_protocol: str = "SHA"
    priv_password: str = field(default="", repr=False)
    priv_protocol: str = "AES"


@dataclass(frozen=True, slots=True)
class Target:
    """A printer to poll.

    `key` comes back with the outcome. `address` is numeric (IPv4 or IPv6). `version` is 1, 2 (v2c), 3 or None: find out.
    `also_from` names other addresses of the same printer from which answers are accepted; without it only the asked one counts.
    """

    key: Hashable
    address: str
    port: int = 161
    community: str = field(default="public", repr=False)
    version: int | None = None
    v3: V3Credentials | None = None
    learned: Learned | None = None
    also_from: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class PollOutcome:
    """What became of a target: a reading, or an error that says what to do.

    `learned` is to be kept for the next poll; it is the very object the target had where nothing new was learned. `packets` are
    the datagrams sent, `attempts` the most tries one request took, `elapsed` seconds.
    """

    key: Hashable
    reading: DeviceReading | None = None
    error: PollError | None = None
    learned: Learned | None = None
    packets: int = 0
    elapsed: float = 0.0
    attempts: int = 0
