"""Another language for prompts, read into ours: dynamic-prompts (sd-dynamic-prompts, dynamicprompts 0.31, docs/SYNTAX.md).

`{a|b}`, `{2$$a|b|c}`, `{1-2$$ and $$a|b}`, `0.5::a` weights, `__wildcard__` with `*`, `${name=...}` variables, `#` comments.
Choices are made as the combinatorial mode makes them: every one, each once. What ours cannot say is done another way, and said.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Final

from main.expansion.batch import ExpansionError
from main.expansion.escapes import as_it_stands, escape

DEEPEST: Final = 12
MOST_OPTIONS: Final = 2_000
LAST_ALIAS: Final = 9
_COUNT: Final = re.compile(r"\s*(\d{1,3})?(?:(-)(\d{1,3})?)?\s*\$\$")
_SEPARATOR: Final = re.compile(r"([^{}|$]{0,40})\$\$")
_WEIGHT: Final = re.compile(r"\s*(\d{0,6}\.?\d{1,6})::")
_WILDCARD: Final = re.compile(r"__([\w\-/*.]{1,100}?)__")
_VARIABLE: Final = re.compile(r"\$\{\s*([A-Za-z_]\w{0,40})\s*(?:(=)(!?)|(:)|\})")
_COMMENT: Final = re.compile(r"(?:^|(?<=\s))#[^\n]*", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Text:
    """Letters."""

    text: str


@dataclass(frozen=True, slots=True)
class Wildcard:
    """A list by its name, or several by a pattern."""

    name: str


@dataclass(frozen=True, slots=True)
class Variable:
    """What a variable stands for."""

    name: str


@dataclass(frozen=True, slots=True)
class Variant:
    """`low` to `high` of the options, in every order, joined."""

    options: tuple[tuple[Node, ...], ...]
    low: int = 1
    high: int = 1
    separator: str = ", "


Node = Text | Wildcard | Variable | Variant


@dataclass(slots=True)
class Translation:
    """A prompt in our language, and what was done another way."""

    prompt: str
    warnings: list[str] = field(default_factory=list)


def translate(prompt: str, lookups: Mapping[str, Sequence[str]]) -> Translation:
    """Return a dynamic-prompts template as a prompt of ours. ExpansionError for braces that do not close or too many options."""
    reader = _Reader(_COMMENT.sub("", prompt))
    nodes = reader.sequence(0, "")
    found = Translation("", list(reader.warnings))
    writer = _Writer(lookups, reader.variables, found.warnings)
    found.prompt = "".join(writer.top(node) for node in nodes).strip()
    return found


class _Reader:
    """Reads from left to right, once; `at` only grows."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.variables: dict[str, tuple[Node, ...]] = {}
        self.warnings: list[str] = []

    def sequence(self, depth: int, ends: str) -> tuple[Node, ...]:
        """Read up to one of `ends` (not taken), or to the end when there are none."""
        if depth > DEEPEST:
            raise ExpansionError(f"braces are nested more than {DEEPEST} deep")
        nodes: list[Node] = []
        plain: list[str] = []
        while self.at < len(self.text) and self.text[self.at] not in ends:
            node = self._node(depth)
            if isinstance(node, str):
                plain.append(node)
                continue
            if plain:
                nodes.append(Text("".join(plain)))
                plain = []
            nodes.extend(node)
        if plain:
            nodes.append(Text("".join(plain)))
        return tuple(nodes)

    def _node(self, depth: int) -> str | tuple[Node, ...]:
        sign = self.text[self.at]
        if sign == "\\" and self.text[self.at + 1 : self.at + 2] in tuple("{}|$_#\\"):
            self.at += 2
            return self.text[self.at - 1]
        if sign == "{":
            return (self._variant(depth),)
        if sign == "$" and (match := _VARIABLE.match(self.text, self.at)):
            return self._variable(match, depth)
        if sign == "_" and (match := _WILDCARD.match(self.text, self.at)):
            self.at = match.end()
            return (Wildcard(match[1]),)
        self.at += 1
        return sign

    def _variant(self, depth: int) -> Variant:
        self.at += 1
        low, high, separator = 1, 1, ", "
        if (match := _COUNT.match(self.text, self.at)) and (match[1] or match[2]):
            self.at = match.end()
            low = int(match[1] or 0)
            high = int(match[3]) if match[3] else (-1 if match[2] else low)
            if joined := _SEPARATOR.match(self.text, self.at):
                self.at, separator = joined.end(), joined[1]
        options = []
        while True:
            if match := _WEIGHT.match(self.text, self.at):
                self.at = match.end()
                self.warnings.append("weights (0.5::a) have no effect: every option is made")
            options.append(self.sequence(depth + 1, "|}"))
            if self.at >= len(self.text):
                raise ExpansionError("a brace { is not closed")
            self.at += 1
            if self.text[self.at - 1] == "}":
                break
        high = len(options) if high < 0 else high
        if not 0 <= low <= high:
            raise ExpansionError(f"{low} to {high} options cannot be chosen")
        return Variant(tuple(options), low, min(high, len(options)), separator)

    def _variable(self, match: re.Match[str], depth: int) -> tuple[Node, ...]:
        self.at = match.end()
        name = match[1]
        if match[2]:
            if match[3]:
                self.warnings.append(f"${{{name}=!...}} is chosen anew at each place, not once")
            self.variables[name] = self._closed(depth)
            return ()
        if match[4]:
            otherwise = self._closed(depth)
            return (Variable(name),) if name in self.variables else otherwise
        return (Variable(name),)

    def _closed(self, depth: int) -> tuple[Node, ...]:
        nodes = self.sequence(depth + 1, "}")
        if self.at >= len(self.text):
            raise ExpansionError("a variable ${ is not closed")
        self.at += 1
        return nodes


