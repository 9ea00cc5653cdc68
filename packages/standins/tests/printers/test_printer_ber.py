"""BER against hostile bytes, and round trips."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from standins.printers import FleetConfig, ber
from standins.printers.asking import SYS_DESCR, request
from standins.printers.desk import Desk
from standins.printers.udp import Sender
from standins.printers.world import World

OIDS = st.tuples(st.integers(0, 1), st.integers(0, 39)).flatmap(
    lambda head: st.lists(st.integers(0, 2**32 - 1), max_size=20).map(lambda rest: (*head, *rest))
)


class Outbox(Sender):
    """Keeps what is sent."""

    def __init__(self) -> None:
        self.sent: list[bytes] = []

    def send(self, printer: object, data: bytes, to: object) -> None:
        self.sent.append(data)


@given(OIDS)
def test_object_identifiers_survive(oid: ber.Oid) -> None:
    assert ber.parse_oid(ber.oid_content(oid)) == oid


@given(st.integers(-(2**63), 2**63 - 1))
def test_integers_survive_in_the_shortest_form(number: int) -> None:
    data = ber.integer(number)
    assert ber.read_integer(data, 0, len(data)) == (number, len(data))
    assert len(data) <= 10
    assert len(data) == 3 or data[2:4] not in {b"\x00\x00", b"\xff\xff"} or data[3] & 0x80 != data[2] & 0x80


@pytest.mark.parametrize(("tag", "value", "content"), [
    (ber.COUNTER32, 2**32 - 1, "00ffffffff"), (ber.COUNTER32, 2**32 + 5, "05"), (ber.COUNTER64, 2**64 - 1, "00ffffffffffffffff"),
    (ber.INTEGER, -3, "fd"), (ber.INTEGER, 128, "0080"), (ber.TIME_TICKS, 0, "00"),
])  # fmt: skip
def test_numbers_as_the_rfc_encodes_them(tag: int, value: int, content: str) -> None:
    assert ber.integer(value, tag)[2:].hex() == content


@given(st.binary(max_size=200))
@settings(max_examples=300)
def test_readers_refuse_or_return(data: bytes) -> None:
    for read in (ber.read_varbinds, ber.parse_oid):
        with suppress(ber.BerError):
            read(data)


WORLD = World(FleetConfig(count=1, devices=("canon-mf543x",), speed=0))


@given(st.data())
@settings(max_examples=400, deadline=None)
def test_no_packet_breaks_the_desk(data: st.DataObject) -> None:
    tag = data.draw(st.sampled_from([ber.GET, ber.GET_NEXT, ber.GET_BULK]))
    packet = bytearray(request(tag, SYS_DESCR, SYS_DESCR, second=3))
    for _ in range(data.draw(st.integers(1, 6))):
        packet[data.draw(st.integers(0, len(packet) - 1))] = data.draw(st.integers(0, 255))
    outbox, desk, printer = Outbox(), Desk(WORLD), WORLD.printers[0]
    printer.counts.pending = 1
    desk.take(printer, bytes(packet), ("127.0.0.1", 9), outbox)
    assert printer.counts.pending == 0
    assert all(len(answer) <= 1472 for answer in outbox.sent)
