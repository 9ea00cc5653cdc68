"""All combinations of some slots, counted without making them, and any one of them by its number.

Values of one pool are taken at most once per combination. Where every slot of a pool offers the same values it is enough to
remember how many are taken; otherwise the contested values themselves are remembered. Counts are exact integers of any size.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Final

from main.expansion.pools import Option

MOST_STATES: Final = 20_000
State = tuple[tuple[int, ...], frozenset[tuple[str, str]]]


class TooManyStates(ValueError):  # noqa: N818 -- it is not an error of the caller: another way is taken then
    """This space is too tangled to be counted exactly."""


class Space:
    """The combinations of slots, numbered from 0; the leftmost slot varies slowest."""

    def __init__(self, slots: Sequence[Sequence[Option]]) -> None:
        """Count them. Raises TooManyStates."""
        self.slots = [list(slot) for slot in slots]
        uses = Counter(pool for slot in self.slots for pool in {option.pool for option in slot if option.pool})
        shared = sorted(pool for pool, number in uses.items() if number > 1)
        self._uniform = [pool for pool in shared if self._same_everywhere(pool)]
        self._index = {pool: index for index, pool in enumerate(self._uniform)}
        tangled = set(shared) - set(self._uniform)
        times = Counter((o.pool, o.text) for slot in self.slots for o in slot if o.pool in tangled)
        self._contested = {key for key, number in times.items() if number > 1}
        self._moves = [self._moves_of(slot) for slot in self.slots]
        self._counts = self._count()

    @property
    def total(self) -> int:
        """Return how many combinations there are."""
        return self._counts[0][self._start]

    def at(self, number: int) -> list[Option]:
        """Return one combination; IndexError outside 0 to total - 1."""
        if not 0 <= number < self.total:
            raise IndexError(number)
        chosen: list[Option] = []
        state, taken = self._start, set[tuple[str, str]]()
        for slot, after in zip(self.slots, self._counts[1:], strict=True):
            for option in slot:
                key = (option.pool, option.text)
                if option.pool in self._index and key in taken:
                    continue
                following = self._after(state, option)
                ways = after.get(following, 0) if following is not None else 0
                if number < ways and following is not None:
                    chosen.append(option)
                    taken.add(key)
                    state = following
                    break
                number -= ways
        return chosen

    @property
    def _start(self) -> State:
        return ((0,) * len(self._uniform), frozenset())

    def _same_everywhere(self, pool: str) -> bool:
        sets = [frozenset(o.text for o in slot if o.pool == pool) for slot in self.slots]
        return len({one for one in sets if one}) == 1

    def _moves_of(self, slot: list[Option]) -> list[tuple[Option, int]]:
        """Group options that lead to the same state: one of each kind, and how many there are at first."""
        groups: dict[tuple[str, str], tuple[Option, int]] = {}
        for option in slot:
            key = (option.pool, option.text)
            if option.pool in self._index:
                key = (option.pool, "")
            elif key not in self._contested:
                key = ("", "")
            first, number = groups.get(key, (option, 0))
            groups[key] = (first, number + 1)
        return list(groups.values())

    def _after(self, state: State, option: Option) -> State | None:
        """Return the state after an option, or None when its value is taken."""
        counts, used = state
        key = (option.pool, option.text)
        if option.pool in self._index:
            at = self._index[option.pool]
            return (*counts[:at], counts[at] + 1, *counts[at + 1 :]), used
        if key in self._contested:
            return None if key in used else (counts, used | {key})
        return state

    def _ways(self, state: State, option: Option, number: int) -> int:
        """Return how many options of a group are still free."""
        if option.pool in self._index:
            return max(0, number - state[0][self._index[option.pool]])
        return number

    def _count(self) -> list[dict[State, int]]:
        """Return, before each slot and after the last, how many ways lead on from each state that can be reached."""
        levels: list[set[State]] = [{self._start}]
        for moves in self._moves:
            reached = set()
            for state in levels[-1]:
                for option, number in moves:
                    following = self._after(state, option)
                    if following is not None and self._ways(state, option, number):
                        reached.add(following)
            if len(reached) > MOST_STATES:
                raise TooManyStates
            levels.append(reached)
        counts: list[dict[State, int]] = [dict.fromkeys(levels[-1], 1)]
        for states, moves in zip(reversed(levels[:-1]), reversed(self._moves), strict=True):
            after, before = counts[-1], {}
            for state in states:
                total = 0
                for option, number in moves:
                    following = self._after(state, option)
                    if following is not None:
                        total += self._ways(state, option, number) * after.get(following, 0)
                before[state] = total
            counts.append(before)
        counts.reverse()
        return counts
