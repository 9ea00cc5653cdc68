"""An import from the file to the last word: columns, verdicts, preview, applied once."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from sheets import (
    FAULT,
    Answer,
    ApplyRecord,
    ApplyRefusedError,
    Column,
    Counts,
    Duplicates,
    Judged,
    Parsed,
    Problem,
    Row,
    digest_of,
    extend,
    fail,
    find_header,
    finish,
    in_chunks,
    judged_from_json,
    match_headers,
    offer,
    parse_row,
    parse_rows,
    preview,
    read_table,
    start,
    write_table,
)
from sheets.parsers import fold, month, number, serial, whole

COLUMNS = (
    Column("serial", "Серийный номер", parse=serial(20), required=True, when_empty="NO_SERIAL"),
    Column("month", "Месяц обслуживания", parse=month(), level="warning", code="BAD_SERVICE_MONTH"),
    Column("pages", "Страниц", parse=whole(0)),
    Column("price", "Цена", parse=number()),
)
POSITIONS = {"serial": 0, "month": 1, "pages": 2}
NOW = datetime(2026, 11, 21, tzinfo=UTC)
LEASE = timedelta(minutes=5)


def test_a_good_row() -> None:
    row = parse_row(Row(2, ("X1", "11.2026", 5)), POSITIONS, COLUMNS)
    assert row == Parsed(2, {"serial": "X1", "month": date(2026, 11, 1), "pages": 5})
    assert row.verdict == "ok"


def test_problems_have_levels_and_codes() -> None:
    row = parse_row(Row(7, ("X1", "soon", "12,5")), POSITIONS, COLUMNS)
    assert row.values == {"serial": "X1", "month": None, "pages": None}
    assert [(p.code, p.column, p.level) for p in row.problems] == [
        ("BAD_SERVICE_MONTH", "month", "warning"),
        ("NOT_WHOLE", "pages", "error"),
    ]
    assert row.verdict == "error"
    assert parse_row(Row(7, ("X1", "soon")), POSITIONS, COLUMNS).verdict == "warning"


def test_empty_and_failed_cells() -> None:
    row = parse_row(Row(3, (None, None, FAULT)), POSITIONS, COLUMNS)
    assert [(p.code, p.column) for p in row.problems] == [("NO_SERIAL", "serial"), ("FORMULA_ERROR", "pages")]
    assert parse_row(Row(3, ("X",)), POSITIONS, COLUMNS).values == {"serial": "X", "month": None, "pages": None}


def file_of(*serials: object) -> bytes:
    target = io.BytesIO()
    write_table(target, ["Серийный номер", "Цена"], [[value, Decimal("1.50")] for value in serials])
    return target.getvalue()


def run(data: bytes, file: str, duplicates: Duplicates, counts: Counts) -> list[Judged]:
    def classify(row: Parsed) -> Answer:
        if row.values["serial"] == "KNOWN":
            return Answer("match", target="17")
        if row.values["serial"] == "LINK":
            return Answer(
                "new", problems=(Problem("WILL_LINK_PRINTER", "A printer has this serial.", level="warning"),)
            )
        if row.values["serial"] == "NOWHERE":
            return Answer("new", problems=(Problem("UNKNOWN_ORGANIZATION", "No such organization."),))
        return Answer("new")

    with read_table(data, header_row=find_header(COLUMNS)) as table:
        assert table.header is not None
        parsed = parse_rows(table, match_headers(table.header, COLUMNS).positions, COLUMNS)
        return list(
            preview(
                parsed,
                classify,
                file=file,
                key_of=lambda row: fold(str(row.values["serial"] or "")),
                duplicates=duplicates,
                counts=counts,
            )
        )


def test_a_session_of_two_files() -> None:
    duplicates, counts = Duplicates(), Counts()
    first = run(file_of("new-1", "KNOWN", None, 123.0, "LINK"), "a.xlsx", duplicates, counts)
    second = run(file_of("NEW-1", "NOWHERE", "new-1"), "b.xlsx", duplicates, counts)
    assert [(row.label, row.verdict, row.target) for row in first] == [
        ("new", "ok", ""),
        ("match", "ok", "17"),
        ("error", "error", ""),
        ("new", "ok", ""),
        ("new", "warning", ""),
    ]
    assert first[3].key == "123"
    assert [(row.label, row.problems[0].code) for row in second] == [
        ("dup_in_file", "DUPLICATE"),
        ("error", "UNKNOWN_ORGANIZATION"),
        ("dup_in_file", "DUPLICATE"),
    ]
    assert second[0].problems[0].text == "The same stands in row 2 of a.xlsx."
    assert duplicates.groups() == {"new-1": [("a.xlsx", 2), ("b.xlsx", 2), ("b.xlsx", 4)]}
    assert counts.as_json() == {
        "rows": 8,
        "verdicts": {"ok": 3, "error": 2, "warning": 3},
        "labels": {"new": 3, "match": 1, "error": 2, "dup_in_file": 2},
        "codes": {"NO_SERIAL": 1, "WILL_LINK_PRINTER": 1, "DUPLICATE": 2, "UNKNOWN_ORGANIZATION": 1},
    }


def test_rows_survive_json() -> None:
    row = run(file_of("LINK"), "a.xlsx", Duplicates(), Counts())[0]
    stored = json.loads(json.dumps(row.as_json()))
    assert stored["values"] == {"serial": "LINK", "price": "1.5"}
    again = judged_from_json(stored)
    assert (again.problems, again.label, again.key, again.verdict, again.number) == (
        row.problems, "new", "link", "warning", 2
    )  # fmt: skip
    assert again.as_json() == stored


def test_a_preview_takes_rows_one_at_a_time() -> None:
    taken = 0

    def rows() -> Iterator[Parsed]:
        nonlocal taken
        for at in range(1_000):
            taken += 1
            yield Parsed(at, {})

    judged = preview(
        rows(), lambda _row: Answer("new"), file="", key_of=lambda _row: "", duplicates=Duplicates(), counts=Counts()
    )
    assert len(next(in_chunks(judged, 200))) == 200
    assert taken == 200


def test_chunks() -> None:
    assert list(in_chunks(range(5), 2)) == [[0, 1], [2, 3], [4]]
    assert list(in_chunks([], 2)) == []


def refused(call: Callable[[], ApplyRecord], code: str) -> None:
    with pytest.raises(ApplyRefusedError) as caught:
        call()
    assert caught.value.code == code


def test_applied_exactly_once() -> None:
    record = offer(digest_of(["file", b"decisions"]))
    running = start(record, record.token, record.digest, NOW, LEASE)
    assert (running.state, running.attempt, running.lease_until) == ("running", 1, NOW + LEASE)
    refused(lambda: start(running, record.token, record.digest, NOW + LEASE / 2, LEASE), "RUNNING")
    done = finish(running)
    refused(lambda: start(done, record.token, record.digest, NOW + 9 * LEASE, LEASE), "ALREADY_APPLIED")
    refused(lambda: finish(done), "ALREADY_APPLIED")
    refused(lambda: fail(done, "too late"), "ALREADY_APPLIED")


def test_only_what_was_shown() -> None:
    record = offer(digest_of(["a"]))
    refused(lambda: start(record, "other", record.digest, NOW, LEASE), "WRONG_TOKEN")
    refused(lambda: start(record, record.token, digest_of(["b"]), NOW, LEASE), "STALE")
    assert offer(record.digest).token != record.token
    assert digest_of(["ab", "c"]) != digest_of(["a", "bc"])


def test_a_lost_attempt_can_be_repeated_and_the_late_one_gives_way() -> None:
    record = offer("d")
    first = start(record, record.token, "d", NOW, LEASE)
    assert extend(first, NOW + LEASE / 2, LEASE).lease_until == NOW + LEASE * 1.5
    later = NOW + LEASE
    assert first.is_lost(later)
    second = start(first, record.token, "d", later, LEASE)
    assert second.attempt == 2
    refused(lambda: extend(first, later, LEASE), "RUNNING")


def test_a_failed_import_keeps_its_reason_and_may_be_repeated() -> None:
    record = offer("d")
    failed = fail(start(record, record.token, "d", NOW, LEASE), "The database is full.")
    assert (failed.state, failed.reason, failed.lease_until) == ("failed", "The database is full.", None)
    assert start(failed, record.token, "d", NOW, LEASE).reason == ""
