"""Searching networks over real sockets: who answers is found, who does not costs nothing, and forgeries are not believed."""

from __future__ import annotations

import socket
import threading
import time
from ipaddress import ip_address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standins.printers import PrinterFleet

from inventory.polling.own import own_addresses, parse_tables
from inventory.polling.snmp import ber
from inventory.polling.snmp.discover import (
    BLOCK,
    ROUNDS,
    Asked,
    Discoverer,
    Heard,
    Swept,
    expected_seconds,
    parse_ports,
)
from inventory.polling.space import MOST_ADDRESSES, AddressSpace, SpaceError
from inventory.tests.snmp_agents import Agent, response, rows_of, serving

LOOPBACK = ("127.0.0.0/8",)
QUICK = {"retry_after": 0.2, "last_wait": 0.2}


def search(space: AddressSpace, asked: Asked, **more: object) -> tuple[list[Heard], list[int], Discoverer]:
    """Run a whole sweep; return devices, places told, and the spent discoverer."""
    with Discoverer(space, asked, **{**QUICK, **more}) as discoverer:  # type: ignore[arg-type] # test values by name
        events = list(discoverer.run())
    heard = [event for event in events if isinstance(event, Heard)]
    return heard, [event.at for event in events if isinstance(event, Swept)], discoverer


def space_of(*networks: str) -> AddressSpace:
    return AddressSpace.parse(networks, LOOPBACK)


class TestSpace:
    @pytest.mark.parametrize(
        ("texts", "addresses"),
        [
            (["10.0.0.0/30"], ["10.0.0.1", "10.0.0.2"]),
            (["10.0.0.5"], ["10.0.0.5"]),
            (["10.0.0.6/31"], ["10.0.0.6", "10.0.0.7"]),
            (["10.0.0.4/31", "10.0.0.4", "10.0.0.4/32"], ["10.0.0.4", "10.0.0.5"]),
            (["10.0.0.9/30", "10.0.0.4/30"], ["10.0.0.5", "10.0.0.6", "10.0.0.9", "10.0.0.10"]),
            (["fd00::/127", "10.0.0.1"], ["10.0.0.1", "fd00::", "fd00::1"]),
        ],
    )
    def test_each_address_once_in_order(self, texts, addresses):
        space = AddressSpace.parse(texts, ["10.0.0.0/8", "fc00::/7"])
        assert space.cut(0, 100) == addresses
        assert space.total == len(addresses)

    @pytest.mark.parametrize("text", ["", "10.0.0.0/33", "printer", "10.0.0.0/8/8", "10.0.0", "::/129", "x" * 500])
    def test_what_is_no_network_is_refused(self, text):
        with pytest.raises(SpaceError, match="network"):
            AddressSpace.parse([text], ["10.0.0.0/8"])

    @pytest.mark.parametrize("text", ["8.8.8.0/24", "10.0.0.0/7", "0.0.0.0/0", "::/0", "127.0.0.1"])
    def test_only_printer_networks_are_searched(self, text):
        with pytest.raises(SpaceError, match="PRINTER_NETWORKS"):
            AddressSpace.parse(["10.1.0.0/24", text], ["10.0.0.0/8"])

    def test_a_network_may_span_two_allowed_ones(self):
        assert AddressSpace.parse(["10.0.0.0/24"], ["10.0.0.0/25", "10.0.0.128/25"]).total == 254

    def test_too_many_addresses_are_refused_before_anything_is_made(self):
        with pytest.raises(SpaceError, match="16,777,214 addresses"):
            AddressSpace.parse(["10.0.0.0/8"], ["10.0.0.0/8"])
        assert AddressSpace.parse(["10.0.0.0/12"], ["10.0.0.0/8"]).total == MOST_ADDRESSES - 2

    def test_too_many_networks_are_refused(self):
        with pytest.raises(SpaceError, match="300 networks"):
            AddressSpace.parse([f"10.0.{n}.1" for n in range(150)] * 2, ["10.0.0.0/8"])

    @given(
        st.lists(st.tuples(st.integers(0, 4095), st.integers(20, 32)), min_size=1, max_size=6),
        st.integers(0, 5000),
        st.integers(1, 300),
    )
    def test_cut_and_place_are_each_others_opposite(self, networks, at, count):
        texts = [str(ip_network((0x0A000000 + number * 16, length), strict=False)) for number, length in networks]
        space = AddressSpace.parse(texts, ["10.0.0.0/8"])
        cut = space.cut(at, count)
        assert len(cut) == max(0, min(count, space.total - at))
        assert [space.place(address) for address in cut] == list(range(at, at + len(cut)))
        assert [int(ip_address(a)) for a in cut] == sorted({int(ip_address(a)) for a in cut})

    @pytest.mark.parametrize("address", ["10.0.0.0", "10.0.0.255", "10.0.1.1", "fd00::1", "x", ""])
    def test_addresses_outside_have_no_place(self, address):
        assert AddressSpace.parse(["10.0.0.0/24"], ["10.0.0.0/8"]).place(address) is None


