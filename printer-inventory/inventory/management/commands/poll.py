"""`poll ADDRESS[:PORT]...`: ask printers now, without a database row, and print what they say."""

from __future__ import annotations

import json
import os
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from inventory.polling.asked import parse_endpoint
from inventory.polling.listing import record, sheet
from inventory.polling.snmp.collector import Collector, PollOutcome, Target, V3Credentials

VERSIONS = {"1": 1, "2c": 2, "3": 3, "auto": None}


class Command(BaseCommand):
    """Needs no database and no service; with --json stdout holds one JSON list and nothing else."""

    help = (
        "Poll printers by SNMP and print what they say. SNMPv3 passwords are read from SNMP_V3_AUTH_PASSWORD and "
        "SNMP_V3_PRIV_PASSWORD, the community also from SNMP_COMMUNITY, so that none needs to stand on the command line."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Addresses and how to ask them."""
        parser.add_argument("addresses", nargs="+", metavar="ADDRESS[:PORT]")
        parser.add_argument("--community", default=os.environ.get("SNMP_COMMUNITY", "public"))
        parser.add_argument("--snmp-version", choices=sorted(VERSIONS), default="auto")
        parser.add_argument("--v3-user", default="", help="poll with SNMPv3 as this user")
        parser.add_argument("--v3-auth", default="SHA", help="MD5, SHA, SHA224, SHA256, SHA384 or SHA512")
        parser.add_argument("--v3-priv", default="AES", help="DES, AES, AES192 or AES256")
        parser.add_argument("--json", action="store_true", help="print a JSON list instead of text")

    def handle(self, *args: Any, **options: Any) -> None:
        """Poll all, then print in the order they were given; exit code 1 when one did not answer."""
        targets = [self._target(place, text, options) for place, text in enumerate(options["addresses"])]
        with Collector() as collector:
            outcomes = {outcome.key: outcome for outcome in collector.poll(targets) if outcome is not None}
        ordered = [(text, outcomes[place]) for place, text in enumerate(options["addresses"])]
        if options["json"]:
            self.stdout.write(
                json.dumps([_record(text, outcome) for text, outcome in ordered], ensure_ascii=False, indent=1)
            )
        else:
            for text, outcome in ordered:
                self.stdout.write(_text(text, outcome))
        if any(outcome.reading is None for _, outcome in ordered):
            raise SystemExit(1)

    def _target(self, place: int, text: str, options: dict[str, Any]) -> Target:
        try:
            address, port = parse_endpoint(text)
        except ValueError as error:
            raise CommandError(str(error)) from error
        credentials = None
        if options["v3_user"]:
            credentials = V3Credentials(
                options["v3_user"],
                os.environ.get("SNMP_V3_AUTH_PASSWORD", ""),
                options["v3_auth"],
                os.environ.get("SNMP_V3_PRIV_PASSWORD", ""),
                options["v3_priv"],
            )
        version = 3 if credentials else VERSIONS[options["snmp_version"]]
        return Target(place, address, port, options["community"], version, credentials)


def _record(text: str, outcome: PollOutcome) -> dict[str, Any]:
    error = {"kind": outcome.error.kind, "text": outcome.error.text} if outcome.error else None
    head = {"address": text, "error": error, "packets": outcome.packets, "seconds": round(outcome.elapsed, 3)}
    return {**head, **(record(outcome.reading) if outcome.reading else {})}


def _text(text: str, outcome: PollOutcome) -> str:
    if outcome.reading is None:
        return f"{text}\n  {outcome.error.text if outcome.error else 'no answer'}"
    return f"{sheet(text, outcome.reading)}\n  {outcome.packets} packets, {outcome.elapsed:.2f} s"
