"""Forms made from parsers: every kind of argument there and back."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import pytest
from django.core.management.base import CommandParser

from eztaskmanager.forms.arguments import ArgumentForm, check_argv, parser_of
from eztaskmanager.tests.probes.management.commands import probe


def parser() -> argparse.ArgumentParser:
    made = probe.Command().create_parser("manage.py", "probe")
    made.add_argument("--count", type=int, default=3, help="How many")
    made.add_argument("--ratio", type=float, required=True)
    made.add_argument("--pick", choices=["red", "green"])
    made.add_argument("--tag", action="append", default=[])
    made.add_argument("--pair", nargs=2)
    made.add_argument("--cache", action=argparse.BooleanOptionalAction)
    made.add_argument("-q", "--quiet", action="store_true")
    made.add_argument("-x", action="count", default=0)
    either = made.add_mutually_exclusive_group()
    either.add_argument("--json", action="store_true")
    either.add_argument("--xml", action="store_true")
    return made


def filled(**values: Any) -> ArgumentForm:
    values.setdefault("ratio", "0.5")
    return ArgumentForm(parser(), data={f"arg__{k}": v for k, v in values.items()})


@pytest.mark.parametrize(
    ("values", "argv"),
    [
        ({}, ["--ratio", "0.5"]),
        ({"count": "7"}, ["--count", "7", "--ratio", "0.5"]),
        ({"pick": "red"}, ["--ratio", "0.5", "--pick", "red"]),
        ({"tag": "a b\nc"}, ["--ratio", "0.5", "--tag", "a b", "--tag", "c"]),
        ({"pair": "1\n2"}, ["--ratio", "0.5", "--pair", "1", "2"]),
        ({"cache": "no"}, ["--ratio", "0.5", "--no-cache"]),
        ({"cache": "yes"}, ["--ratio", "0.5", "--cache"]),
        ({"quiet": "on", "x": "2"}, ["--ratio", "0.5", "--quiet", "-x", "-x"]),
        ({"deeds": "one\ntwo"}, ["one", "two", "--ratio", "0.5"]),
        ({"deeds": "-1 x\ntwo"}, ["--ratio", "0.5", "--", "-1 x", "two"]),
        ({"ratio": "-2.5"}, ["--ratio=-2.5"]),
    ],
)
def test_fields_become_arguments_and_come_back(
    values: dict[str, str], argv: list[str]
) -> None:
    form = filled(**values)
    assert form.is_valid(), form.errors
    assert form.argv() == argv

    shown = ArgumentForm(parser(), argv=argv)
    for name, value in values.items():
        if name != "ratio":
            initial = shown.fields[f"arg__{name}"].initial
            assert initial == (True if value == "on" else value)


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"count": "many"}, "whole number"),
        ({"pick": "blue"}, "blue"),
        ({"ratio": ""}, "required"),
        ({"pair": "1"}, "expected 2 arguments"),
        ({"json": "on", "xml": "on"}, "Not together with --json"),
    ],
)
def test_what_the_parser_refuses_is_refused(values: dict[str, str], words: str) -> None:
    form = filled(**values)

    assert not form.is_valid()
    assert words in str(form.errors)


def test_subcommands_bring_their_own_fields() -> None:
    made = CommandParser(prog="x")
    inner = made.add_subparsers(dest="what", required=True)
    inner.add_parser("load").add_argument("file")
    inner.add_parser("drop-all").add_argument("--really", action="store_true")

    form = ArgumentForm(
        made, data={"arg__what": "drop-all", "arg__drop_all__really": "on"}
    )
    assert form.is_valid(), form.errors
    assert form.argv() == ["drop-all", "--really"]

    form = ArgumentForm(made, data={"arg__what": "load"})
    assert not form.is_valid()
    assert "file" in str(form.errors)


def test_trying_arguments_opens_no_file(tmp_path: Path) -> None:
    class Writing(probe.Command):
        def add_arguments(self, parser: argparse.ArgumentParser) -> None:
            parser.add_argument("--out", type=argparse.FileType("w"))

    made = parser_of(Writing(), "writing")

    assert check_argv(made, ["--out", str(tmp_path / "file")]) == ""
    assert not (tmp_path / "file").exists()
    assert check_argv(made, ["--help"]) != ""


def test_the_frameworks_own_options_stay_out_of_sight() -> None:
    names = set(ArgumentForm(parser()).fields)

    assert "arg__verbosity" in names
    assert not names & {"arg__settings", "arg__traceback", "arg__help"}
