"""Polling over a real socket: right printers, and what each kind of wrong one makes of a poll."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from inventory.polling.snmp import ber
from inventory.polling.snmp.ber import Message, VarBind
from inventory.polling.snmp.build import learn
from inventory.polling.snmp.collector import Collector, Learned, Target
from inventory.polling.snmp.oids import encode_oid
from inventory.tests.snmp_agents import KYOCERA, Agent, kept, poll, reading_of, response, rows_of, serving, with_values


@pytest.fixture
def kyocera() -> Iterator[Agent]:
    """A printer that answers rightly."""
    with serving(rows_of(KYOCERA)) as agent:
        yield agent


def test_a_printer_that_speaks_only_v1_is_read_all_the_same(kyocera: Agent) -> None:
    kyocera.answer = lambda asked: kyocera.right(asked) if asked.version == ber.V1 else []
    outcome = poll(kyocera)
    assert outcome.reading == reading_of(rows_of(KYOCERA))
    learned = kept(outcome)
    assert learned.version == 1
    assert poll(kyocera, learned).packets == 1
    assert all(asked.pdu != ber.GET_BULK for asked in kyocera.requests if asked.version == ber.V1)


def test_a_sleeping_v2c_printer_is_not_taken_for_a_v1_one(kyocera: Agent) -> None:
    kyocera.answer = lambda asked: kyocera.right(asked) if len(kyocera.requests) > 1 else []
    outcome = poll(kyocera)
    assert outcome.error is None
    assert kept(outcome).version == 2


def test_a_learned_v2c_printer_that_now_speaks_v1_is_found_again(kyocera: Agent) -> None:
    learned = kept(poll(kyocera))
    kyocera.answer = lambda asked: kyocera.right(asked) if asked.version == ber.V1 else []
    outcome = poll(kyocera, learned)
    assert outcome.error is None


def test_getbulk_without_an_answer_is_replaced_by_getnext(kyocera: Agent) -> None:
    kyocera.answer = lambda asked: [] if asked.pdu == ber.GET_BULK else kyocera.right(asked)
    outcome = poll(kyocera)
    assert outcome.reading == reading_of(rows_of(KYOCERA))
    assert kept(outcome).bulk is False


def test_getbulk_that_repeats_itself_is_replaced_by_getnext(kyocera: Agent) -> None:
    def looping(asked: Message) -> list[bytes]:
        if asked.pdu != ber.GET_BULK:
            return kyocera.right(asked)
        first = kyocera.recorded.answer(ber.GET_NEXT, kyocera.names(asked))
        return [response(asked, first * max(1, asked.error_index))]

    kyocera.answer = looping
    outcome = poll(kyocera)
    assert outcome.reading is not None
    assert replace(outcome.reading, warnings=()) == replace(reading_of(rows_of(KYOCERA)), warnings=())
    assert "The device repeats rows of its tables; it is read row by row." in outcome.reading.warnings
    assert kept(outcome).bulk is False


def test_a_device_that_repeats_itself_with_getnext_too_comes_to_an_end(kyocera: Agent) -> None:
    def stuck(asked: Message) -> list[bytes]:
        if asked.pdu == ber.GET:
            return kyocera.right(asked)
        return [
            response(asked, kyocera.recorded.answer(ber.GET_NEXT, tuple(name[:-1] for name in kyocera.names(asked))))
        ]

    kyocera.answer = stuck
    outcome = poll(kyocera)
    assert outcome.reading is not None
    assert outcome.packets < 50


def test_a_table_without_an_end_is_cut_off() -> None:
    supply = encode_oid("1.3.6.1.2.1.43.11.1.1.9.1")

    def endless(asked: Message) -> list[bytes]:
        if asked.pdu == ber.GET:
            return agent.right(asked)
        found: list[VarBind] = []
        for name in agent.names(asked):
            inside = name.startswith(supply[:-2])
            last = int.from_bytes(name[len(supply) :], "big") if inside and len(name) > len(supply) else 0
            step = (last + 1).to_bytes(2, "big") if last else b"\x01\x01"
            found.append((supply + step if inside else encode_oid("1.3.6.1.6.1.0"), ber.INTEGER, 7))
        return [response(asked, found)]

    with serving(rows_of(KYOCERA)) as agent:
        agent.answer = endless
        outcome = poll(agent)
    assert outcome.error is None or outcome.error.kind == "bad_answer"
    assert len(agent.requests) < 1000


def test_toobig_halves_the_request_and_is_remembered(kyocera: Agent) -> None:
    def small(asked: Message) -> list[bytes]:
        objects = len(asked.varbinds) * (asked.error_index if asked.pdu == ber.GET_BULK else 1)
        return [response(asked, [], 1, 0)] if objects > 8 else kyocera.right(asked)

    kyocera.answer = small
    outcome = poll(kyocera)
    assert outcome.reading == reading_of(rows_of(KYOCERA))
    assert kept(outcome).size == 8
    again = poll(kyocera, kept(outcome))
    assert again.reading == outcome.reading
    assert again.attempts == 1


def test_silence_on_large_requests_halves_them(kyocera: Agent) -> None:
    kyocera.answer = lambda asked: (
        kyocera.right(asked) if len(asked.varbinds) <= 4 and asked.pdu != ber.GET_BULK else []
    )
    outcome = poll(kyocera, version=2)
    assert outcome.reading == reading_of(rows_of(KYOCERA))


def test_an_object_that_makes_the_agent_fail_is_left_out(kyocera: Agent) -> None:
    poison = encode_oid("1.3.6.1.4.1.1347.43.5.4.1.5.1.1")

    def failing(asked: Message) -> list[bytes]:
        return [response(asked, asked.varbinds, 5, 1)] if poison in kyocera.names(asked) else kyocera.right(asked)

    kyocera.answer = failing
    outcome = poll(kyocera)
    assert outcome.reading is not None
    assert (outcome.reading.firmware, outcome.reading.serial, outcome.reading.total) == ("", "VD21457943", 7432)
    assert "The device refuses some of its objects; they were left out." in outcome.reading.warnings


def test_answers_cut_short_are_asked_for_again(kyocera: Agent) -> None:
    def cut(asked: Message) -> list[bytes]:
        message = ber.decode_message(kyocera.right(asked)[0])
        return [
            response(
                asked, message.varbinds[: max(1, len(message.varbinds) // 2)], message.error_status, message.error_index
            )
        ]

    kyocera.answer = cut
    assert poll(kyocera).reading == reading_of(rows_of(KYOCERA))


def test_a_silent_printer_is_told_apart_from_its_neighbour(kyocera: Agent) -> None:
    with serving([]) as mute:
        mute.answer = lambda _asked: []
        targets = [Target("mute", "127.0.0.1", mute.port), Target("well", "127.0.0.1", kyocera.port)]
        with Collector(silence=0.5) as collector:
            outcomes = [outcome for outcome in collector.poll(targets) if outcome is not None]
    assert [outcome.key for outcome in outcomes] == ["well", "mute"]
    error = outcomes[1].error
    assert error is not None
    assert error.kind == "timeout"
    assert "does not answer" in error.text
    assert "public" not in error.text


def test_three_tries_within_the_bound(kyocera: Agent) -> None:
    kyocera.answer = lambda _asked: []
    outcome = poll(kyocera, silence=0.6)
    assert outcome.error is not None
    assert outcome.attempts == outcome.packets <= 3
    assert {asked.version for asked in kyocera.requests} <= {ber.V1, ber.V2C}


def test_answers_with_a_wrong_request_id_are_not_believed(kyocera: Agent) -> None:
    def wrong(asked: Message) -> list[bytes]:
        message = ber.decode_message(kyocera.right(asked)[0])
        return [response(asked, message.varbinds, request_id=message.request_id ^ 1)]

    kyocera.answer = wrong
    outcome = poll(kyocera, silence=0.3)
    assert outcome.reading is None
    assert outcome.error is not None
    assert outcome.error.kind == "bad_answer"


def test_octets_that_are_no_snmp_are_said_to_be_none(kyocera: Agent) -> None:
    kyocera.answer = lambda _asked: [b"HTTP/1.1 400 Bad Request\r\n\r\n", b"", b"\x30\x84\xff\xff\xff\xff"]
    outcome = poll(kyocera, silence=0.3)
    assert outcome.error is not None
    assert outcome.error.kind == "bad_answer"


@pytest.fixture
def two_addresses(kyocera: Agent) -> Iterator[Agent]:
    """A printer that is asked at 127.0.0.1 and answers from 127.0.0.2, same port."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.bind(("127.0.0.2", kyocera.port))
        kyocera.sender = other
        yield kyocera


