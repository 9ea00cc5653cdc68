"""Asking a device whether it speaks SNMPv3, without being anybody: the discovery of RFC 3414 section 4.

A question without engine, user or passwords is answered by a Report that carries the question's msgID: enough to know that a v3
agent listens there. Who it is it tells only to a user, and that is asked afterwards.
"""

from __future__ import annotations

from typing import Final

from inventory.polling.snmp import ber

MOST_OCTETS: Final = 65507
REPORTABLE: Final = b"\x04"
USM: Final = 3


def question() -> ber.Request:
    """Return the question with room for its msgID, which is its request-id too."""
    nobody = ber.tlv(ber.OCTET_STRING, b"")
    zero = ber.encode_integer(0)
    security = ber.tlv(ber.SEQUENCE, nobody + zero + zero + nobody + nobody + nobody)
    pdu = ber.tlv(ber.GET, ber.encode_integer(1) + zero + zero + ber.tlv(ber.SEQUENCE, b""))
    rest = ber.encode_integer(MOST_OCTETS) + ber.tlv(ber.OCTET_STRING, REPORTABLE) + ber.encode_integer(USM)
    header = ber.tlv(ber.SEQUENCE, b"\x02\x04" + bytes(4) + rest)
    after = ber.tlv(ber.OCTET_STRING, security) + ber.tlv(ber.SEQUENCE, nobody + nobody + pdu)
    message = ber.tlv(ber.SEQUENCE, ber.encode_integer(3) + header + after)
    return ber.Request(message, len(message) - len(after) - len(rest) - 4)
