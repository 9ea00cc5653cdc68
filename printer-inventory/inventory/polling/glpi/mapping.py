"""From a device of the agent's XML to a `DeviceReading`, and from its failure texts to a `PollError`."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from inventory.polling.glpi.cartridges import read_supplies
from inventory.polling.glpi.counters import read_counters
from inventory.polling.glpi.identity import read_identity
from inventory.polling.glpi.ports import choose_mac
from inventory.polling.glpi.xml import InventoryXmlError, Node, read_documents
from inventory.polling.reading import DeviceReading
from inventory.polling.snmp.errors import ErrorKind, PollError
from inventory.polling.snmp.text import clean

ENGINE: Final = "glpi"
INKS: Final = frozenset({"cyan", "magenta", "yellow"})
PRINTER: Final = "PRINTER"

_UPTIME: Final = re.compile(
    r"^(?:(?P<days>\d{1,6}) days?, )?(?:(?P<hours>\d{1,2}) hours?, |(?P<clock>\d{1,2}):(?=\d{1,2}:))?"
    r"(?:(?P<minutes>\d{1,2}) minutes?, |(?P<past>\d{1,2}):)?(?P<seconds>\d{1,2})(?:\.\d{1,2})?(?: seconds?)?$",
    re.ASCII,
)

_FAILURES: Final[tuple[tuple[str, ErrorKind, str], ...]] = (
    ("no response from host", "timeout",
     "The device did not answer the agent. Check that it is on, that SNMP is enabled, and the community."),
    ("authentication error", "authentication",
     "The device refused the SNMPv3 user. Check name, protocols and passwords."),
    ("missing response", "bad_answer",
     "The device answered the agent without a system description. Try the native engine."),
    ("unable to resolve", "bad_target",
     "The agent cannot reach this address and port. Its discovery works on port 161 only."),
    ("invalid snmp version", "bad_target", "The agent does not speak this version of SNMP."),
    ("required module", "bad_target",
     "The agent lacks the Perl modules for this SNMPv3 protocol. Install them, or use the native engine."),
    ("no route to host", "unreachable", "There is no route to the device's network."),
    ("network is unreachable", "unreachable", "There is no route to the device's network."),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class AgentAnswer:
    """What one document says about one device: a reading, or why there is none.

    `id` is the number the agent gives its hosts, from 0 in the order of the command line; None where it gives none.
    `address` is the one the document names (discovery does, inventory does not). `type` is PRINTER, NETWORKING and so on.
    """

    id: int | None
    address: str = ""
    type: str = ""
    reading: DeviceReading | None = None
    error: PollError | None = None


def read_inventory(data: bytes, polled: str = "") -> list[AgentAnswer]:
    """Return every device of an inventory or discovery, or of several one after the other; raise InventoryXmlError.

    `polled` is the address the device was asked at, which chooses among several MAC addresses.
    """
    answers = [answer for root in read_documents(data) for answer in answers_of(root, lambda _: polled)]
    if not answers:
        raise InventoryXmlError("The XML holds no DEVICE.")
    return answers


def read_inventory_xml(data: bytes) -> list[DeviceReading]:
    """Return the readings in an inventory's XML, devices that failed left out; raise InventoryXmlError on anything else."""
    return [answer.reading for answer in read_inventory(data) if answer.reading is not None]


def answers_of(root: Node, address_of: Callable[[int | None], str]) -> Iterator[AgentAnswer]:
    """Yield the devices of one document; a control message has none. `address_of` gives a number's polled address or ""."""
    for device in [root] if root.tag == "DEVICE" else root.find("DEVICE"):
        failure = device.first("ERROR")
        if failure is not None:
            number = _number(failure.text_of("ID"))
            yield AgentAnswer(number, type=failure.text_of("TYPE")[:20], error=failure_of(failure.text_of("MESSAGE")))
        elif device.children:
            info = device.first("INFO") or device
            number, address = _number(info.text_of("ID")), clean(info.text_of("IP"))[:45]
            reading = read_device(device, address_of(number) or address)
            yield AgentAnswer(number, address, clean(info.text_of("TYPE"))[:20], reading)


def failure_of(message: str) -> PollError:
    """Return the agent's failure text as an error that says what to do."""
    lower = message.lower()
    for words, kind, text in _FAILURES:
        if words in lower:
            return PollError(kind, text)
    said = clean(message)[:200] or "nothing"
    return PollError("bad_answer", f"The agent failed on this device; it said: {said}")


def read_device(device: Node, polled: str = "") -> DeviceReading:
    """Return a DEVICE as a reading; discovery's devices, which have no INFO, give an identity only."""
    info = device.first("INFO") or device
    description = clean(info.text_of("COMMENTS") or info.text_of("DESCRIPTION"))
    identity = read_identity(device, info, description)
    supplies, raw_supplies, supply_warnings = read_supplies(device.first("CARTRIDGES"))
    counters, raw_counters, counter_warnings = read_counters(
        device.first("PAGECOUNTERS"), identity.profile, in_color=any(supply.color in INKS for supply in supplies)
    )
    return DeviceReading(
        engine=ENGINE,
        manufacturer=identity.manufacturer,
        model=identity.model,
        serial=identity.serial,
        mac=choose_mac(device, info, polled),
        hostname=clean(info.text_of("NAME") or info.text_of("SNMPHOSTNAME")),
        firmware=identity.firmware,
        location=clean(info.text_of("LOCATION")),
        contact=clean(info.text_of("CONTACT")),
        description=description,
        uptime_seconds=uptime(info.text_of("UPTIME")),
        counters=counters,
        supplies=supplies,
        warnings=(*counter_warnings, *supply_warnings),
        raw={**raw_counters, **raw_supplies},
    )


def uptime(text: str) -> int | None:
    """Return the seconds in Net::SNMP's words ("10 days, 10:19:35.00", "3 hours, 17:57.85", "11.85 seconds"), else None."""
    match = _UPTIME.match(text)
    if not match:
        return None
    hours = int(match["hours"] or match["clock"] or 0)
    minutes = int(match["minutes"] or match["past"] or 0)
    return ((int(match["days"] or 0) * 24 + hours) * 60 + minutes) * 60 + int(match["seconds"])


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 9 else None