def test_an_answer_from_another_address_is_named_and_not_believed(two_addresses: Agent) -> None:
    outcome = poll(two_addresses, silence=0.3)
    assert outcome.reading is None
    assert outcome.error is not None
    assert outcome.error.kind == "other_address"
    assert "127.0.0.2" in outcome.error.text


def test_an_answer_from_a_listed_address_is_accepted(two_addresses: Agent) -> None:
    outcome = poll(two_addresses, also_from=frozenset({"127.0.0.2"}))
    assert outcome.reading is not None
    assert outcome.reading.serial == "VD21457943"


def test_a_closed_port_is_told_at_once(kyocera: Agent) -> None:
    kyocera.close()
    outcome = poll(kyocera)
    assert outcome.error is not None
    assert outcome.error.kind == "refused"
    assert outcome.packets == 1
    kyocera.close = lambda: None  # type: ignore[method-assign]


def test_something_else_than_a_printer_is_no_printer() -> None:
    router: list[VarBind] = [
        (encode_oid("1.3.6.1.2.1.1.1.0"), ber.OCTET_STRING, b"RouterOS CHR"),
        (encode_oid("1.3.6.1.2.1.1.2.0"), ber.OBJECT_IDENTIFIER, encode_oid("1.3.6.1.4.1.14988.1")),
        (encode_oid("1.3.6.1.2.1.1.3.0"), ber.TIME_TICKS, 4711),
    ]
    with serving(router) as agent:
        outcome = poll(agent)
    assert outcome.error is not None
    assert outcome.error.kind == "not_a_printer"
    assert "RouterOS CHR" in outcome.error.text


