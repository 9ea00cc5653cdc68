"""What goes wrong between us and a printer, in words that say what to do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

ErrorKind = Literal[
    "timeout", "refused", "not_a_printer", "bad_answer", "other_address", "authentication", "unreachable", "bad_target", "stopped"
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class PollError:
    """Why there is no reading: `kind` for a program, `text` for a person, saying what to do."""

    kind: ErrorKind
    text: str


def bad_target(address: str) -> PollError:
    """The address or the port is none."""
    text = f"{address[:60]!r} is no numeric address with a port from 1 to 65535. Correct the address."
    return PollError("bad_target", text)


def no_credentials(address: str) -> PollError:
    """SNMPv3 is wanted and no user is given."""
    return PollError(
        "authentication", f"{address} is to be polled with SNMPv3, but no user is given. Add the credentials."
    )


def listed_twice(address: str) -> PollError:
    """Two targets are the same address in two spellings."""
    return PollError("bad_target", f"{address} is being polled under another spelling. Keep one entry per printer.")


def not_a_printer(address: str, description: str) -> PollError:
    """The device answers, but nothing of it is a printer's."""
    what = description[:120] or "it gives no description"
    text = f"{address} answers SNMP but is no printer ({what}). Correct the address, or retire this entry."
    return PollError("not_a_printer", text)


def endless(address: str) -> PollError:
    """The device keeps us asking."""
    text = f"{address} keeps answering without an end. Update its firmware, or poll it with SNMP version 1."
    return PollError("bad_answer", text)


def too_slow(address: str, seconds: float) -> PollError:
    """The device answers, but not within the time a poll may take."""
    text = f"{address} needed more than {seconds:.0f} s to answer. Poll it less often, or look at its network."
    return PollError("timeout", text)


def not_understood(address: str) -> PollError:
    """Our own fault, brought out by what the device answered."""
    text = (
        f"{address} answered something that could not be understood. Record a walk of it and report it with its model."
    )
    return PollError("bad_answer", text)


def other_address(asked: str, answering: str) -> PollError:
    """The answers to our questions come from elsewhere; they are not believed."""
    text = (
        f"{asked} was asked, but {answering} answered: a printer with several addresses, or a translator in between. "
        "Poll it at the address that answers, or list that address with the printer."
    )
    return PollError("other_address", text)


def unreadable(address: str) -> PollError:
    """What comes back is no SNMP, or answers something that was not asked."""
    text = f"{address} sends answers that are no SNMP answers to our requests. Update its firmware or network card."
    return PollError("bad_answer", text)


def silent(address: str, port: int, version: int | None, tries: int, *, heard: bool) -> PollError:
    """Nothing came back, or nothing more."""
    versions = {None: "SNMP v2c, v1", 1: "SNMP v1", 2: "SNMP v2c"}
    text = (
        f"{address} port {port} {'stopped answering' if heard else 'does not answer'} ({versions.get(version, 'SNMP')}, "
        f"{tries} {'try' if tries == 1 else 'tries'}). "
        "Check that it is switched on and reachable, that SNMP is enabled, and that the community is right."
    )
    return PollError("timeout", text)


def unreachable(address: str) -> PollError:
    """No route, or the network says that the host is not there."""
    text = f"There is no way to {address} from here. Check the address, the route and the VPN of its site."
    return PollError("unreachable", text)


def refused(address: str, port: int) -> PollError:
    """ICMP port unreachable."""
    text = (
        f"{address} is there, but nothing listens on UDP port {port}. "
        "Enable SNMP in the printer's settings, or correct the port."
    )
    return PollError("refused", text)


STOPPED: Final = PollError("stopped", "The poll was stopped before the printer had answered. Poll it again.")
