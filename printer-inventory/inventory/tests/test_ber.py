"""The codec: right octets out, typed errors in, whatever comes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inventory.polling.snmp import ber
from inventory.polling.snmp.ber import BerError, Message
from inventory.polling.snmp.oids import OidError, decode_oid, encode_oid, encode_suffix, suffix_text

# What an agent sent to `GET sysUpTime.0` with community "public", octet by octet (RFC 3416 section 3, X.690).
UPTIME = bytes.fromhex(
    "302b02010104067075626c6963a21e02041234567802010002010030103 00e06082b06010201010300430204d2".replace(" ", "")
)

arcs = st.lists(st.integers(0, 2**32 - 1), max_size=20)
oids = st.builds(
    lambda first, second, rest: ".".join(map(str, (first, second, *rest))), st.integers(0, 2), st.integers(0, 39), arcs
)
names = oids.map(encode_oid)
values = st.one_of(
    st.tuples(st.just(ber.INTEGER), st.integers(-(2**31), 2**31 - 1)),
    st.tuples(st.sampled_from([ber.COUNTER32, ber.GAUGE32, ber.TIME_TICKS]), st.integers(0, 2**32 - 1)),
    st.tuples(st.just(ber.COUNTER64), st.integers(0, 2**64 - 1)),
    st.tuples(st.just(ber.OCTET_STRING), st.binary(max_size=300)),
    st.tuples(st.just(ber.OBJECT_IDENTIFIER), names),
    st.tuples(st.sampled_from([ber.NO_SUCH_OBJECT, ber.NO_SUCH_INSTANCE, ber.END_OF_MIB_VIEW]), st.none()),
)
varbinds = st.lists(st.builds(lambda name, value: (name, *value), names, values), max_size=40)
messages = st.builds(
    Message,
    version=st.sampled_from([ber.V1, ber.V2C]),
    community=st.binary(max_size=200),
    pdu=st.sampled_from([ber.GET, ber.RESPONSE]),
    request_id=st.integers(-(2**31), 2**31 - 1),
    error_status=st.integers(0, 18),
    error_index=st.integers(0, 60),
    varbinds=varbinds,
)


def test_a_known_answer_is_read() -> None:
    message = ber.decode_message(UPTIME)
    assert (message.version, message.community, message.pdu) == (ber.V2C, b"public", ber.RESPONSE)
    assert message.request_id == 0x12345678
    assert message.varbinds == [(encode_oid("1.3.6.1.2.1.1.3.0"), ber.TIME_TICKS, 1234)]


def test_a_request_has_the_octets_of_the_standard_and_its_id_is_patched() -> None:
    request = ber.lay_out_request(ber.V2C, b"public", ber.GET, (encode_oid("1.3.6.1.2.1.1.3.0"),))
    expected = "302902010104067075626c6963a01c02041234567802010002010030 0e300c06082b060102010103000500"
    assert request.with_id(0x12345678) == bytes.fromhex(expected.replace(" ", ""))
    assert ber.decode_message(request.with_id(ber.LAST_REQUEST_ID)).request_id == ber.LAST_REQUEST_ID


def test_a_bulk_request_carries_its_counts_in_the_error_fields() -> None:
    request = ber.lay_out_request(ber.V2C, b"c", ber.GET_BULK, (encode_oid("1.3.6.1"),), 0, 25)
    message = ber.decode_message(request.with_id(ber.FIRST_REQUEST_ID))
    assert (message.pdu, message.error_status, message.error_index) == (ber.GET_BULK, 0, 25)


@given(messages)
def test_what_is_written_is_read_again(message: Message) -> None:
    assert ber.decode_message(ber.encode_response(message)) == message


@given(st.binary(max_size=400))
def test_any_octets_give_a_message_or_the_typed_error(octets: bytes) -> None:
    try:
        message = ber.decode_message(octets)
    except BerError:
        return
    assert message.version in (ber.V1, ber.V2C)


@given(messages, st.data())
def test_damaged_messages_give_a_message_or_the_typed_error(message: Message, data: st.DataObject) -> None:
    octets = bytearray(ber.encode_response(message))
    for _ in range(data.draw(st.integers(1, 5))):
        octets[data.draw(st.integers(0, len(octets) - 1))] = data.draw(st.integers(0, 255))
    cut = bytes(octets[: data.draw(st.integers(0, len(octets)))])
    try:
        found = ber.decode_message(cut)
    except BerError:
        return
    assert len(found.varbinds) <= ber.MAX_VARBINDS


@pytest.mark.parametrize(
    "damage",
    [
        "",
        "30",
        "3080020101",
        UPTIME[:-1].hex(),
        UPTIME.replace(b"\x02\x01\x01", b"\x02\x01\x03", 1).hex(),
        UPTIME.replace(b"\x43\x02\x04\xd2", b"\x43\x03\x04\xd2", 1).hex(),
        "3085ffffffffff020101",
    ],
)
def test_each_kind_of_damage_is_refused(damage: str) -> None:
    with pytest.raises(BerError):
        ber.decode_message(bytes.fromhex(damage))


def test_an_answer_with_more_objects_than_anybody_asked_for_is_refused() -> None:
    name = encode_oid("1.3.6.1.2.1.1.3.0")
    many: list[ber.VarBind] = [(name, ber.INTEGER, 1)] * (ber.MAX_VARBINDS + 1)
    with pytest.raises(BerError, match="more than"):
        ber.decode_message(ber.encode_response(Message(ber.V2C, b"", ber.RESPONSE, 1, 0, 0, many)))


def test_counters_are_unsigned_even_when_an_agent_leaves_the_leading_zero_out() -> None:
    octets = UPTIME.replace(b"\x43\x02\x04\xd2", b"\x41\x02\xff\xfe", 1)
    assert ber.decode_message(octets).varbinds[0][2] == 0xFFFE


def test_the_memory_of_bindings_stays_bounded() -> None:
    name = encode_oid("1.3.6.1.4.1.1")
    for start in range(0, ber._MEMORY + 3000, 500):
        block: list[ber.VarBind] = [(name, ber.COUNTER32, number) for number in range(start, start + 500)]
        ber.decode_message(ber.encode_response(Message(ber.V2C, b"", ber.RESPONSE, 1, 0, 0, block)))
        assert len(ber._seen) <= ber._MEMORY


@given(oids)
def test_object_identifiers_survive_the_trip(oid: str) -> None:
    assert decode_oid(encode_oid(oid)) == oid
    assert encode_oid(f".{oid}") == encode_oid(oid)


@given(st.lists(st.integers(0, 2**32 - 1), max_size=10))
def test_index_suffixes_survive_the_trip(numbers: list[int]) -> None:
    text = ".".join(map(str, numbers))
    assert suffix_text(encode_suffix(text)) == text


@pytest.mark.parametrize(
    "text", ["", "1", "3.1", "1.40", "1.3.x", "1.3.-1", "1..3", "1.3.4294967296", "1.3." + "1." * 130 + "1", "１.3"]
)
def test_what_is_no_object_identifier_is_refused(text: str) -> None:
    with pytest.raises(OidError):
        encode_oid(text)


@given(st.binary(max_size=40))
def test_octets_give_an_object_identifier_or_the_typed_error(octets: bytes) -> None:
    try:
        text = decode_oid(octets)
    except OidError:
        return
    assert text.count(".") >= 1
