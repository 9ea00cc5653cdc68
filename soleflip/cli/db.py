"""`db`: the database."""

from __future__ import annotations

import typer

from shared.config.settings import get_settings
from shared.database.migrating import migrate

app = typer.Typer(no_args_is_help=True, help="The database")


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
