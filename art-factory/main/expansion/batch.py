"""One batch of a prompt: its slots, its sub-prompts, its parameters, and its items by number."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from math import prod
from typing import Any, Final

from main.expansion.commands import Command, extract
from main.expansion.escapes import SLOT, literal, show
from main.expansion.names import Names
from main.expansion.pools import Option, Pools
from main.expansion.space import Space, TooManyStates
from main.expansion.tokens import Piece, Reference, Token, parse
from main.expansion.values import Axis, axis_of

_SPACES: Final = re.compile(r"[ \t]{2,}")
_BEFORE_SIGN: Final = re.compile(r"[ \t]+(?=[,;])")
_SCRIPTS: Final = ("before", "after")
Axes = dict[str, Axis]


class ExpansionError(ValueError):
    """The prompt cannot be expanded; the text says why and what to do."""


@dataclass(frozen=True, slots=True)
class Item:
    """One combination: what a call is asked for. `choices` tells which option each token and each axis took."""

    prompt: str
    negative_prompt: str
    parameters: Mapping[str, Any]
    choices: Mapping[str, Any]
    batch: int = 0

    def identity(self) -> tuple[Any, ...]:
        """Return what makes two items the same."""
        return self.prompt, self.negative_prompt, repr(sorted(self.parameters.items(), key=lambda pair: pair[0]))


@dataclass(slots=True)
class Setting:
    """What all batches of one expansion share."""

    pools: Pools
    names: Names
    seed: int
    form: Axes
    warnings: list[str] = field(default_factory=list)

    def warn(self, text: str) -> None:
        """Note a warning, once."""
        if text not in self.warnings:
            self.warnings.append(text)


class Batch:
    """A part between `(&)` with its negative prompt. Raises ExpansionError."""

    def __init__(self, number: int, prompt: str, negative: str, outer: list[Command], setting: Setting) -> None:
        """`outer` are the meta commands, which every batch inherits."""
        self.number, self.setting = number, setting
        prompt, own = extract("batch", prompt)
        self.limit, self.sample = self._limits(own)
        self._outer = outer + [
            command for command in own if command[0] not in ("maxbatchitem", "maxbatchitems", "sample")
        ]
        self._prompt, self._negative = parse(prompt), parse(negative)
        self._tokens = [piece for piece in [*self._prompt, *self._negative] if isinstance(piece, Token)]
        self._labels = _labels(self._tokens)
        slots = [
            setting.pools.options(token, f"{setting.seed}:{number}:{index}") for index, token in enumerate(self._tokens)
        ]
        try:
            self._space = Space(slots)
        except TooManyStates:
            text = "Too many tokens draw from the same lookup. Use aliases such as [color_1], which are free of each other."
            raise ExpansionError(text) from None
        if not self._space.total:
            raise ExpansionError(self._dry(slots))
        self._cache: dict[tuple[Command, ...], Axes] = {}
        self._check_references()
        if any(sign in piece for piece in [*self._prompt, *self._negative] if isinstance(piece, str) for sign in "[]"):
            setting.warn(
                "a bracket stays in the text: [ and ] choose only in pairs and not inside each other; "
                r"write \[ for one that is meant"
            )
        self.per_combination = self._static_size(slots)

    @property
    def total(self) -> int | None:
        """Return how many items there are; None when only making them tells."""
        return None if self.per_combination is None else self._space.total * self.per_combination

    def items(self) -> Iterator[Item]:
        """Make the items, lazily, in order; a sample draws its numbers without making the others."""
        if self.sample is None:
            for number in range(self._space.total):
                yield from self._of_combination(number)
        elif self.per_combination is None:
            drawn = (item for number in self._drawn(self._space.total) for item in self._of_combination(number))
            yield from (item for item, _ in zip(drawn, range(self.sample), strict=False))
        elif self.per_combination:
            for number in self._drawn(self._space.total * self.per_combination):
                combination, rest = divmod(number, self.per_combination)
                for index, item in enumerate(self._of_combination(combination)):
                    if index == rest:
                        yield item
                        break

    def _drawn(self, total: int) -> list[int]:
        """Return the sample's numbers, in order, each once."""
        wanted = min(self.sample or 0, total)
        # Reproducible choices, not secrets.
        chance = random.Random(f"{self.setting.seed}:{self.number}:sample")  # noqa: S311 -- see above
        if wanted * 2 > total:
            return sorted(chance.sample(range(total), wanted))
        numbers: set[int] = set()
        while len(numbers) < wanted:
            numbers.add(chance.randrange(total))
        return sorted(numbers)

    def _of_combination(self, number: int) -> Iterator[Item]:
        chosen = self._space.at(number)
        count = sum(isinstance(piece, Token) for piece in self._prompt)
        prompts = _joined(self._prompt, self._resolved(self._prompt, chosen, 0)).split("||")
        negatives = _joined(self._negative, self._resolved(self._negative, chosen, count)).split("||")
        choices = {label: show(option.text) for label, option in zip(self._labels, chosen, strict=True)}
        for index, (prompt, negative) in enumerate(self._paired(prompts, negatives)):
            text, commands = extract("pipeline", prompt)
            axes = self._axes(commands)
            for position in range(prod(axis.size for axis in axes.values())):
                parameters = self._values(
                    axes, position, f"{self.setting.seed}:{self.number}:{number}:{index}:{position}"
                )
                varied = {name: parameters[name] for name, axis in axes.items() if len(axis.values) > 1}
                yield Item(_tidy(text), _tidy(negative), parameters, {**choices, **varied}, self.number)

    def _values(self, axes: Axes, position: int, seed: str) -> dict[str, Any]:
        """Return one combination of parameters; the first varies slowest."""
        found: dict[str, Any] = {}
        for name, axis in reversed(axes.items()):
            position, at = divmod(position, axis.size)
            found[name] = axis.at(at, f"{seed}:{name}")
        return {name: found[name] for name in axes}

    def _axes(self, commands: list[Command]) -> Axes:
        """Return the parameters of a sub-prompt: its own commands over the batch's over meta's over the form's."""
        key = tuple(commands)
        if key not in self._cache:
            axes = dict(self.setting.form)
            for name, value in [*self._outer, *commands]:
                self._apply(name, value, axes)
            self._cache[key] = axes
        return self._cache[key]

    def _apply(self, name: str, value: str, axes: Axes) -> None:
        names, setting = self.setting.names, self.setting
        if name in _SCRIPTS:
            setting.warn(f"{name}:{show(value)}: there are no scripts here; it is left out")
            return
        found = names.find(name)
        if found is None:
            setting.warn(f"{name} is no parameter of this machine; it is left out")
            return
        try:
            axis = axis_of(show(value), shorthand=names.shorthand(found))
            axes[found] = Axis(tuple(names.coerce(found, one) for one in axis.values), axis.by_chance)
        except ValueError as error:
            setting.warn(f"{name}:{show(value)}: {error}; it is left out")

    def _limits(self, commands: list[Command]) -> tuple[int | None, int | None]:
        found: dict[str, int] = {}
        for name, value in commands:
            if name in ("maxbatchitem", "maxbatchitems", "sample"):
                if not (value.isascii() and value.isdigit() and 1 <= int(value[:9]) <= 1_000_000):
                    raise ExpansionError(f"batch:{name}:{show(value)}: a number from 1 on was expected")
                key = "sample" if name == "sample" else "limit"
                if key in found:
                    self.setting.warn(f"batch:{name} comes twice in one batch; the last one counts")
                found[key] = int(value)
        return found.get("limit"), found.get("sample")

    def _paired(self, prompts: list[str], negatives: list[str]) -> list[tuple[str, str]]:
        if len(negatives) == 1:
            negatives = negatives * len(prompts)
        if len(negatives) != len(prompts):
            raise ExpansionError(
                f"The prompt has {len(prompts)} parts between ||, the negative prompt {len(negatives)}: "
                "give it one part, or as many."
            )
        return list(zip(prompts, negatives, strict=True))

    def _static_size(self, slots: list[list[Option]]) -> int | None:
        """Return how many items each combination makes when that does not depend on what is chosen, else None."""
        texts = {option.text for slot in slots for option in slot}
        odd = any(
            "||" in text or text.startswith("|") or text.endswith("|") or "pipeline:" in text.lower() for text in texts
        )
        prompts, negatives = (_joined(side, [SLOT] * len(side)).split("||") for side in (self._prompt, self._negative))
        parts = [*prompts, *negatives]
        if odd or any(f"|{SLOT}" in part or f"{SLOT}|" in part for part in parts):
            return None
        if any(SLOT in word and ":" in word for part in prompts for word in _words(part)):
            return None
        sizes = 0
        for prompt, _ in self._paired(prompts, negatives):
            commands = extract("pipeline", prompt)[1]
            if any(SLOT in name + value for name, value in commands):
                return None
            sizes += prod(axis.size for axis in self._axes(commands).values())
        return sizes

    def _resolved(self, pieces: list[Piece], chosen: list[Option], first: int) -> list[str]:
        """Return what each piece that is no text becomes, in order; `first` is the number of its first slot."""
        found: list[str] = []
        taken = chosen[:first]
        at = first
        for piece in pieces:
            if isinstance(piece, Token):
                taken.append(chosen[at])
                found.append(chosen[at].text)
                at += 1
            elif isinstance(piece, Reference):
                found.append(self._referred(piece, taken))
            else:
                found.append(piece)
        return found

    def _referred(self, reference: Reference, taken: list[Option]) -> str:
        """Return the value of the nearest token before that draws from the lookup, else the lookup's first."""
        for token, option in zip(reversed(self._tokens[: len(taken)]), reversed(taken), strict=True):
            if reference.name in token.options:
                return option.text
        values = self.setting.pools.values(reference.name)
        return literal(str(values[0])) if values else literal(f"[={show(reference.name)}]")

    def _check_references(self) -> None:
        """Warn, once and before anything is made, of references that find nothing before them."""
        before: list[Token] = []
        for piece in [*self._prompt, *self._negative]:
            if isinstance(piece, Token):
                before.append(piece)
            elif isinstance(piece, Reference):
                name = show(piece.name)
                if not any(piece.name in token.options for token in before):
                    known = self.setting.pools.values(piece.name)
                    rest = "its first value is taken" if known else "there is no such lookup; it stays as it is"
                    self.setting.warn(f"[={name}] comes before any [{name}]: {rest}")

    def _dry(self, slots: list[list[Option]]) -> str:
        """Say which lookup has too few values."""
        pools = [{option.pool for option in slot if option.pool} for slot in slots]
        uses = {pool: sum(pool in one for one in pools) for one in pools for pool in one}
        if not uses:
            return "A token has no options."
        pool = max(uses, key=lambda name: uses[name])
        values = len({option.text for slot in slots for option in slot if option.pool == pool})
        alias = f"Use aliases such as [{show(pool)}_1]."
        return f"lookup `{show(pool)}` has only {values} values but is used {uses[pool]} times. {alias}"


def _joined(pieces: list[Piece], resolved: list[str]) -> str:
    return "".join(piece if isinstance(piece, str) else text for piece, text in zip(pieces, resolved, strict=True))


def _words(text: str) -> list[str]:
    return text.split()


def _tidy(text: str) -> str:
    """Return text as it goes out: signs shown, spaces that an empty option left put together."""
    return show(_BEFORE_SIGN.sub("", _SPACES.sub(" ", text))).strip()


def _labels(tokens: list[Token]) -> list[str]:
    """Name each token by what is typed in it; the second of the same name gets a number."""
    seen: dict[str, int] = {}
    labels = []
    for token in tokens:
        body = show(token.body)[:60]
        seen[body] = seen.get(body, 0) + 1
        labels.append(body if seen[body] == 1 else f"{body} #{seen[body]}")
    return labels