def test_hostile_strings_become_one_harmless_line(kyocera: Agent) -> None:
    nasty = "<script>\r\nINFO forged\u202e\u2028\x1b[31m=1+1".encode() + b"\xff\xfe" * 600
    kyocera.load(with_values(rows_of(KYOCERA), o1_3_6_1_2_1_43_16_5_1_2_1_1=nasty, o1_3_6_1_2_1_43_11_1_1_6_1_1=nasty))
    outcome = poll(kyocera)
    assert outcome.reading is not None
    for text in (outcome.reading.console, outcome.reading.supplies[0].description):
        assert text.isprintable()
        assert text.startswith("<script> INFO forged")
        assert len(text) <= 512


@pytest.mark.parametrize("address", ["", "printer.example", "10.0.0", "1.2.3.4.5", "999.1.1.1", "fe80::1%eth0; rm"])
def test_what_is_no_address_is_refused_without_a_packet(address: str) -> None:
    with Collector() as collector:
        (outcome,) = list(collector.poll([Target(1, address)]))
    assert outcome is not None
    assert outcome.error is not None
    assert outcome.error.kind == "bad_target"
    assert outcome.packets == 0


def test_targets_are_taken_only_as_room_frees(kyocera: Agent) -> None:
    taken = 0

    def targets() -> Iterator[Target]:
        nonlocal taken
        for number in range(60):
            taken += 1
            yield Target(number, f"127.0.{number}.1", kyocera.port)

    with Collector(window=5, silence=0.2) as collector:
        outcomes = collector.poll(targets())
        next(outcomes)
        assert taken <= 11
        assert len(list(outcomes)) == 59


def test_one_printer_is_never_asked_twice_at_once(kyocera: Agent) -> None:
    under_way: list[int] = []

    def strict(asked: Message) -> list[bytes]:
        under_way.append(asked.request_id)
        return kyocera.right(asked)

    kyocera.answer = strict
    with Collector() as collector:
        outcomes = list(collector.poll([Target(number, "127.0.0.1", kyocera.port) for number in range(3)]))
    assert all(outcome is not None and outcome.error is None for outcome in outcomes)
    per_poll = {outcome.packets for outcome in outcomes if outcome is not None}
    assert len(per_poll) == 1
    firsts = [
        place for place, asked in enumerate(kyocera.requests) if encode_oid("1.3.6.1.2.1.1.1.0") in kyocera.names(asked)
    ]
    assert firsts == [0, per_poll.copy().pop(), 2 * per_poll.copy().pop()]


