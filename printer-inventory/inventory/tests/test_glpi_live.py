"""An installed agent polls the stand-in fleet: its XML becomes what the native engine reads, where the agent reports it."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from dataclasses import replace

import pytest
from standins.printers import PrinterAddress, PrinterFleet

from inventory.polling.glpi.command import DEFAULT_PORT, NoAgentError, find_agent
from inventory.polling.glpi.engine import GlpiEngine
from inventory.polling.reading import DeviceReading, Supply
from inventory.polling.snmp.collector import Collector
from inventory.polling.snmp.targets import PollOutcome, Target, V3Credentials

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

DEVICES = 20
SNMP_TIMEOUT = 10
"""Seconds the agent waits for one answer; a machine busy with other suites is slow to give it."""

USER = V3Credentials("fleet", "fleet-auth-pass", "SHA", "fleet-priv-pass", "AES")


@pytest.fixture(scope="module")
def engine() -> GlpiEngine:
    """The engine over the agent that is installed."""
    try:
        find_agent()
    except NoAgentError:
        pytest.skip("no GLPI Agent or FusionInventory Agent is installed (Debian: fusioninventory-agent-task-network)")
    return GlpiEngine(timeout=120.0, snmp_timeout=SNMP_TIMEOUT)


@pytest.fixture(scope="module")
def fleet() -> Iterator[PrinterFleet]:
    """One printer of each description, at rest."""
    with PrinterFleet(count=DEVICES, speed=0, web=False) as running:
        yield running


@pytest.fixture(scope="module")
def targets(fleet: PrinterFleet) -> list[Target]:
    """The fleet's printers by their description's name."""
    found = [Target(printer.device, printer.address, printer.snmp_port) for printer in fleet.printers]
    assert len({target.key for target in found}) == DEVICES
    return found


@pytest.fixture(scope="module")
def polled(engine: GlpiEngine, targets: list[Target]) -> dict[object, PollOutcome]:
    """What the agent made of the fleet."""
    return {outcome.key: outcome for outcome in engine.poll(targets)}


@pytest.fixture(scope="module")
def native(targets: list[Target]) -> dict[object, DeviceReading]:
    """What the native engine makes of it."""
    with Collector() as collector:
        outcomes = [outcome for outcome in collector.poll(targets) if outcome is not None]
    return {outcome.key: outcome.reading for outcome in outcomes if outcome.reading is not None}


def is_alike(ours: Supply, other: Supply) -> bool:
    """Compare what both engines can say besides the level: the agent has one word for toners, none for an only drum's colour."""
    kinds = {supply.kind if supply.kind != "toner_cartridge" else "toner" for supply in (ours, other)}
    return len(kinds) == 1 and ours.state == other.state and ours.color in (other.color, None)


def test_every_printer_answers(polled: dict[object, PollOutcome]) -> None:
    assert len(polled) == DEVICES
    assert [outcome for outcome in polled.values() if outcome.reading is None] == []


def test_every_counter_it_reports_is_the_native_engines(
    polled: dict[object, PollOutcome], native: dict[object, DeviceReading]
) -> None:
    compared = 0
    for key, outcome in polled.items():
        assert outcome.reading is not None
        for name, value in outcome.reading.counters.items():
            assert native[key].counters.get(name) == value, (key, name)
            compared += 1
    assert compared >= 40


def test_it_is_the_same_device(
    polled: dict[object, PollOutcome], native: dict[object, DeviceReading], fleet: PrinterFleet
) -> None:
    addresses: dict[object, PrinterAddress] = {printer.device: printer for printer in fleet.printers}
    for key, outcome in polled.items():
        reading, other = outcome.reading, native[key]
        assert reading is not None
        assert (reading.manufacturer, reading.mac, reading.hostname) == (other.manufacturer, other.mac, other.hostname)
        assert reading.mac == addresses[key].mac.upper()
        assert reading.serial in ("", other.serial)
        assert reading.model in ("", other.model)
    assert sum(outcome.reading.serial != "" for outcome in polled.values() if outcome.reading) >= DEVICES - 2


def test_supplies_agree_but_for_the_agents_rounding_down(
    polled: dict[object, PollOutcome], native: dict[object, DeviceReading]
) -> None:
    compared = 0
    for key, outcome in polled.items():
        assert outcome.reading is not None
        for supply in outcome.reading.supplies:
            levels = [other.percent for other in native[key].supplies if is_alike(supply, other)]
            assert levels, (key, supply)
            if supply.percent is not None:
                assert supply.percent in levels or supply.percent + 1 in levels, (key, supply)
            compared += 1
    assert compared >= 60


def test_version_3_with_privacy(engine: GlpiEngine, targets: list[Target]) -> None:
    known = replace(targets[0], key="known", v3=USER)
    unknown = replace(targets[0], key="unknown", v3=replace(USER, auth_password="another-password"))
    outcomes = {outcome.key: outcome for outcome in engine.poll([known, unknown])}
    error = outcomes["known"].error
    if error is not None and "Perl modules" in error.text:
        pytest.skip("the agent's Perl has no AES (Debian: libcrypt-rijndael-perl)")
    assert outcomes["known"].reading is not None
    assert outcomes["known"].reading.total
    refused = outcomes["unknown"].error
    assert refused is not None
    assert refused.kind == "authentication"


def test_odd_communities_reach_the_printer_unchanged(engine: GlpiEngine) -> None:
    odd = "a,b:c $(id) '\"\\`;|&<>"
    with PrinterFleet(count=1, speed=0, web=False, community=odd) as fleet:
        place = fleet.printers[0]
        right = Target("right", place.address, place.snmp_port, odd)
        outcomes = list(GlpiEngine(snmp_timeout=SNMP_TIMEOUT).poll([right]))
    assert [outcome.reading is not None for outcome in outcomes] == [True]


def test_silence_is_told_apart_from_an_answer(targets: list[Target]) -> None:
    wrong = replace(targets[0], key="wrong", community="not-this-one")
    outcome = next(iter(GlpiEngine(snmp_timeout=1).poll([wrong])))
    assert outcome.error is not None
    assert (outcome.error.kind, outcome.attempts) == ("timeout", 2)


@pytest.fixture
def usual_port() -> Iterator[PrinterFleet]:
    """Two printers on port 161, the only one the agent's discovery knows."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as trial:
        try:
            trial.bind(("0.0.0.0", DEFAULT_PORT))  # noqa: S104 - the fleet binds it so, and answers on loopback only
        except OSError as error:
            pytest.skip(f"port 161 cannot be opened here: {error.strerror}")
    with PrinterFleet(count=2, speed=0, web=False, network="127.77.0.0/24", snmp_port=DEFAULT_PORT) as fleet:
        yield fleet


def test_a_discovery_takes_the_inventory_along(usual_port: PrinterFleet) -> None:
    try:
        inventory = find_agent().program
        program = find_agent(inventory.with_name(inventory.name.replace("netinventory", "netdiscovery"))).program
    except NoAgentError:
        pytest.skip("no agent with a netdiscovery program is installed (Debian: fusioninventory-agent-task-network)")
    targets = [Target(printer.number, printer.address, printer.snmp_port) for printer in usual_port.printers]
    outcomes = {outcome.key: outcome for outcome in GlpiEngine(program, snmp_timeout=SNMP_TIMEOUT).poll(targets)}
    for printer in usual_port.printers:
        reading = outcomes[printer.number].reading
        assert reading is not None
        assert reading.mac == printer.mac.upper()
        assert reading.total == usual_port.truth(printer.number)["counters"]["marker"]
