"""A form made from a command's own argparse parser, and back to a list of arguments.

One field per argument. Subcommands bring their own fields, of which those of the chosen
one count. What the parser refuses is refused here, in the parser's words.
"""

from __future__ import annotations

import argparse
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django import forms
from django.core.management import BaseCommand, CommandError
from django.utils.translation import gettext as _

HIDDEN = frozenset(
    {
        "help",
        "version",
        "settings",
        "pythonpath",
        "traceback",
        "no_color",
        "force_color",
        "skip_checks",
        "launch_report_id",
    }
)
PREFIX = "arg"
MANY = ("*", "+", argparse.REMAINDER)


@dataclass(frozen=True)
class Argument:
    """One argparse action; `path` names the subcommands it belongs to."""

    action: argparse.Action
    path: tuple[str, ...] = ()
    group: str = ""

    @property
    def name(self) -> str:
        """The field's name, without characters HTML ids do not like."""
        return "__".join([PREFIX, *self.path, self.action.dest]).replace("-", "_")

    @property
    def flag(self) -> str:
        """The longest option string, or nothing for a positional argument."""
        return max(self.action.option_strings, key=len, default="")

    @property
    def is_switch(self) -> bool:
        """Whether it is set or not set, without a value."""
        return self.action.nargs == 0 and bool(self.action.option_strings)

    @property
    def is_many(self) -> bool:
        """Whether it takes several values: one per line in the form."""
        nargs = self.action.nargs
        return nargs in MANY or (isinstance(nargs, int) and nargs > 0)

    @property
    def is_repeated(self) -> bool:
        """Whether giving it again adds a value."""
        return isinstance(self.action, argparse._AppendAction | argparse._ExtendAction)


def parser_of(command: BaseCommand, name: str) -> argparse.ArgumentParser:
    """Return a command's parser, made safe to try: it opens no files and never exits."""
    parser = command.create_parser("manage.py", name)
    for argument in arguments(parser):
        if isinstance(argument.action.type, argparse.FileType):
            argument.action.type = str
    return parser


def arguments(
    parser: argparse.ArgumentParser, path: tuple[str, ...] = ()
) -> Iterator[Argument]:
    """Yield everything a person may set; the subcommand's choice before its arguments."""
    groups = {
        id(action): f"{'-'.join(path)}{number}"
        for number, group in enumerate(parser._mutually_exclusive_groups)
        for action in group._group_actions
    }
    for action in parser._actions:
        if action.dest in HIDDEN or isinstance(action, argparse._HelpAction):
            continue
        yield Argument(action, path, groups.get(id(action), ""))
        if isinstance(action, argparse._SubParsersAction):
            for name, inner in action.choices.items():
                yield from arguments(inner, (*path, name))


def check_argv(parser: argparse.ArgumentParser, argv: list[str]) -> str:
    """Return the parser's complaint about a list of arguments, or an empty text."""
    try:
        parser.parse_args(argv)
    except (CommandError, argparse.ArgumentError) as error:
        return str(error).removeprefix("Error: ")
    except SystemExit:
        return _("It would print a help text and end.")
    except Exception as error:  # noqa: BLE001 - a parser's type may raise anything
        return f"{type(error).__name__}: {error}"
    return ""


class ArgumentForm(forms.Form):
    """The fields of one parser. `argv()` gives the list once it is valid."""

    def __init__(
        self,
        parser: argparse.ArgumentParser,
        data: Mapping[str, Any] | None = None,
        argv: list[str] | None = None,
    ) -> None:
        super().__init__(data)
        self.parser = parser
        # What every command has comes last.
        self.arguments = sorted(
            arguments(parser), key=lambda argument: argument.action.dest == "verbosity"
        )
        values = _values(parser, argv) if argv is not None else {}
        for argument in self.arguments:
            field = _field(argument)
            if argument.action.dest in values:
                field.initial = _initial(argument, values[argument.action.dest])
            self.fields[argument.name] = field

    def clean(self) -> dict[str, Any]:
        """Ask the parser itself."""
        cleaned = super().clean() or {}
        self.check_groups(cleaned)
        if not self.errors:
            complaint = check_argv(self.parser, self.argv())
            if complaint:
                raise forms.ValidationError(complaint)
        return cleaned

    def check_groups(self, cleaned: dict[str, Any]) -> None:
        """Name the fields of a group of which only one may be set."""
        chosen: dict[str, list[Argument]] = {}
        for argument in self.arguments:
            is_set = cleaned.get(argument.name) not in (None, "", False, [])
            if is_set and argument.group and self._is_chosen(argument):
                chosen.setdefault(argument.group, []).append(argument)
        for together in chosen.values():
            for argument in together[1:]:
                other = together[0].flag or _("another")
                complaint = _("Not together with %(other)s.") % {"other": other}
                self.add_error(argument.name, complaint)

    def argv(self) -> list[str]:
        """Return the arguments as a shell would hand them over."""
        flags: list[str] = []
        words: list[str] = []
        nested: list[str] = []
        for argument in self.arguments:
            if argument.path:
                continue
            if isinstance(argument.action, argparse._SubParsersAction):
                nested = self._subcommand(argument)
            elif argument.flag:
                flags += self._words(argument)
            else:
                words += self._words(argument)
        if nested:
            return flags + words + nested
        if any(word.startswith("-") for word in words):
            return [*flags, "--", *words]
        # Words first: an option that takes several values would swallow them.
        return words + flags

    def _subcommand(self, argument: Argument) -> list[str]:
        chosen = self.cleaned_data.get(argument.name) or ""
        if not chosen:
            return []
        inner = [a for a in self.arguments if a.path == (*argument.path, chosen)]
        words = [chosen]
        for other in inner:
            if isinstance(other.action, argparse._SubParsersAction):
                words += self._subcommand(other)
            else:
                words += self._words(other)
        return words

    def _is_chosen(self, argument: Argument) -> bool:
        """Whether the subcommands an argument belongs to are the ones chosen."""
        chosen = {
            self.cleaned_data.get(other.name)
            for other in self.arguments
            if isinstance(other.action, argparse._SubParsersAction)
        }
        return set(argument.path) <= chosen

    def _words(self, argument: Argument) -> list[str]:
        value = self.cleaned_data.get(argument.name)
        if value in (None, "", False, []):
            return []
        action, flag = argument.action, argument.flag
        if isinstance(action, argparse.BooleanOptionalAction):
            wanted = value == "yes"
            return [
                text
                for text in action.option_strings
                if text.startswith("--") and text.startswith("--no-") != wanted
            ][:1]
        if isinstance(action, argparse._CountAction):
            return [flag] * int(value)
        if argument.is_switch:
            return [flag]
        values = value if isinstance(value, list) else [str(value)]
        if argument.is_repeated and not argument.is_many:
            return [word for one in values for word in _option(flag, one)]
        if not flag:
            return [str(one) for one in values]
        if argument.is_many:
            return [flag, *map(str, values)]
        return _option(flag, values[0])


