"""A rule: where on which page a field stands, or how it is calculated from others. Rules travel as JSON between printers."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, get_args

from inventory.polling.web.pages import Action, PageRequest, Scheme, Step
from inventory.web_parser import fields, formula, patterns, xpaths
from inventory.web_parser.errors import RuleError

FORMAT: Final = "printer-inventory/web-rules"
VERSION: Final = 1
MOST_RULES: Final = 100
MOST_STEPS: Final = 20
LONGEST_WAIT: Final = 10.0
LONGEST_PATH: Final = 500
LONGEST_TEXT: Final = 500
SCRIPTS: Final = frozenset({"script", "javascript", "js", "eval", "evaluate", "execute", "execute_script", "inject"})
_OLD_WORDS: Final = {"send_keys": "type", "input": "type", "parse": "read"}


@dataclass(frozen=True, slots=True)
class Rule:
    """How one field is read, or calculated where it has a formula; what is empty does not apply."""

    field: str
    scheme: Scheme = "http"
    path: str = "/"
    xpath: str = ""
    regex: str = ""
    replacement: str = ""
    formula: str = ""
    steps: tuple[Step, ...] = ()
    browser: bool = False

    @property
    def page(self) -> PageRequest:
        """The page the rule looks at."""
        return PageRequest(self.scheme, self.path, self.steps, self.browser)

    @property
    def filled(self) -> tuple[str, ...]:
        """The names this rule fills: its own field and what its steps read."""
        return (self.field, *(step.name for step in self.steps if step.do == "read"))


def check(rule: Rule) -> Rule:
    """Return the rule, or raise RuleError with what is wrong with it."""
    for name in rule.filled:
        if not fields.is_known(name) and not fields.is_variable(name):
            raise RuleError(
                f"{name[:40]!r} is no field, and no name for a variable: write small letters, digits and _."
            )
    if rule.formula:
        tree = formula.parse(rule.formula)
        if rule.field in formula.names_in(tree):
            raise RuleError(f"The formula of {rule.field} uses {rule.field} itself.")
        return rule
    _check_path(rule.path)
    if rule.scheme not in get_args(Scheme):
        raise RuleError("The protocol is http or https.")
    if not rule.xpath and not rule.regex:
        raise RuleError("Say where the value stands: an XPath, a pattern, or both.")
    if rule.xpath:
        xpaths.compiled(rule.xpath)
    if rule.regex:
        patterns.compiled(rule.regex)
    elif rule.replacement:
        raise RuleError("A replacement needs a pattern.")
    if len(rule.replacement) > LONGEST_TEXT:
        raise RuleError(f"The replacement is longer than {LONGEST_TEXT} characters.")
    if len(rule.steps) > MOST_STEPS:
        raise RuleError(f"{len(rule.steps)} steps are too many; {MOST_STEPS} are done at most.")
    for step in rule.steps:
        _check_step(step)
    return rule


def check_all(rules: Sequence[Rule]) -> None:
    """Raise RuleError unless the rules go together: one per field, and formulas that end at read fields."""
    if len(rules) > MOST_RULES:
        raise RuleError(f"{len(rules)} rules are too many; a printer has {MOST_RULES} at most.")
    names: set[str] = set()
    for rule in rules:
        check(rule)
        if twice := names.intersection(rule.filled):
            raise RuleError(f"Two rules fill {min(twice)}; keep one.")
        names.update(rule.filled)
    in_order(rules)


def in_order(rules: Sequence[Rule]) -> list[Rule]:
    """Return the calculated rules, each after those it needs; RuleError for a circle or an unknown name."""
    known = {name for rule in rules for name in rule.filled}
    waiting = {rule.field: rule for rule in rules if rule.formula}
    needs = {name: formula.names_in(formula.parse(rule.formula)) for name, rule in waiting.items()}
    for name, needed in needs.items():
        if unknown := sorted(needed - known):
            raise RuleError(f"The formula of {name} needs {unknown[0]}, which no rule reads.")
    ordered: list[Rule] = []
    while waiting:
        ready = [name for name in waiting if not needs[name] & waiting.keys()]
        if not ready:
            raise RuleError(f"The formulas of {', '.join(sorted(waiting))} need each other.")
        ordered += [waiting.pop(name) for name in ready]
    return ordered


def pages_of(rules: Sequence[Rule]) -> tuple[PageRequest, ...]:
    """Return the pages that rules look at, each once, in the order of the rules."""
    return tuple(dict.fromkeys(rule.page for rule in rules if not rule.formula))


def from_config(data: object) -> Rule:
    """Return the checked rule of a JSON object; RuleError for one that is none."""
    if not isinstance(data, Mapping):
        raise RuleError("A rule is a JSON object.")
    scheme = _text(data, "protocol", 10) or "http"
    rule = Rule(
        field=_text(data, "field", 50),
        scheme="https" if scheme == "https" else "http",
        path=_text(data, "path", LONGEST_PATH) or "/",
        xpath=_text(data, "xpath", xpaths.LONGEST),
        regex=_text(data, "regex", patterns.LONGEST),
        replacement=_text(data, "replacement", LONGEST_TEXT),
        formula=_text(data, "formula", formula.LONGEST),
        steps=steps_of(data.get("steps") or ()),
        browser=data.get("browser") is True,
    )
    if scheme not in get_args(Scheme):
        raise RuleError("The protocol is http or https.")
    return check(rule)


def to_config(rule: Rule) -> dict[str, Any]:
    """Return a rule as JSON, without what does not apply."""
    if rule.formula:
        return {"field": rule.field, "formula": rule.formula}
    told = {"xpath": rule.xpath, "regex": rule.regex, "replacement": rule.replacement}
    return {
        "field": rule.field,
        "protocol": rule.scheme,
        "path": rule.path,
        **{name: text for name, text in told.items() if text},
        **({"steps": [step_config(step) for step in rule.steps]} if rule.steps else {}),
        **({"browser": True} if rule.browser else {}),
    }


def export(rules: Sequence[Rule]) -> dict[str, Any]:
    """Return rules as the JSON file that `load` takes."""
    return {"format": FORMAT, "version": VERSION, "rules": [to_config(rule) for rule in rules]}


def load(data: object) -> list[Rule]:
    """Return the rules of an exported file, or of a bare list; RuleError names the rule that is wrong."""
    rows = data
    if isinstance(data, Mapping):
        if data.get("format") != FORMAT or data.get("version") != VERSION:
            raise RuleError(f"This is no file of web rules: its format is not {FORMAT}, version {VERSION}.")
        rows = data.get("rules")
    if not isinstance(rows, list):
        raise RuleError("This is no file of web rules: it has no list of rules.")
    if len(rows) > MOST_RULES:
        raise RuleError(f"{len(rows)} rules are too many; a printer has {MOST_RULES} at most.")
    rules = []
    for place, row in enumerate(rows, 1):
        try:
            rules.append(from_config(row))
        except RuleError as error:
            raise RuleError(f"Rule {place}: {error}") from None
    check_all(rules)
    return rules


def steps_of(data: object) -> tuple[Step, ...]:
    """Return the checked steps of a JSON list; RuleError for what is none, and for scripts."""
    if not isinstance(data, list | tuple):
        raise RuleError("The steps are a list.")
    if len(data) > MOST_STEPS:
        raise RuleError(f"{len(data)} steps are too many; {MOST_STEPS} are done at most.")
    return tuple(_step(row) for row in data)


def step_config(step: Step) -> dict[str, Any]:
    """Return a step as JSON, without what is empty."""
    told = {"selector": step.selector, "value": step.value, "seconds": step.seconds, "name": step.name}
    return {"do": step.do, **{name: value for name, value in told.items() if value}}


def _step(row: object) -> Step:
    if not isinstance(row, Mapping):
        raise RuleError("A step is a JSON object, such as {“do”: “click”, “selector”: “#show”}.")
    word = str(row.get("do") or row.get("action") or row.get("type") or "")[:40].lower()
    if word in SCRIPTS or "script" in row:
        raise RuleError("Scripts are refused on purpose: a step clicks, types, waits or reads.")
    word = _OLD_WORDS.get(word, word)
    if word not in get_args(Action):
        raise RuleError(f"There is no step {word!r}: a step clicks, types, waits or reads.")
    action: Action = word  # type: ignore[assignment] # one of the words, as was just checked
    seconds = row.get("seconds") or row.get("wait") or 0
    if isinstance(seconds, bool) or not isinstance(seconds, int | float) or not math.isfinite(seconds):
        raise RuleError("The seconds of a step are a number.")
    step = Step(
        action, _text(row, "selector", 300), _text(row, "value", LONGEST_TEXT), float(seconds),
        _text(row, "name", 50) or _text(row, "var_name", 50),
    )  # fmt: skip
    _check_step(step)
    return step


def _check_step(step: Step) -> None:
    if not 0 <= step.seconds <= LONGEST_WAIT:
        raise RuleError(f"A step waits {LONGEST_WAIT:g} seconds at most.")
    if step.do == "wait":
        if not step.selector and not step.seconds:
            raise RuleError("Say how many seconds to wait, or for what.")
    elif not step.selector:
        raise RuleError(f"Say what to {step.do}: a CSS selector or an XPath.")
    if step.do == "read" and not step.name:
        raise RuleError("Say which field or variable the step reads.")
    if ">>" in step.selector or step.selector.partition("=")[0].strip().lower() in (
        "css",
        "xpath",
        "text",
        "js",
        "internal",
    ):
        raise RuleError("Write the selector plainly: CSS such as #show, or an XPath that begins with /.")
    if step.selector.startswith(("/", "(")):
        xpaths.compiled(step.selector)


def _check_path(path: str) -> None:
    if not path.startswith("/"):
        raise RuleError("The path begins with /, such as /status.")
    if len(path) > LONGEST_PATH or any(ord(sign) <= 32 or ord(sign) == 127 or sign in "\\#" for sign in path):
        raise RuleError("The path holds a blank, a control character, \\ or #, or is too long.")
    if "{password}" in path:
        raise RuleError("A password never stands in an address; store it at the printer.")


def _text(data: Mapping[Any, Any], name: str, longest: int) -> str:
    value = data.get(name)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise RuleError(f"{name} is a text.")
    if len(value) > longest:
        raise RuleError(f"{name} is longer than {longest} characters.")
    if "\x00" in value:
        raise RuleError(f"{name} holds a NUL character.")
    return value.strip() if name not in ("regex", "replacement", "value") else value