class _Writer:
    """Writes nodes as tokens of ours."""

    def __init__(
        self, lookups: Mapping[str, Sequence[str]], variables: Mapping[str, tuple[Node, ...]], warnings: list[str]
    ) -> None:
        self.lookups = lookups
        self.variables = variables
        self.warnings = warnings
        self.used: dict[str, int] = {}

    def top(self, node: Node, depth: int = 0) -> str:
        """Return a node as it stands in a prompt."""
        if isinstance(node, Text):
            return as_it_stands(node.text)
        if isinstance(node, Variable):
            return "".join(self.top(one, depth + 1) for one in self._value(node, depth))
        if isinstance(node, Wildcard) and len(found := self._named(node.name)) == 1:
            # There, each place draws by itself; here, that is what aliases are for.
            number = self.used.get(found[0], 0)
            if number <= LAST_ALIAS:
                self.used[found[0]] = number + 1
                return f"[{found[0]}_{number}]" if number else f"[{found[0]}]"
        options = list(dict.fromkeys(self._all((node,), depth)))
        for option in options:
            if option.strip().lower() in self.lookups:
                self._warn(f"“{option.strip()}” is also the name of a lookup, and stands for its values")
        return f"[{','.join(escape(option) for option in options)}]"

    def _all(self, nodes: Sequence[Node], depth: int) -> list[str]:
        """Return every text that a sequence can be."""
        found = [""]
        for node in nodes:
            parts = list(itertools.islice(self._each(node, depth), MOST_OPTIONS + 1))
            if len(found) * len(parts) > MOST_OPTIONS:
                raise ExpansionError(f"nested choices make more than {MOST_OPTIONS} options")
            found = [begin + part for begin in found for part in parts]
        return found

    def _each(self, node: Node, depth: int) -> Iterator[str]:
        if isinstance(node, Text):
            yield node.text
        elif isinstance(node, Variable):
            yield from self._all(self._value(node, depth), depth + 1)
        elif isinstance(node, Wildcard):
            names = self._named(node.name)
            yield from (str(value) for name in names for value in self.lookups[name])
            if not names:
                yield f"__{node.name}__"
        else:
            options = [self._all(option, depth + 1) for option in node.options]
            for number in range(node.low, node.high + 1):
                for chosen in itertools.permutations(options, number):
                    for texts in itertools.product(*chosen):
                        yield node.separator.join(text.strip() for text in texts) if number > 1 else "".join(texts)

    def _value(self, node: Variable, depth: int) -> tuple[Node, ...]:
        if depth > DEEPEST:
            raise ExpansionError(f"the variable {node.name} leads to itself")
        if node.name not in self.variables:
            self._warn(f"the variable {node.name} has no value")
        return self.variables.get(node.name, ())

    def _named(self, name: str) -> list[str]:
        """Return the lookups of a wildcard: folders and signs become `_`, as lookups are named here."""
        plain = re.sub(r"[^a-z0-9_*]", "_", name.lower())
        found = sorted(one for one in self.lookups if fnmatchcase(one.lower(), plain))
        if not found:
            self._warn(f"there is no lookup {plain}; __{name}__ stays as it is")
        return found

    def _warn(self, text: str) -> None:
        if text not in self.warnings:
            self.warnings.append(text)
