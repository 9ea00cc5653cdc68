"""`discover CIDR...`: which printers are in these networks, without a database row, and `--add` to take them into the fleet."""

from __future__ import annotations

import json
import os
import time
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from inventory.models import Organization
from inventory.polling.listing import table
from inventory.polling.own import own_addresses
from inventory.polling.snmp.collector import Collector, PollOutcome, Target
from inventory.polling.snmp.discover import Asked, Discoverer, Heard, parse_ports
from inventory.polling.snmp.targets import V3Credentials
from inventory.polling.space import AddressSpace
from inventory.services.discovering import record_found
from inventory.services.discovery import add_devices, make_wish
from inventory.services.snmp_v3 import credentials_from

HEAD = ("address", "manufacturer", "model", "serial", "mac", "host", "total", "note")


class Command(BaseCommand):
    """Needs no database unless `--add` is given; with --json stdout holds one JSON object and nothing else."""

    help = (
        "Search networks (inside PRINTER_NETWORKS) for SNMP devices and print who they are. The community is also read from "
        "SNMP_COMMUNITY, so that it needs not stand on the command line."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Networks and how to ask."""
        parser.add_argument("networks", nargs="+", metavar="CIDR")
        parser.add_argument("--port", action="append", help="SNMP port (161); may be given several times")
        parser.add_argument("--community", action="append", help="SNMP community (public); may be given several times")
        parser.add_argument(
            "--v3-user",
            default="",
            help="also find printers that speak only SNMPv3, as this user; passwords in "
            "SNMP_V3_AUTH_PASSWORD and SNMP_V3_PRIV_PASSWORD",
        )
        parser.add_argument("--v3-auth", default="SHA", help="MD5, SHA, SHA224, SHA256, SHA384 or SHA512")
        parser.add_argument("--v3-priv", default="AES", help="DES, AES, AES192 or AES256")
        parser.add_argument("--pps", type=int, default=settings.DISCOVERY_PPS, help="most packets per second")
        parser.add_argument("--json", action="store_true", help="print one JSON object instead of a table")
        parser.add_argument("--add", metavar="ORGANIZATION", help="add the new printers to this organization")

    def handle(self, *args: Any, **options: Any) -> None:
        """Search, ask who answered, print; exit code 1 when nothing answered."""
        organization = self._organization(options["add"])
        try:
            ports = parse_ports(options["port"] or ["161"])
            communities = options["community"] or [os.environ.get("SNMP_COMMUNITY", "public")]
            wish = make_wish(
                options["networks"], ports, communities, options["pps"], organization, _credentials(options)
            )
        except ValueError as error:
            raise CommandError(str(error)) from error
        started = time.monotonic()
        heard, packets = self._sweep(wish.space, wish.asked)
        outcomes = _ask(heard, wish.asked)
        seconds = time.monotonic() - started
        packets += sum(outcome.packets for outcome in outcomes.values())
        added = None
        if organization is not None:
            discovery = record_found(wish, heard, list(outcomes.values()), packets)
            added = len(add_devices(discovery.pk, None, organization, None))
        self._print(wish.space, heard, outcomes, packets, seconds, added, as_json=options["json"])
        if not heard:
            raise SystemExit(1)

    def _organization(self, name: str | None) -> Organization | None:
        if not name:
            return None
        found = Organization.objects.filter(name__iexact=name).first()
        if found is None:
            raise CommandError(f"There is no organization {name!r}. Make it first, or correct its name.")
        return found

    def _sweep(self, space: AddressSpace, asked: Asked) -> tuple[list[Heard], int]:
        with Discoverer(space, asked, skip=own_addresses()) as discoverer:
            heard = [event for event in discoverer.run() if isinstance(event, Heard)]
            return sorted(heard, key=lambda one: (space.place(one.address) or 0, one.port)), discoverer.tally.packets

    def _print(
        self,
        space: AddressSpace,
        heard: list[Heard],
        outcomes: dict[int, PollOutcome],
        packets: int,
        seconds: float,
        added: int | None,
        *,
        as_json: bool,
    ) -> None:
        figures = {"addresses": space.total, "found": len(heard), "packets": packets, "seconds": round(seconds, 2)}
        if as_json:
            devices = [_record(one, outcomes[place]) for place, one in enumerate(heard)]
            extra = {} if added is None else {"added": added}
            self.stdout.write(json.dumps({**figures, **extra, "devices": devices}, ensure_ascii=False, indent=1))
            return
        if heard:
            self.stdout.write(table(HEAD, (_line(one, outcomes[place]) for place, one in enumerate(heard))))
        self.stdout.write(
            f"{space.total:,} addresses, {len(heard):,} devices, {packets:,} packets, {seconds:.1f} s"
            + ("" if added is None else f", {added:,} printers added")
        )


def _credentials(options: dict[str, Any]) -> V3Credentials | None:
    """Return the SNMPv3 user of the command line, with the passwords of the environment."""
    return credentials_from(
        {
            "snmp_v3_user": options["v3_user"],
            "snmp_v3_auth_protocol": options["v3_auth"],
            "snmp_v3_priv_protocol": options["v3_priv"],
            "snmp_v3_auth_password": os.environ.get("SNMP_V3_AUTH_PASSWORD", ""),
            "snmp_v3_priv_password": os.environ.get("SNMP_V3_PRIV_PASSWORD", ""),
        }
    )


def _ask(heard: list[Heard], asked: Asked) -> dict[int, PollOutcome]:
    """Return what each device said about itself, by its place in `heard`."""
    targets = (
        Target(place, one.address, one.port, version=3, v3=asked.v3)
        if one.version == 3
        else Target(place, one.address, one.port, one.community)
        for place, one in enumerate(heard)
    )
    with Collector(window=settings.SNMP_WINDOW, subnet_window=settings.SNMP_SUBNET_WINDOW) as collector:
        return {int(str(outcome.key)): outcome for outcome in collector.poll(targets) if outcome is not None}


def _record(one: Heard, outcome: PollOutcome) -> dict[str, Any]:
    reading = outcome.reading
    return {
        "address": one.address,
        "port": one.port,
        "is_printer": True if reading else False if outcome.error and outcome.error.kind == "not_a_printer" else None,
        "manufacturer": reading.manufacturer if reading else "",
        "model": reading.model if reading else one.model,
        "serial": reading.serial if reading else one.serial,
        "mac": reading.mac if reading else "",
        "hostname": reading.hostname if reading else "",
        "total": reading.total if reading else None,
        "description": reading.description if reading else one.description,
        "error": outcome.error.text if outcome.error else None,
    }


def _line(one: Heard, outcome: PollOutcome) -> tuple[str, ...]:
    record = _record(one, outcome)
    address = one.address if one.port == 161 else f"{one.address}:{one.port}"
    note = record["error"]
    if record["is_printer"] is False:
        note = f"no printer: {record['description']}"
    total = "" if record["total"] is None else str(record["total"])
    return (
        address, record["manufacturer"], record["model"], record["serial"], record["mac"], record["hostname"], total, note or "",
    )  # fmt: skip
