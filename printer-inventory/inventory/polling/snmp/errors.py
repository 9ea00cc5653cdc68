"""What goes wrong between us and a printer, in words that say what to do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

ErrorKind = Literal[
    "timeout", "refused", "not_a_printer", "bad_answer", "other_address", "authentication", "unreachable", "bad_target", "stopped"
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class PollError:
    """Why there is no reading: `kind` for a program, `text` for a person, saying what to do."""

    kind: ErrorKind
    text: str
