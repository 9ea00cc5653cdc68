"""What a GLPI server knows: entities, accounts and printers with their network ports and counter logs."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

WHEN: Final = "%Y-%m-%d %H:%M:%S"


@dataclass
class Account:
    """Somebody who may sign in. `entities` are those that the profile reaches; the first one is active at first, alone."""

    name: str
    password: str
    token: str
    entities: tuple[int, ...] = (0, 1, 2)
    may_update: bool = True


@dataclass
class KnownPrinter:
    """One Printer item. `addresses` stand on network ports of their own, `log` is (day, pages) as PrinterLog has them.

    `label` is a field of the Fields plugin: the serial number that stands on a sticker.
    """

    id: int
    name: str
    serial: str
    addresses: tuple[str, ...] = ()
    log: list[tuple[str, int]] = field(default_factory=list)
    counter: int = 0
    entity: int = 0
    label: str = ""
    inventoried: datetime | None = None
    is_deleted: bool = False

    def as_item(self) -> dict[str, Any]:
        """Return the item as `GET /Printer/:id` does; names and types are those of the table glpi_printers of GLPI 10."""
        seen = self.inventoried.strftime(WHEN) if self.inventoried else None
        return {
            "id": self.id,
            "entities_id": self.entity,
            "is_recursive": 0,
            "name": self.name,
            "date_mod": seen,
            "contact": None,
            "contact_num": None,
            "serial": self.serial,
            "otherserial": None,
            "have_ethernet": 1,
            "comment": None,
            "is_template": 0,
            "init_pages_counter": 0,
            "last_pages_counter": self.counter,
            "is_deleted": int(self.is_deleted),
            "is_dynamic": 1,
            "uuid": None,
            "last_inventory_update": seen,
            "links": [{"rel": "Entity", "href": f"/apirest.php/Entity/{self.entity}"}],
        }


class World:
    """All that is known; safe from several threads.

    `label_field` is the number of the plugin's search option, None where the plugin is not installed.
    """

    def __init__(self, label_field: int | None = 76665) -> None:
        """Start with one account and no printer."""
        self.lock = threading.RLock()
        self.label_field = label_field
        self.accounts = [Account("inventory", "glpi-demo-password", "glpi-demo-user-token")]
        self.printers: dict[int, KnownPrinter] = {}

    def add(self, serial: str, *addresses: str, **facts: Any) -> KnownPrinter:
        """Add a printer and return it; `facts` are fields of KnownPrinter."""
        with self.lock:
            number = max(self.printers, default=0) + 1
            known = KnownPrinter(number, facts.pop("name", f"PRN-{number:04}"), serial, addresses, **facts)
            self.printers[number] = known
            return known

    def children(self, kind: str, parent: int, wanted: str) -> list[dict[str, Any]] | None:
        """Return the items of a kind below an item, None when there is no such pair of kinds or no such parent.

        A printer's n-th address stands on port id*100+n, whose name has the same number, and so has the address.
        """
        owner = self.printers.get(parent if kind == "Printer" else parent // 100)
        if owner is None:
            return None
        place = parent % 100
        match (kind, wanted):
            case ("Printer", "NetworkPort"):
                return [_port(owner, index) for index in range(len(owner.addresses))]
            case ("Printer", "PrinterLog"):
                return [
                    {"id": owner.id * 1000 + at, "printers_id": owner.id, "total_pages": pages, "date": day}
                    for at, (day, pages) in enumerate(owner.log)
                ]
            case ("NetworkPort", "NetworkName") if place < len(owner.addresses):
                return [
                    {"id": parent, "itemtype": "NetworkPort", "items_id": parent, "name": owner.name, "is_deleted": 0}
                ]
            case ("NetworkName", "IPAddress") if place < len(owner.addresses):
                return [_address(owner, parent)]
        return None


def _port(owner: KnownPrinter, index: int) -> dict[str, Any]:
    return {
        "id": owner.id * 100 + index,
        "items_id": owner.id,
        "itemtype": "Printer",
        "entities_id": owner.entity,
        "logical_number": index,
        "name": f"eth{index}",
        "instantiation_type": "NetworkPortEthernet",
        "mac": None,
        "is_deleted": 0,
        "is_dynamic": 1,
    }


def _address(owner: KnownPrinter, number: int) -> dict[str, Any]:
    text = owner.addresses[number % 100]
    return {
        "id": number,
        "entities_id": owner.entity,
        "itemtype": "NetworkName",
        "items_id": number,
        "version": 6 if ":" in text else 4,
        "name": text,
        "is_deleted": 0,
        "is_dynamic": 1,
        "mainitems_id": owner.id,
        "mainitemtype": "Printer",
    }
