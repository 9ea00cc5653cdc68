"""The whole language: from a prompt and its form to the items of an order, counted without making them.

meta commands > batches `(&)` > batch commands > tokens `[...]` > sub-prompts `||` > pipeline commands > parameter lists.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from main.expansion.batch import Axes, Batch, ExpansionError, Item, Setting
from main.expansion.commands import extract
from main.expansion.escapes import hide
from main.expansion.names import AnyNames, Names
from main.expansion.pools import Lookups, Pools
from main.expansion.values import Axis, axis_of

PER_BATCH: Final = 100
HARD: Final = 1000
MANY: Final = 1000
LONGEST: Final = 20_000
_DEBUG: Final = ("dryrun", "debug", "pipeline", "interpolation")


@dataclass(slots=True)
class Plan:
    """What an order will be. `total` is how many items there are in all, exact unless `at_least`; `items` are those to be made.

    `limited` says that a limit cuts some; `skipped` counts identical ones that were left out.
    """

    items: list[Item]
    total: int
    at_least: bool = False
    limited: bool = False
    skipped: int = 0
    batches: int = 1
    dry_run: bool = False
    warnings: list[str] = field(default_factory=list)


class Expansion:
    """One prompt, parsed. Raises ExpansionError for what cannot be expanded."""

    def __init__(
        self,
        prompt: str,
        negative: str = "",
        *,
        lookups: Lookups | None = None,
        parameters: Mapping[str, Any] | None = None,
        names: Names | None = None,
        seed: int = 0,
        brackets: bool = True,
    ) -> None:
        """`parameters` are the form's, by their own names; `brackets` False takes the whole text literally."""
        if len(prompt) > LONGEST or len(negative) > LONGEST:
            raise ExpansionError(f"A prompt may have {LONGEST} characters.")
        self._setting = Setting(Pools(lookups or {}), names or AnyNames(), seed, {})
        self._setting.form = self._form(parameters or {})
        self.dry_run = False
        self._literal = None if brackets else (prompt, negative)
        self.batches = self._parsed(prompt, negative) if brackets else []

    @property
    def warnings(self) -> list[str]:
        """Return what is odd about the prompt, so far as it has been expanded."""
        return [*self._setting.warnings, *self._setting.pools.warnings]

    def count(self) -> int | None:
        """Return how many items there are without making them; None when only making them tells."""
        if self._literal:
            return _product(self._setting.form)
        totals = [_sampled(batch) for batch in self.batches]
        known = [total for total in totals if total is not None]
        return sum(known) if len(known) == len(totals) else None

    def items(self, per_batch: int | None = PER_BATCH) -> Iterator[Item]:
        """Make items lazily; a batch stops at its own limit, or at `per_batch`."""
        if self._literal:
            yield from self._literal_items(*self._literal)
        for batch in self.batches:
            limit = batch.limit or per_batch
            for number, item in enumerate(batch.items()):
                if limit is not None and number >= limit:
                    break
                yield item

    def plan(self, *, per_batch: int = PER_BATCH, limit: int = HARD, skip_identical: bool = True) -> Plan:
        """Return what an order will make: at most `limit` items (never more than 1000), identical ones once."""
        limit = min(limit, HARD)
        seen: set[tuple[Any, ...]] = set()
        found: list[Item] = []
        skipped = made = 0
        cut = False
        for item in self.items(per_batch):
            if made >= limit:
                cut = True
                break
            made += 1
            identity = item.identity()
            if skip_identical and identity in seen:
                skipped += 1
                continue
            seen.add(identity)
            found.append(item)
        total = self.count()
        at_least = total is None
        if total is None:
            total = sum(1 for _ in zip(self.items(None), range(HARD + 1), strict=False))
            at_least = total > HARD
        plan = Plan(found, total, at_least, cut or total > made, skipped, max(1, len(self.batches)), self.dry_run)
        plan.warnings = [*self.warnings, *_remarks(plan)]
        return plan

    def _parsed(self, prompt: str, negative: str) -> list[Batch]:
        text, commands = extract("meta", hide(prompt))
        outer = [command for command in commands if command[0] != "debug"]
        for name, value in commands:
            if name == "debug" and value not in _DEBUG:
                self._setting.warn(f"meta:debug:{value} is not known; there are {', '.join(_DEBUG)}")
            self.dry_run |= (name, value) == ("debug", "dryrun")
        prompts, negatives = text.split("(&)"), hide(negative).split("(&)")
        if len(negatives) == 1:
            negatives *= len(prompts)
        if len(negatives) != len(prompts):
            raise ExpansionError(
                f"The prompt has {len(prompts)} batches, the negative prompt {len(negatives)}: give it one, or as many."
            )
        pairs = zip(prompts, negatives, strict=True)
        return [Batch(number, one, other, outer, self._setting) for number, (one, other) in enumerate(pairs)]

    def _form(self, parameters: Mapping[str, Any]) -> Axes:
        """Return the form's values as axes; ExpansionError for a list that is none. Types are judged by the factory."""
        axes: Axes = {}
        for name, value in parameters.items():
            try:
                axis = axis_of(value, shorthand=self._setting.names.shorthand(name))
            except ValueError as error:
                raise ExpansionError(f"{name}: {error}") from None
            axes[name] = Axis(tuple(self._typed(name, one) for one in axis.values), axis.by_chance)
        return axes

    def _typed(self, name: str, value: Any) -> Any:
        try:
            return self._setting.names.coerce(name, value)
        except ValueError:
            return value

    def _literal_items(self, prompt: str, negative: str) -> Iterator[Item]:
        """Take the text as it is; only the form's lists multiply."""
        axes = self._setting.form
        for position in range(_product(axes)):
            parameters: dict[str, Any] = {}
            rest = position
            for name, axis in reversed(axes.items()):
                rest, at = divmod(rest, axis.size)
                parameters[name] = axis.at(at, f"{self._setting.seed}:{position}:{name}")
            varied = {name: parameters[name] for name, axis in axes.items() if len(axis.values) > 1}
            yield Item(prompt.strip(), negative.strip(), {name: parameters[name] for name in axes}, varied)


def _product(axes: Axes) -> int:
    total = 1
    for axis in axes.values():
        total *= axis.size
    return total


def _sampled(batch: Batch) -> int | None:
    """Return how many items a batch makes by itself: all, or its sample."""
    if batch.sample is None or batch.total is None:
        return batch.total
    return min(batch.sample, batch.total)


def _remarks(plan: Plan) -> list[str]:
    remarks = []
    if plan.limited:
        known = "more than " if plan.at_least else ""
        shown = f"{HARD}" if plan.at_least else _short(plan.total)
        remarks.append(f"{len(plan.items)} of {known}{shown} combinations are made")
    if plan.skipped:
        remarks.append(f"{plan.skipped} identical ones are left out")
    return remarks


def _short(number: int) -> str:
    """Return a number for people: beyond 15 digits as a power of ten."""
    if number < 10**15:
        return f"{number:,}"
    power = (number.bit_length() * 30103) // 100_000
    return f"about 10^{power}"
