"""The talk with one agent, without sockets and clocks: which request is next, given what came back or did not.

It knows what printers get wrong: PDUs they find too big or stay silent on, GETBULK they do not answer, rows that loop, v1's
habit of refusing a whole request for one unknown object (RFC 1157 4.1.2). Whoever owns the socket sends `request()`, then calls
`answered` or `silent`, until `done`.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from inventory.polling.snmp.answers import Answers, Ask, Get, Table
from inventory.polling.snmp.ber import END_OF_MIB_VIEW, GET, GET_BULK, GET_NEXT, V1, V2C, VarBind
from inventory.polling.snmp.oids import encode_oid

SIZES: Final = (48, 30, 15, 8, 4, 1)
"""Objects per PDU, from the largest down (tooBig, genErr and silence take the next one)."""

FIRST_SIZE: Final = 30
"""Objects per PDU for a printer about which nothing is known."""

SMALL: Final = 4
"""Objects that any agent answers in one PDU."""

MAX_CELLS: Final = 600
"""Cells read of one table: the largest honest ones (ports, localizations) stay below; a device that goes on is cut off."""

MAX_REQUESTS: Final = 300
"""Requests of one poll, retries not counted; a device that needs more is looping."""

TOO_BIG: Final = 1
NO_SUCH_NAME: Final = 2

_SYS_OBJECT_ID: Final = encode_oid("1.3.6.1.2.1.1.2.0")


class Question(NamedTuple):
    """One PDU to send."""

    version: int
    pdu: int
    names: tuple[bytes, ...]
    max_repetitions: int = 0


class TooManyRequests(Exception):  # noqa: N818 - it ends a talk, it is no fault of the program
    """The device keeps us asking without an end."""


class Dialogue:
    """Carries out one `Ask` after the other; what it finds out about the agent is kept in its attributes."""

    def __init__(
        self, version: int | None, size: int = FIRST_SIZE, *, bulk: bool = True, flexible: bool = False
    ) -> None:
        """Start with an agent of `version` (V1, V2C, or None: find out), `size` objects per PDU, GETBULK usable or not.

        `flexible` means that the version was only found out: when it gets no answer any more the other one is tried.
        """
        self.version = V2C if version is None else version
        self.decided = version is not None
        self.size = size
        self.bulk = bulk and version != V1
        self.answers = Answers()
        self.requests = 0
        self._job: _GetJob | _WalkJob | None = None
        self._confirming = False
        self._bulk_proved = False
        self._flexible = flexible
        self._good = 0
        self._before_silence = 0

    @property
    def done(self) -> bool:
        """Whether the last `Ask` has been carried out."""
        return self._job is None or (self._job.done and not self._confirming)

    def begin(self, ask: Ask) -> None:
        """Take up the next `Ask`."""
        self._job = _GetJob(ask.names) if isinstance(ask, Get) else _WalkJob(ask.tables)

    def request(self) -> Question:
        """Return the PDU to send now; TooManyRequests when the talk does not come to an end."""
        self.requests += 1
        if self.requests > MAX_REQUESTS:
            raise TooManyRequests
        if self._confirming:
            return Question(V2C, GET, (_SYS_OBJECT_ID,))
        assert self._job is not None  # noqa: S101 - begin() comes first
        return self._job.question(self)

    def answered(self, version: int, error_status: int, error_index: int, varbinds: list[VarBind]) -> None:
        """Take in an answer to the last request."""
        if self._confirming:
            self._confirming, self.version, self.decided = False, V2C, True
            self.bulk = True
            return
        self._flexible = False
        if self._job is not None and not error_status:
            self._good = max(self._good, self._job.asked)
        if self._before_silence:
            self.size, self._before_silence = self._before_silence, 0
        if not self.decided:
            # A sleeping v2c printer may miss the first request and answer the second, which was v1: ask once more in v2c.
            self.version, self.decided = version, version == V2C
            self._confirming, self.bulk = version == V1, self.bulk and version == V2C
        if self._job is not None:
            self._job.take(self, error_status, error_index, varbinds)

    def silent(self, tries: int) -> None:
        """Nothing came for the `tries`-th time in a row: change what may be the reason before the next try."""
        if self._confirming:
            self._confirming, self.decided = False, True
            return
        if self._flexible and tries >= 2:
            self.decided = False
        if not self.decided:
            self.version = V1 if self.version == V2C else V2C
            return
        if tries < 2:
            return
        if isinstance(self._job, _WalkJob) and self.bulk and not self._bulk_proved:
            self.bulk = False
            self.size = min(self.size, max(self._good, SMALL))
        elif not self._good:
            # Not a word yet: the last try is a small one, for those that are silent on what is too large for them.
            self._before_silence, self.size = self._before_silence or self.size, min(self.size, SMALL)
        elif self._job is not None and self._job.asked > self._good:
            self.size = self._good
        else:
            self.shrink()

    def shrink(self) -> bool:
        """Ask for fewer objects per PDU from now on; False when it is one already."""
        smaller = [size for size in SIZES if size < min(self.size, self._job.asked if self._job else self.size)]
        if not smaller:
            return False
        self.size = smaller[0]
        return True

    def bulk_works(self) -> None:
        """Remember that a GETBULK was answered."""
        self._bulk_proved = True


class _GetJob:
    """Objects by name."""

    def __init__(self, names: tuple[bytes, ...]) -> None:
        self._pending = list(names)
        self._current: tuple[bytes, ...] = ()
        self.asked = 0

    @property
    def done(self) -> bool:
        return not self._pending

    def question(self, talk: Dialogue) -> Question:
        self._current = tuple(self._pending[: talk.size])
        self.asked = len(self._current)
        return Question(talk.version, GET, self._current)

    def take(self, talk: Dialogue, error_status: int, error_index: int, varbinds: list[VarBind]) -> None:
        current = self._current
        if error_status:
            self._refused(talk, error_status, error_index)
            return
        values = talk.answers.values
        left: list[bytes] = []
        if len(varbinds) == len(current):
            for asked, (name, _tag, value) in zip(current, varbinds, strict=True):
                if name != asked:
                    left.append(asked)
                elif value is not None:
                    values[name] = value
        else:
            named = {name: value for name, _tag, value in varbinds}
            left = [name for name in current if name not in named]
            values.update((name, named[name]) for name in current if named.get(name) is not None)
        if left and not talk.shrink():
            # An agent that answers something else than it was asked, one by one: this object is not to be had.
            talk.answers.notes.add("dropped")
            left = left[1:]
        self._pending[: len(current)] = left

    def _refused(self, talk: Dialogue, error_status: int, error_index: int) -> None:
        current = self._current
        if error_status == NO_SUCH_NAME and 0 < error_index <= len(current):
            self._pending.remove(current[error_index - 1])
        elif not talk.shrink():
            self._pending.remove(current[0])
            talk.answers.notes.add("dropped")


class _Cursor:
    """Where a walk stands in one table (GETBULK) or one column (GETNEXT)."""

    __slots__ = ("at", "cells", "done", "first", "last", "length", "rows", "start")

    def __init__(self, entry: bytes, first: int, last: int) -> None:
        self.start = entry + bytes((first,)) if first == last else entry
        self.length = len(entry)
        self.first = first
        self.last = last
        self.at = entry + bytes((first,))
        self.cells = 0
        self.rows = 0
        self.done = False

    def left(self, enough: int) -> int:
        """Return how many cells seem to be left, by the rows of the first column; `enough` where that is not known yet."""
        return self.rows * (self.last - self.first + 1) - self.cells if self.rows else enough


class _WalkJob:
    """Every row of some tables, several tables per PDU."""

    def __init__(self, tables: tuple[Table, ...]) -> None:
        self._cursors = [_Cursor(table.entry, table.first, table.last) for table in tables]
        self._current: list[_Cursor] = []
        self._by_column = False
        self.asked = 0

    @property
    def done(self) -> bool:
        return all(cursor.done for cursor in self._cursors)

    def question(self, talk: Dialogue) -> Question:
        if not talk.bulk and not self._by_column:
            self._split_into_columns()
        active = [cursor for cursor in self._cursors if not cursor.done]
        if not talk.bulk:
            self._current = active[: talk.size]
            self.asked = len(self._current)
            return Question(talk.version, GET_NEXT, tuple(cursor.at for cursor in self._current))
        self._current = active[: max(1, talk.size // 2)]
        room = max(1, talk.size // len(self._current))
        repetitions = min(room, 1 + max(1, *(cursor.left(room) for cursor in self._current)))
        self.asked = repetitions * len(self._current)
        return Question(talk.version, GET_BULK, tuple(cursor.at for cursor in self._current), repetitions)

    def _split_into_columns(self) -> None:
        """GETNEXT takes a step per request: walk the columns side by side, from the start of those not finished."""
        self._by_column = True
        cursors: list[_Cursor] = []
        for cursor in self._cursors:
            if cursor.done:
                continue
            entry, reached = cursor.at[: cursor.length], cursor.at[cursor.length]
            for column in range(reached, cursor.last + 1):
                cursors.append(_Cursor(entry, column, column))
                if column == reached:
                    cursors[-1].at = cursor.at
        self._cursors = cursors

    def take(self, talk: Dialogue, error_status: int, error_index: int, varbinds: list[VarBind]) -> None:
        current = self._current
        if error_status:
            self._refused(talk, error_status, error_index)
            return
        if not varbinds:
            # Some agents answer an oversized GETBULK with nothing instead of tooBig.
            if not talk.shrink():
                self._give_up(talk, current[0], "dropped")
            return
        if talk.bulk:
            talk.bulk_works()
        values, columns, width = talk.answers.values, talk.answers.columns, len(current)
        for place, (name, tag, value) in enumerate(varbinds):
            cursor = current[place % width]
            if cursor.done:
                continue
            at = cursor.length
            inside = name.startswith(cursor.start) and len(name) > at + 1 and cursor.first <= name[at] <= cursor.last
            if not inside or tag == END_OF_MIB_VIEW:
                cursor.done = True
                continue
            column, suffix = name[: at + 1], name[at + 1 :]
            rows = columns.get(column)
            if rows is None:
                rows = columns[column] = {}
                cursor.rows = cursor.rows or cursor.cells
            elif suffix in rows:
                if self._repeated(talk, cursor):
                    return
                continue
            rows[suffix] = value
            cursor.at = name
            cursor.cells += 1
            if value is not None:
                values[name] = value
            if cursor.cells >= MAX_CELLS:
                self._give_up(talk, cursor, "truncated")

    def _repeated(self, talk: Dialogue, cursor: _Cursor) -> bool:
        """A row came again: what GETBULK repeats, GETNEXT often gives right, so go on from the last good row with that."""
        talk.answers.notes.add("looping")
        cursor.done = not talk.bulk
        talk.bulk = False
        return not cursor.done

    def _refused(self, talk: Dialogue, error_status: int, error_index: int) -> None:
        current = self._current
        if error_status == NO_SUCH_NAME and 0 < error_index <= len(current):
            current[error_index - 1].done = True
        elif not talk.shrink():
            self._give_up(talk, current[0], "dropped")

    def _give_up(self, talk: Dialogue, cursor: _Cursor, note: str) -> None:
        cursor.done = True
        talk.answers.notes.add(note)
