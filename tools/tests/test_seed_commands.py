"""The table of the seeds' commands is complete, and every row that can run today does what the document says."""

from __future__ import annotations

import os
import secrets
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from localservices import ensure_services, stop_services

import seed_commands
from seed_commands import ROOT, SYSTEMS, Place, Row, commands_in, groups_of, is_there, read_table, run_group, run_row

SEEDS = ROOT.parent / "shared" / "seeds"
ROWS = read_table()
GROUPS = groups_of(ROWS)
BIN = Path(sys.executable).parent


@pytest.mark.parametrize(
    ("system", "at_least"), [("printer-inventory", 60), ("eztaskmanager", 19), ("soleflip", 50), ("art-factory", 34)]
)
def test_every_command_of_the_documents_has_a_row(system: str, at_least: int) -> None:
    numbers = [number for number, about in SYSTEMS.items() if about == system]
    documents = [path for number in numbers for path in SEEDS.glob(f"{number}_*.txt")]
    if not documents:
        pytest.skip("the documents (../shared/seeds) are not on this machine")
    found = set().union(*(commands_in(path.read_text(encoding="utf-8")) for path in documents))
    missing = found - {row.command for row in ROWS if row.system == system}
    assert len(found) >= at_least
    assert missing == set(), f"no row in {seed_commands.TABLE.name}"


def test_commands_are_found_in_blocks_and_in_running_text() -> None:
    document = (
        "Run `python manage.py one` or `name`.\n```bash\n# a comment\npython manage.py two  # why\n"
        "2. Apply: python manage.py three\nNAME=value\n./four.sh\nprose about python\n```\n"
        "```python\npython = 5\n```\n"
    )
    assert commands_in(document) == {
        "python manage.py one",
        "python manage.py two",
        "python manage.py three",
        "./four.sh",
    }


def test_every_row_is_run_or_says_why_not() -> None:
    for row in ROWS:
        assert not (row.why_not and (row.run or row.until or row.later or row.exit)), row.command
        assert bool(row.exists) == bool(row.later), row.command
        assert not row.beside or any(
            (other.folder, other.command) == (row.folder, row.beside) and other.until for other in ROWS
        )


def test_a_command_stands_once(tmp_path: Path) -> None:
    table = tmp_path / "table.toml"
    table.write_text("[[row]]\ncommand = 'a'\n[[row]]\ncommand = 'a'\nfolder = 'other/place'\n")
    assert len(read_table(table)) == 2
    table.write_text("[[row]]\ncommand = 'a'\n[[row]]\ncommand = 'a'\n")
    with pytest.raises(ValueError, match="twice in the table: a"):
        read_table(table)


def test_every_row_is_run_once() -> None:
    run = [row for group in GROUPS for row in group]
    assert sorted(row.command for row in run) == sorted(row.command for row in ROWS if not row.why_not)
    for group in GROUPS:
        assert group[0].until or {(row.folder, row.line, row.exit) for row in group} == {
            (group[0].folder, group[0].line, group[0].exit)
        }
        assert all(row.beside == group[0].command for row in group[1:]) or not group[0].until
    assert len(groups_of([Row("a"), Row("b", run="a"), Row("a", exit=1), Row("a", folder="art-factory")])) == 3


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    """A place without services, for rows that need none."""
    monkeypatch.setattr(seed_commands, "ROOT", tmp_path)
    monkeypatch.setattr(seed_commands, "SECONDS", 10)
    (tmp_path / "printer-inventory").mkdir()
    return Place({"PATH": os.environ["PATH"]}, tmp_path)


@pytest.mark.parametrize(
    ("row", "complaint"),
    [
        (Row("exit 0"), ""),
        (Row("exit 3", exit=3), ""),
        (Row("echo oh; exit 3"), "exit code 3 instead of 0:\noh"),
        (Row("true", exit=1), "exit code 0 instead of 1"),
        (Row("true", then="echo stuck; false"), "stuck"),
        (Row("x", run="test -d {tmp}"), ""),
        (Row("bash -c 'echo up; sleep 60'", until="log:up"), ""),
        (Row("echo broken", until="log:up"), "ended with exit code 0:\nbroken"),
        (Row("python3 -m http.server {port}", until="port"), ""),
    ],
)
def test_a_row_that_does_not_hold_is_noticed(row: Row, complaint: str, here: Place) -> None:
    found = run_row(row, here)
    assert complaint in found
    assert bool(found) == bool(complaint)


