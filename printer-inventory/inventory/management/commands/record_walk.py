"""`record_walk ADDRESS[:PORT]`: write down everything a printer says by SNMP, without its owner's names and addresses."""

from __future__ import annotations

import os
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from inventory.polling.asked import parse_endpoint
from inventory.polling.snmp.anonymous import anonymous
from inventory.polling.snmp.recorder import Recorder, RecordError, line_of


class Command(BaseCommand):
    """Needs no database and no service."""

    help = (
        "Record a printer's whole SNMP tree as OID|TYPE|VALUE. Serial numbers, MACs, host names, contacts, locations, addresses "
        "and the community are replaced; look through the file before you pass it on. The community may stand in SNMP_COMMUNITY."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The printer, and where to write."""
        parser.add_argument("address", metavar="ADDRESS[:PORT]")
        parser.add_argument("--output", type=Path, help="the file to write (default: standard output)")
        parser.add_argument("--community", default=os.environ.get("SNMP_COMMUNITY", "public"))
        parser.add_argument("--snmp-version", choices=["1", "2c"], default="2c")
        parser.add_argument("--hide", action="append", default=[], metavar="WORD", help="replace this word, too")

    def handle(self, *args: Any, **options: Any) -> None:
        """Walk, replace, write."""
        try:
            address, port = parse_endpoint(options["address"])
        except ValueError as error:
            raise CommandError(str(error)) from error
        version = 1 if options["snmp_version"] == "1" else 2
        try:
            recorder = Recorder(address, port, options["community"], version=version)
            try:
                rows = list(recorder.walk())
            finally:
                recorder.close()
        except RecordError as error:
            raise CommandError(str(error)) from error
        hidden = anonymous(rows, os.urandom(32), (options["community"], *options["hide"]))
        text = "".join(f"{line_of(row)}\n" for row in hidden)
        if options["output"]:
            options["output"].write_text(text)
            self.stderr.write(
                f"{len(hidden)} objects of {len(rows)} in {options['output']}; look through it before you pass it on."
            )
        else:
            self.stdout.write(text, ending="")
