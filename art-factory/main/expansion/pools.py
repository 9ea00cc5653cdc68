"""From a token's options to what can be chosen: lookups put in, nested ones too, each at most once per token."""

from __future__ import annotations

import random
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Final

from main.expansion.escapes import literal, show
from main.expansion.tokens import Token

_ALIAS: Final = re.compile(r"^(.*)_([0-9])$", re.DOTALL)
Lookups = Mapping[str, Sequence[str]]


@dataclass(frozen=True, slots=True)
class Option:
    """Something a token can become. Options of one pool take no value twice in one combination; "" is never used up."""

    text: str
    pool: str = ""


class Pools:
    """The lookups of one expansion, and what was odd about their use."""

    def __init__(self, lookups: Lookups) -> None:
        """Names count as they are written, so that a word of the prompt is rarely taken for one."""
        self._lookups = lookups
        self.warnings: list[str] = []

    def values(self, name: str) -> Sequence[str] | None:
        """Return a lookup's values by its name or an alias of it (`color_1`), or None."""
        if name in self._lookups:
            return self._lookups[name]
        alias = _ALIAS.match(name)
        return self._lookups.get(alias[1]) if alias else None

    def options(self, token: Token, seed: str) -> list[Option]:
        """Return what a token can become, each text once; a drawn token's draw follows from the seed."""
        visited: set[str] = set()
        found: dict[str, Option] = {}
        if len(token.options) == 1 and token.body and self.values(token.options[0]) is None:
            self._warn(self._unknown(token.options[0]))
        for written in token.options:
            if ":" in written:
                self._warn(f"[{show(token.body)}] holds a colon that counts nothing; it is taken as it is")
            for option in self._resolve(written, written, visited):
                found.setdefault(option.text, option)
        options = list(found.values())
        if token.draw is None:
            return options
        if token.draw > len(options):
            self._warn(f"[{show(token.body)}] asks for {token.draw} of {len(options)} options")
        ordered = sorted(options, key=lambda option: option.text)
        # Reproducible choices, not secrets: the same seed draws the same.
        chosen = random.Random(seed).sample(ordered, min(token.draw, len(ordered)))  # noqa: S311 -- see above
        return [option for option in options if option in chosen]

    def _resolve(self, written: str, pool: str, visited: set[str]) -> list[Option]:
        """Return a lookup's values as options, or the text itself. Deep nesting is walked with a stack."""
        if not written or self.values(written) is None:
            return [Option(written)]
        found: list[Option] = []
        waiting: list[tuple[str, bool]] = [(written, True)]
        while waiting:
            text, is_name = waiting.pop()
            values = self.values(text) if is_name else None
            if values is None:
                found.append(Option(literal(text), pool if text else ""))
            elif text in visited:
                self._warn(f"the lookup {text} comes twice in one token; the second time is left out")
            else:
                visited.add(text)
                waiting += [(str(value).strip(), True) for value in reversed(values)]
        return found

    def _unknown(self, written: str) -> str:
        """Say that a token of one word chooses nothing, with the lookup that may have been meant."""
        near = get_close_matches(show(written), list(self._lookups), n=1)
        hint = f"; the lookup [{near[0]}] may be meant" if near else ""
        return f"[{show(written)}] is no lookup and offers no choice: the word itself is taken{hint}"

    def _warn(self, text: str) -> None:
        if text not in self.warnings:
            self.warnings.append(text)
