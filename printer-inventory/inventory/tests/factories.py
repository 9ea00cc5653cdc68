"""Rows for tests, made short."""

from __future__ import annotations

import itertools
from typing import Any

from inventory.models import Organization, Printer

# Far from what tests write by hand, and of one width: names sort as they were made, whatever ran before in this process.
_numbers = itertools.count(100_001)


def make_organization(name: str = "", **values: Any) -> Organization:
    """Return a saved organization with a name of its own."""
    return Organization.objects.create(name=name or f"Client {next(_numbers)}", **values)


def make_printer(**values: Any) -> Printer:
    """Return a saved printer with an address of its own."""
    number = next(_numbers)
    facts: dict[str, Any] = {
        "ip_address": f"127.9.{number // 250 % 250}.{number % 250 + 1}",
        "serial_number": f"SN{number:06}",
    }
    return Printer.objects.create(**{**facts, **values})