def _option(flag: str, value: str) -> list[str]:
    """Return flag and value, joined where the value would pass for a flag."""
    if str(value).startswith("-") and flag.startswith("--"):
        return [f"{flag}={value}"]
    return [flag, str(value)]


class LinesField(forms.CharField):
    """Several values, one per line."""

    widget = forms.Textarea(attrs={"rows": 3, "class": "vLargeTextField ez-lines"})

    def clean(self, value: Any) -> Any:
        """Return the lines as a list."""
        text: str = super().clean(value)
        return [line.strip() for line in text.splitlines() if line.strip()]


def _field(argument: Argument) -> forms.Field:
    """Return the field for one argument."""
    action = argument.action
    common: dict[str, Any] = {
        "label": argument.flag or str(action.metavar or action.dest),
        "help_text": _help(argument),
        "required": _required(argument),
    }
    if isinstance(action, argparse._SubParsersAction):
        return forms.ChoiceField(choices=_choices(list(action.choices)), **common)
    if isinstance(action, argparse.BooleanOptionalAction):
        choices = [("", _("as by default")), ("yes", _("yes")), ("no", _("no"))]
        return forms.ChoiceField(choices=choices, **common)
    if isinstance(action, argparse._CountAction):
        return forms.IntegerField(min_value=0, max_value=20, **common)
    if argument.is_switch:
        return forms.BooleanField(**{**common, "required": False})
    if action.choices is not None and not argument.is_many and not argument.is_repeated:
        return forms.ChoiceField(choices=_choices(list(action.choices)), **common)
    if argument.is_many or argument.is_repeated:
        return LinesField(**common)
    if action.type is int:
        return forms.IntegerField(**common)
    if action.type is float:
        return forms.FloatField(**common)
    return forms.CharField(
        widget=forms.TextInput(attrs={"class": "vTextField"}), strip=False, **common
    )


def _choices(values: list[Any]) -> list[tuple[str, str]]:
    return [("", "---------"), *((str(value), str(value)) for value in values)]


def _required(argument: Argument) -> bool:
    """Positional arguments are required unless nargs or a default says otherwise."""
    action = argument.action
    if argument.path or argument.group:
        return False  # the parser knows, once the subcommand is chosen
    if argument.flag or isinstance(action, argparse._SubParsersAction):
        return bool(action.required)
    return action.nargs not in ("?", "*", argparse.REMAINDER)


def _help(argument: Argument) -> str:
    action = argument.action
    try:
        text = (action.help or "") % {**vars(action), "prog": "manage.py"}
    except (KeyError, TypeError, ValueError):
        text = action.help or ""
    notes = []
    if argument.is_many or argument.is_repeated:
        notes.append(_("One value per line."))
    default = action.default
    if default not in (None, False, argparse.SUPPRESS, []) and "default" not in text:
        notes.append(_("Default: %(value)s") % {"value": default})
    if text and not text.endswith((".", "?", "!")) and notes:
        text += "."
    return " ".join([text, *notes]).strip()


def _values(parser: argparse.ArgumentParser, argv: list[str]) -> dict[str, Any]:
    """Return what a list of arguments sets, by destination; nothing when it is refused."""
    if check_argv(parser, argv):
        return {}
    given = vars(parser.parse_args(argv))
    return {name: value for name, value in given.items() if value is not None}


def _initial(argument: Argument, value: Any) -> Any:
    action = argument.action
    if value == action.default and not isinstance(action, argparse._SubParsersAction):
        return None
    if isinstance(action, argparse.BooleanOptionalAction):
        return "yes" if value else "no"
    if argument.is_switch and not isinstance(action, argparse._CountAction):
        const = getattr(action, "const", True)
        return value == const
    if isinstance(value, list):
        flat = [
            word for one in value for word in (one if isinstance(one, list) else [one])
        ]
        return "\n".join(str(word) for word in flat)
    return str(value)


def command_line(name: str, argv: list[str]) -> str:
    """Return the line a person would type: `manage.py name ...`."""
    return shlex.join(["manage.py", name, *argv])
