"""`db`: the database: migrated, dumped, put back, emptied."""

from __future__ import annotations

import os
import shutil
import subprocess
import tarfile
import tempfile
from pathlib import Path
from typing import Annotated

import psutil
import psycopg
import typer
from psycopg.conninfo import conninfo_to_dict

from shared.config.settings import get_settings
from shared.database.migrating import migrate

app = typer.Typer(no_args_is_help=True, help="The database")
MEDIA = ".media.tar"
"""What the file with the photos ends with, beside a dump of the same name."""
VARIABLES = {"host": "PGHOST", "port": "PGPORT", "user": "PGUSER", "password": "PGPASSWORD", "dbname": "PGDATABASE"}
IMPORTS = """SELECT created_at, source_file, status, total_records, error_records FROM integration.import_batches
    ORDER BY created_at DESC LIMIT 10"""
BUSY = """SELECT pg_size_pretty(pg_database_size(current_database())), count(*) FROM pg_stat_activity
    WHERE datname = current_database()"""
SCHEMAS = """SELECT nspname FROM pg_namespace WHERE nspname NOT LIKE 'pg\\_%' AND nspname <> 'information_schema'"""


@app.command()
def upgrade(revision: str = "head") -> None:
    """Apply every pending migration."""
    migrate(get_settings(), revision)
    typer.echo(f"The database is at {revision}.")


@app.command()
def url() -> None:
    """Print the database's address without its password."""
    head, _, tail = get_settings().libpq_url.rpartition("@")
    typer.echo(f"{head.split('://')[0]}://...@{tail}")


@app.command()
def status() -> None:
    """Print the latest imports, and how busy machine and database are."""
    with psycopg.connect(get_settings().libpq_url) as held:
        for at, file, state, total, wrong in held.execute(IMPORTS).fetchall():
            typer.echo(f"{at:%Y-%m-%d %H:%M} {state:<11} {total} rows, {wrong} with errors: {file}")
        size, connections = held.execute(BUSY).fetchone() or ("", 0)
    memory = psutil.virtual_memory()
    typer.echo(
        f"database {size}, {connections} connections; processor {psutil.cpu_percent(0.2)} %, memory {memory.percent} %"
    )


@app.command()
def backup(file: Path) -> None:
    """Dump the database into a file only its owner reads; a dump that breaks leaves none."""
    file.parent.mkdir(parents=True, exist_ok=True)
    unfinished = file.with_name(f"{file.name}.part")
    unfinished.touch(mode=0o600)
    try:
        _run(_tool("pg_dump"), "--format=custom", f"--file={unfinished}", environment=_environment())
        unfinished.replace(file)
    finally:
        unfinished.unlink(missing_ok=True)
    typer.echo(f"{file}: {file.stat().st_size} bytes")
    _pack(file.with_suffix(MEDIA))


@app.command()
def restore(file: Annotated[Path, typer.Argument(exists=True, dir_okay=False)]) -> None:
    """Put the database back as a dump has it, all of it or, when anything goes wrong, nothing; what was made since is gone."""
    told = _environment()
    with tempfile.TemporaryDirectory() as folder:  # only ours to read
        script = Path(folder) / "restore.sql"
        _run(_tool("pg_restore"), "--no-owner", f"--file={script}.dump", str(file))
        script.write_text("\n".join(["SET lock_timeout = '30s';", *_dropping(), ""]), encoding="utf-8")
        with script.open("ab") as whole, Path(f"{script}.dump").open("rb") as dumped:
            shutil.copyfileobj(dumped, whole)
        _run(_tool("psql"), "-q", "-X", "--single-transaction", "--set=ON_ERROR_STOP=1", f"--file={script}",
             f"--output={os.devnull}", environment=told)  # fmt: skip
    typer.echo(f"The database is as in {file}.")
    packed, media = file.with_suffix(MEDIA), get_settings().media_root
    if packed.is_file():
        media.mkdir(mode=0o700, parents=True, exist_ok=True)
        with tarfile.open(packed) as files:
            files.extractall(media, filter="data")
        typer.echo(f"The photos of {packed} are back.")


@app.command()
def reset(yes: Annotated[bool, typer.Option("--yes", help="Do not ask")] = False) -> None:
    """Remove everything and make the tables anew."""
    settings = get_settings()
    if settings.is_production:
        raise typer.BadParameter("not in production: restore a backup, or drop the database yourself")
    if not yes:
        typer.confirm("Everything in this database is removed. Go on?", abort=True)
    with psycopg.connect(settings.libpq_url) as held:
        for statement in _dropping():
            held.execute(statement.encode())
    upgrade()


def _pack(target: Path) -> None:
    """Pack what lies below the media folder, if anything does; after the dump, so that every row's file is in it."""
    media = get_settings().media_root
    if not media.is_dir() or not any(media.iterdir()):
        return
    unfinished = target.with_name(f"{target.name}.part")
    unfinished.touch(mode=0o600)
    try:
        with tarfile.open(unfinished, "w") as files:
            files.add(media, arcname=".")
        unfinished.replace(target)
    finally:
        unfinished.unlink(missing_ok=True)
    typer.echo(f"{target}: {target.stat().st_size} bytes")


def _environment() -> dict[str, str]:
    """Return how PostgreSQL's programs find the database: by variables, which other people's process lists do not show."""
    found = conninfo_to_dict(get_settings().libpq_url)
    return {**os.environ, **{VARIABLES[name]: str(value) for name, value in found.items() if name in VARIABLES}}


def _tool(name: str) -> str:
    """Return a program of PostgreSQL's; says what to install when it is not here."""
    found = shutil.which(name)
    if found is None:
        typer.echo(f"{name} is not installed: it comes with PostgreSQL's client programs (postgresql-client)", err=True)
        raise typer.Exit(2)
    return found


def _run(*command: str, environment: dict[str, str] | None = None) -> None:
    """Run a program; ends with its words when it does not succeed."""
    found = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if found.returncode:
        typer.echo(f"{Path(command[0]).name}: {found.stderr.strip()[-2000:]}", err=True)
        raise typer.Exit(1)


def _dropping() -> list[str]:
    """Return the statements that empty the database of every schema there is now."""
    with psycopg.connect(get_settings().libpq_url) as held:
        names = [row[0] for row in held.execute(SCHEMAS)]
    return [*(f'DROP SCHEMA IF EXISTS "{name}" CASCADE;' for name in names), "CREATE SCHEMA public;"]
