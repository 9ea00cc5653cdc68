"""`discover CIDR...`: prints what is there, needs no database, and adds when told to."""

from __future__ import annotations

import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from standins.printers import PrinterFleet

from inventory.models import Discovery, Printer
from inventory.tests.factories import make_organization
from inventory.tests.snmp_agents import rows_of, serving

NETWORK = "127.68.0.0/28"


@pytest.fixture(scope="module")
def net():
    """Three printers in a /28."""
    with PrinterFleet(count=3, network=NETWORK, web=False, speed=0, community="h0me") as running:
        yield running


def run(*arguments: object) -> str:
    out = StringIO()
    call_command("discover", *map(str, arguments), stdout=out)
    return out.getvalue()


def test_json_is_one_object_with_the_figures_and_the_devices_in_order(net):
    said = json.loads(run(NETWORK, "--port", net.printers[0].snmp_port, "--community", "h0me", "--json"))
    assert (said["addresses"], said["found"], "added" in said) == (14, 3, False)
    assert said["packets"] > 25
    truth = [net.truth(one.address) for one in net.printers]
    assert [one["address"] for one in said["devices"]] == [one.address for one in net.printers]
    assert [one["serial"] for one in said["devices"]] == [one["serial"] for one in truth]
    assert {one["is_printer"] for one in said["devices"]} == {True}


def test_people_get_a_table_and_a_line_of_figures(net, monkeypatch):
    monkeypatch.setenv("SNMP_COMMUNITY", "h0me")
    said = run(NETWORK, "--port", net.printers[0].snmp_port)
    assert said.splitlines()[0].startswith("address")
    assert net.truth(net.printers[1].address)["serial"] in said
    assert "14 addresses, 3 devices" in said
    assert "h0me" not in said


def test_a_silent_network_is_told_by_the_exit_code():
    out = StringIO()
    with pytest.raises(SystemExit) as ended:
        call_command("discover", "127.68.1.1", "--json", stdout=out)
    assert ended.value.code == 1
    assert json.loads(out.getvalue())["devices"] == []


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["8.8.8.0/24"], "PRINTER_NETWORKS"),
        (["127.0.0.0/8"], "addresses"),
        (["printer"], "no network"),
        ([NETWORK, "--port", "0"], "ports are numbers"),
    ],
)
def test_what_cannot_be_searched_is_said(arguments, words):
    with pytest.raises(CommandError, match=words):
        run(*arguments)


@pytest.mark.django_db
def test_add_makes_printers_of_an_organization_once(net):
    organization = make_organization("Alpha")
    arguments = (NETWORK, "--port", net.printers[0].snmp_port, "--community", "h0me", "--add", "alpha", "--json")
    assert json.loads(run(*arguments))["added"] == 3
    assert json.loads(run(*arguments))["added"] == 0
    assert Printer.objects.filter(organization=organization, snmp_community="h0me").count() == 3
    assert [job.state for job in Discovery.objects.all()] == ["done", "done"]


@pytest.mark.django_db
def test_an_unknown_organization_is_said_before_anything_is_sent():
    with serving(rows_of("kyocera_ecosys-p2040")) as agent:
        with pytest.raises(CommandError, match="no organization"):
            run("127.0.0.1", "--port", agent.port, "--add", "Nobody")
        assert agent.requests == []