def test_what_is_started_beside_a_row_is_up_and_is_stopped(here: Place) -> None:
    server = Row(f"bash -c 'echo $$ > {here.tmp}/pid; echo up; sleep 60'", until="log:up")
    row = Row(f"kill -0 $(cat {here.tmp}/pid)", beside=server.command)
    wrong = Row("false", beside=server.command)
    (group,) = groups_of([row, server, wrong])
    assert group == [server, row, wrong]
    assert run_group(group, here) == "false: exit code 1 instead of 0:\n"
    with pytest.raises(ProcessLookupError):
        os.kill(int((here.tmp / "pid").read_text()), 0)


def test_what_is_not_there_yet_is_known(here: Place) -> None:
    put = here.tmp / "printer-inventory" / "a.sh"
    row = Row("./a.sh", exists="file:a.sh", later="x")
    text = Row("./a.sh", exists="text:a.sh:word", later="x")
    assert (is_there(row, here), is_there(text, here)) == (False, False)
    put.write_text("a word\n")
    assert (is_there(row, here), is_there(text, here)) == (True, True)
    assert is_there(Row("a", exists="program:bash", later="x"), here)
    assert not is_there(Row("a", exists="program:no-such-program", later="x"), here)


@pytest.fixture(scope="module")
def services(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """What `make up` leaves behind, in a folder of its own, with a migrated database."""
    root = tmp_path_factory.mktemp("clone")
    up = ensure_services(root).environment()
    try:
        with psycopg.connect(up["DATABASE_SERVER_URL"] + "/postgres", autocommit=True) as connection:
            connection.execute("CREATE DATABASE printer_inventory")
            connection.execute("CREATE DATABASE soleflip")
        place = Place(
            {
                **{
                    name: value
                    for name, value in os.environ.items()
                    if not name.startswith(("DB_", "REDIS_", "DJANGO_"))
                },
                **up,
                "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}",
                "DATABASE_URL": f"sqlite://{root}/demo.sqlite3",  # of eztaskmanager's demo project
                "DEBUG": "True",
                "LOG_DIR": str(root / "logs"),
                "CELERY_BEAT_SCHEDULE_FILENAME": str(root / "beat"),
                "REDISCLI_AUTH": up["REDIS_PASSWORD"],
                "DJANGO_SUPERUSER_PASSWORD": secrets.token_urlsafe(16),
                "GIT_PAGER": "cat",
            },
            root,
            {
                "art-factory": {
                    "DATABASE_URL": f"sqlite://{root}/art.sqlite3",
                    "MEDIA_ROOT": str(root / "media"),
                    "KEY_FILE": str(root / "art.key"),
                    "AUTO_UPKEEP": "False",
                },
                "soleflip": {
                    "DATABASE_URL": up["DATABASE_SERVER_URL"] + "/soleflip",
                    "ENVIRONMENT": "development",
                    "DEBUG": "False",
                },
            },
        )
        for folder in ("printer-inventory", "eztaskmanager/demoproject", "art-factory"):
            assert run_row(Row("python manage.py migrate", folder=folder), place) == ""
        assert run_row(Row("python -m cli db upgrade", folder="soleflip"), place) == ""
        yield place
    finally:
        stop_services(root)


@pytest.mark.slow
@pytest.mark.skipif(
    not (ROOT / "printer-inventory" / "manage.py").exists(), reason="Printer Inventory is not there yet"
)
@pytest.mark.parametrize(
    "group", GROUPS, ids=lambda group: f"{group[0].system}: {' | '.join(row.command for row in group)}"
)
def test_the_commands_work(group: list[Row], services: Place) -> None:
    if missing := [row.later for row in group if not is_there(row, services)]:
        pytest.skip(f"comes with {missing[0]}")
    assert run_group(group, services) == ""