def test_a_tick_lets_the_caller_breathe(kyocera: Agent) -> None:
    kyocera.answer = lambda _asked: []
    with Collector(silence=0.5) as collector:
        seen = list(collector.poll([Target(1, "127.0.0.1", kyocera.port)], tick=0.05))
    assert seen[:-1]
    assert set(seen[:-1]) == {None}
    assert seen[-1] is not None


def test_stopping_ends_every_poll_with_its_own_outcome(kyocera: Agent) -> None:
    stop = threading.Event()
    with contextlib.ExitStack() as stack:
        mutes = [stack.enter_context(serving([])) for _ in range(3)]
        for mute in mutes:
            mute.answer = lambda _asked: []
        targets = [Target(number, "127.0.0.1", mute.port) for number, mute in enumerate(mutes)]
        collector = stack.enter_context(Collector())
        outcomes = collector.poll(targets, stop=stop, tick=0.02)
        assert next(outcomes) is None
        stop.set()
        left = [outcome for outcome in outcomes if outcome is not None]
    assert {outcome.key for outcome in left} == {0, 1, 2}
    assert {outcome.error.kind for outcome in left if outcome.error} == {"stopped"}


def test_a_caller_that_stops_listening_finds_nothing_of_it_in_the_next_poll(kyocera: Agent) -> None:
    with serving([]) as mute, Collector(first_timeout=0.15) as collector:
        mute.answer = lambda _asked: []
        first = collector.poll([Target("well", "127.0.0.1", kyocera.port), Target("mute", "127.0.0.1", mute.port)])
        assert next(first).key == "well"  # type: ignore[union-attr]
        first.close()  # type: ignore[attr-defined]
        second = [outcome.key for outcome in collector.poll([Target("again", "127.0.0.1", kyocera.port)]) if outcome]
    assert second == ["again"]


def test_a_fault_of_ours_ends_one_poll_and_no_other(kyocera: Agent, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*arguments: Any) -> Learned:
        if arguments[1].serial == "X7F4008528":
            raise ZeroDivisionError
        return learn(*arguments)

    monkeypatch.setattr("inventory.polling.snmp.plan.learn", broken)
    with serving(rows_of("epson_colorworks-cw")) as other, Collector() as collector:
        targets = [Target("ours", "127.0.0.1", other.port), Target("well", "127.0.0.1", kyocera.port)]
        outcomes = {outcome.key: outcome for outcome in collector.poll(targets) if outcome is not None}
    error = outcomes["ours"].error
    assert error is not None
    assert (error.kind, outcomes["well"].error) == ("bad_answer", None)


def test_ipv6_is_spoken_as_well() -> None:
    with serving(rows_of(KYOCERA), "::1") as agent, Collector() as collector:
        (outcome,) = list(collector.poll([Target(1, "0:0::1", agent.port)]))
    assert outcome is not None
    assert outcome.reading is not None
    assert outcome.reading.serial == "VD21457943"


def test_a_probe_costs_one_packet_and_gives_identity(kyocera: Agent) -> None:
    with Collector() as collector:
        (outcome,) = list(collector.probe([Target(1, "127.0.0.1", kyocera.port)]))
    assert outcome is not None
    assert outcome.reading is not None
    assert (outcome.packets, outcome.reading.manufacturer, outcome.reading.serial) == (1, "Kyocera", "VD21457943")
    assert outcome.learned is None


def test_a_cap_on_packets_holds_them_back_and_loses_none(kyocera: Agent) -> None:
    with Collector(pps=200.0) as collector:
        outcomes = list(collector.poll([Target(number, "127.0.0.1", kyocera.port) for number in range(3)]))
    assert all(outcome is not None and outcome.reading is not None for outcome in outcomes)
