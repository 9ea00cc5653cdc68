"""`keys`: the keys of encrypted fields."""

from __future__ import annotations

import typer
from cryptography.fernet import Fernet

from cli.running import in_unit
from shared.repositories.rotation import rotate_fields

app = typer.Typer(no_args_is_help=True, help="Keys of encrypted fields")


@app.command()
def make() -> None:
    """Print a new key; put it in front of the others in FIELD_ENCRYPTION_KEY."""
    typer.echo(Fernet.generate_key().decode())


@app.command()
def rotate() -> None:
    """Encrypt every value anew with the first key; afterwards the others can go."""
    for column, count in in_unit(rotate_fields).items():
        typer.echo(f"{column}: {count}")