class TestOwnAddresses:
    def test_the_kernels_tables_name_them(self):
        trie = (
            "Local:\n  +-- 0.0.0.0/0 3 0 5\n     |-- 10.1.2.0\n        /24 link UNICAST\n"
            "     |-- 10.1.2.3\n        /32 host LOCAL\n     |-- 10.1.2.255\n        /32 link BROADCAST\n"
        )
        inet6 = "fd0000000000000000000000000000aa 02 40 00 80 eth0\nbroken line\n"
        assert parse_tables(trie, inet6) == {"10.1.2.3", "fd00::aa"}

    def test_loopback_is_not_among_them(self):
        assert not [address for address in own_addresses() if ip_address(address).is_loopback]

    def test_what_is_skipped_is_never_asked(self):
        with serving(rows_of("kyocera_ecosys-p2040")) as agent:
            heard, _, spent = search(space_of("127.0.0.1"), Asked((agent.port,)), skip=frozenset({"127.0.0.1"}))
            assert (heard, spent.tally.packets, agent.requests) == ([], 0, [])


class TestSweep:
    def test_a_fleet_is_found_in_its_network(self):
        with PrinterFleet(count=40, scatter=True, network="127.77.0.0/20", web=False, speed=0) as fleet:
            port = fleet.printers[0].snmp_port
            heard, told, spent = search(space_of("127.77.0.0/20"), Asked((port,), pps=20_000))
            assert {one.address for one in heard} == {one.address for one in fleet.printers}
            assert {one.version for one in heard} == {2}
            assert told[-1] == 4094
            assert told == sorted(told)
            assert spent.tally.packets == 4094 * 2 - 40
            assert all(one.description and one.sys_object_id for one in heard)

    def test_several_ports_and_communities(self):
        with serving(rows_of("kyocera_ecosys-p2040")) as one, serving(rows_of("epson_colorworks-cw")) as two:
            two.answer = lambda asked: two.right(asked) if asked.community == b"second" else []
            asked = Asked((one.port, two.port), ("public", "second"))
            heard, _, _ = search(space_of("127.0.0.1"), asked)
        found = {(device.port, device.community): device.serial for device in heard}
        assert found == {(one.port, "public"): "VD21457943", (two.port, "second"): "X7F4008528"}

    def test_a_device_that_speaks_only_v1_is_found(self):
        with serving(rows_of("kyocera_ecosys-p2040")) as agent:
            agent.answer = lambda asked: agent.right(asked) if asked.version == ber.V1 else []
            heard, _, spent = search(space_of("127.0.0.1"), Asked((agent.port,)))
        assert [(one.version, one.port) for one in heard] == [(1, agent.port)]
        assert spent.tally.packets == len(ROUNDS)

    def test_a_first_packet_may_be_lost(self):
        with serving(rows_of("kyocera_ecosys-p2040")) as agent:
            agent.answer = lambda asked: agent.right(asked) if len(agent.requests) > 1 else []
            heard, _, _ = search(space_of("127.0.0.1"), Asked((agent.port,)))
        assert len(heard) == 1

    def test_an_answer_from_another_address_is_not_believed(self):
        with serving(rows_of("kyocera_ecosys-p2040"), "127.0.0.2") as agent:
            elsewhere = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            elsewhere.bind(("127.0.0.3", agent.port))
            agent.sender = elsewhere
            heard, _, spent = search(space_of("127.0.0.0/29"), Asked((agent.port,)))
            elsewhere.close()
        assert heard == []
        assert spent.tally.strays == len(ROUNDS)

    @pytest.mark.parametrize(
        "answer",
        [
            lambda asked: [response(asked, [], request_id=asked.request_id ^ 1)],
            lambda asked: [response(asked._replace(community=b"other"), [])],
            lambda _: [b"", b"\x30", b"\xff" * 1400],
            lambda asked: [ber.encode_response(asked._replace(error_status=0, error_index=0))],
        ],
        ids=["wrong request-id", "wrong community", "no SNMP", "its own question back"],
    )
    def test_what_is_no_answer_is_counted_only(self, answer):
        with serving(rows_of("kyocera_ecosys-p2040")) as agent:
            agent.answer = answer
            heard, _, spent = search(space_of("127.0.0.1"), Asked((agent.port,)))
        assert heard == []
        assert spent.tally.strays >= len(ROUNDS)

    def test_a_second_answer_is_dropped(self):
        with serving(rows_of("kyocera_ecosys-p2040")) as agent:
            agent.answer = lambda asked: agent.right(asked) * 5
            heard, _, _ = search(space_of("127.0.0.1"), Asked((agent.port,)))
        assert len(heard) == 1

    def test_hostile_texts_come_out_on_one_line(self):
        with serving(rows_of("kyocera_ecosys-p2040")) as agent:
            evil = b"=cmd()\r\n<script>\x00\x1b[2J\xff\xfe"
            agent.answer = lambda asked: [
                response(asked, [(name, ber.OCTET_STRING, evil) for name in agent.names(asked)])
            ]
            (device,), _, _ = search(space_of("127.0.0.1"), Asked((agent.port,)))
        assert device.description.isprintable()
        assert device.sys_object_id == ""

    def test_a_closed_port_is_not_asked_twice(self):
        silent = Agent([])
        port = silent.port
        silent._socket.close()
        heard, _, spent = search(space_of("127.0.0.1"), Asked((port,)))
        assert heard == []
        assert spent.tally.refused <= 1
        assert spent.tally.packets == len(ROUNDS) - spent.tally.refused

    def test_it_goes_on_from_where_it_stood(self):
        with serving(rows_of("kyocera_ecosys-p2040"), "127.88.0.9") as agent:
            space = space_of("127.88.0.0/28")
            assert search(space, Asked((agent.port,)), first=9)[0] == []
            heard, told, _ = search(space, Asked((agent.port,)), first=8)
        assert [one.address for one in heard] == ["127.88.0.9"]
        assert told[-1] == space.total

    def test_the_middle_of_a_block_is_a_place_like_any_other(self):
        """Blocks begin where the sweep begins: an answer is found in its block from any place on."""
        with serving(rows_of("kyocera_ecosys-p2040"), "127.88.8.200") as agent:
            heard, _, _ = search(space_of("127.88.0.0/20"), Asked((agent.port,), pps=50_000), first=777)
        assert [one.address for one in heard] == ["127.88.8.200"]

    def test_stopping_finishes_what_was_begun_and_says_where(self):
        stop = threading.Event()
        space = space_of("127.88.0.0/16")
        with Discoverer(space, Asked((1,), pps=50_000), retry_after=0.2, last_wait=0.2) as discoverer:
            places = []
            for event in discoverer.run(stop.is_set, tick=0.05):
                assert isinstance(event, Swept)
                places.append(event.at)
                stop.set()
        assert 0 < places[-1] < space.total
        assert places[-1] % BLOCK == 0
        assert discoverer.tally.packets + discoverer.tally.refused >= places[-1]

    def test_memory_does_not_grow_with_the_network(self):
        with Discoverer(space_of("127.0.0.0/12"), Asked((1,), pps=100_000), retry_after=0.1, last_wait=0.1) as one:
            ended = time.monotonic() + 1.5
            most = 0
            for _ in one.run(lambda: time.monotonic() > ended, tick=0.01):
                most = max(most, len(one._open))
        assert one.tally.packets > 10 * BLOCK
        assert most * BLOCK < 100_000


def test_the_estimate_counts_packets_and_waits():
    assert expected_seconds(65_534, Asked(pps=10_000)) == pytest.approx(16.6, abs=0.1)
    assert expected_seconds(254, Asked((161, 1161), ("a", "b"), 100)) == pytest.approx(23.8, abs=0.1)


@pytest.mark.parametrize("texts", [[], ["0"], ["65536"], ["x"], ["161", "²"], ["-1"]])
def test_what_is_no_port_is_refused(texts):
    with pytest.raises(ValueError, match="ports are numbers"):
        parse_ports(texts)


@pytest.mark.slow
def test_a_class_b_network_with_a_thousand_printers():
    with PrinterFleet(count=1000, scatter=True, web=False, speed=0) as fleet:
        space = space_of(fleet.config.network)
        asked = Asked((fleet.printers[0].snmp_port,))
        with Discoverer(space, asked) as discoverer:
            heard = [event for event in discoverer.run() if isinstance(event, Heard)]
        assert space.total == 65_534
        assert {one.address for one in heard} == {one.address for one in fleet.printers}
        assert len(heard) == 1000
        assert discoverer.tally.packets == 2 * space.total - 1000
