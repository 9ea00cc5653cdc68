"""Puts the groups of commands together."""

from __future__ import annotations

import importlib
import pkgutil

import typer

import cli


def build() -> typer.Typer:
    """Return the command line with every module of this package that has an `app`."""
    root = typer.Typer(no_args_is_help=True, help="SoleFlip's command line", pretty_exceptions_enable=False)
    for found in pkgutil.iter_modules(cli.__path__):
        if found.name != "__main__":
            group = getattr(importlib.import_module(f"cli.{found.name}"), "app", None)
            if isinstance(group, typer.Typer):
                root.add_typer(group, name=found.name)
    return root


if __name__ == "__main__":
    build()()
