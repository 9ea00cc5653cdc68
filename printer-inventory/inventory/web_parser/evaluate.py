"""From pages to values, and from values to a reading in the words of every engine."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from inventory.polling.reading import DeviceReading
from inventory.polling.web.pages import Document, Fetched, PageRequest
from inventory.web_parser import documents, fields, formula, numbers, patterns, rules, xpaths
from inventory.web_parser.errors import ReadError, RuleError

ENGINE: Final = "web"
TEXT_LENGTH: Final = 255


@dataclass(frozen=True, slots=True)
class Result:
    """What one rule gave: the text it found, and the value made of it, or a sentence that says why there is none."""

    field: str
    text: str = ""
    value: int | float | str | None = None
    error: str = ""

    def to_json(self) -> dict[str, Any]:
        """Return a JSON-ready dict."""
        return {"field": self.field, "text": self.text, "value": self.value, "error": self.error}


def evaluate(wanted: Sequence[rules.Rule], fetched: Fetched) -> list[Result]:
    """Return a result for each field the rules fill, in the rules' order; nothing is raised for what a page lacks."""
    pages: dict[PageRequest, documents.Page | str] = {}
    found: dict[str, Result] = {}
    for rule in wanted:
        if rule.formula:
            continue
        document = fetched.documents.get(rule.page)
        if document is None:
            text = fetched.errors.get(rule.page, "The page was not asked for.")
            found.update({name: Result(name, error=text) for name in rule.filled})
            continue
        if rule.page not in pages:
            pages[rule.page] = parse(document)
        found[rule.field] = read_one(rule, pages[rule.page])
        found.update({name: _valued(name, document.reads.get(name)) for name in rule.filled[1:]})
    _calculate(wanted, found)
    return [found[name] for rule in wanted for name in rule.filled if name in found]


def read_one(rule: rules.Rule, page: documents.Page | str) -> Result:
    """Return what a rule finds on a parsed page (or the sentence that says why it could not be parsed)."""
    if isinstance(page, str):
        return Result(rule.field, error=page)
    text = ""
    try:
        text = xpaths.first_text(rule.xpath, page.root, page.nodes) if rule.xpath else xpaths.text_of(page.root)
        if rule.regex:
            text = patterns.apply(rule.regex, rule.replacement, text)
        return _valued(rule.field, text)
    except (ReadError, RuleError) as error:
        return Result(rule.field, text[:TEXT_LENGTH], error=str(error))


def reading_of(results: Sequence[Result]) -> DeviceReading:
    """Return the results as a reading; ReadError when not one field that a printer is known by was read."""
    good = {result.field: result for result in results if result.value is not None and fields.is_known(result.field)}
    if not good:
        reasons = dict.fromkeys(result.error for result in results if result.error)
        raise ReadError(" ".join(list(reasons)[:3]) or "No rule fills a field of the printer.")
    texts: dict[str, Any] = {
        attribute: str(good[field].value) for field, attribute in fields.TEXTS.items() if field in good
    }
    counted = {
        name: int(value)
        for field, name in fields.COUNTERS.items()
        if field in good and isinstance(value := good[field].value, int | float)
    }
    supplies = tuple(
        fields.supply_of(
            field, place, value if isinstance(value := good[field].value, int | float) else None, good[field].text
        )
        for place, field in enumerate(fields.SUPPLIES, 1)
        if field in good
    )
    reading = DeviceReading(
        engine=ENGINE,
        counters=counted,
        supplies=supplies,
        warnings=tuple(f"{result.field}: {result.error}" for result in results if result.error),
        raw={f"web.{result.field}": result.text for result in results if result.value is not None},
    )
    return replace(reading, **texts) if texts else reading


def parse(document: Document) -> documents.Page | str:
    """Return the parsed page, or the sentence that says why it is none."""
    try:
        return documents.parse(document)
    except ReadError as error:
        return str(error)


def _valued(field: str, text: str | None) -> Result:
    """Return a text as the kind of value its field holds."""
    if text is None:
        return Result(field, error="The step that reads it did not come to it.")
    shown = text[:TEXT_LENGTH]
    if not text.strip():
        return Result(field, shown, error="The place is empty.")
    try:
        return Result(field, shown, _value(field, text))
    except ReadError as error:
        return Result(field, shown, error=str(error))


def _value(field: str, text: str) -> int | float | str:
    if field == "mac_address":
        digits = re.sub(r"[\s:.-]", "", numbers.plain_digits(text))
        if not re.fullmatch(r"[0-9A-Fa-f]{12}", digits):
            raise ReadError(f"{text[:60]!r} is no MAC address of twelve hexadecimal digits.")
        return ":".join(digits[place : place + 2] for place in range(0, 12, 2)).upper()
    if field in fields.TEXTS:
        return " ".join(text.split())[:TEXT_LENGTH]
    if field in fields.SUPPLIES:
        try:
            return numbers.percentage(text)
        except ReadError:
            if any(sign.isdigit() for sign in text):
                raise
            return " ".join(text.split())[:40]
    return numbers.whole_number(text)


def _calculate(wanted: Sequence[rules.Rule], found: dict[str, Result]) -> None:
    try:
        ordered = rules.in_order(wanted)
    except RuleError as error:
        found.update({rule.field: Result(rule.field, error=str(error)) for rule in wanted if rule.formula})
        return
    for rule in ordered:
        values = {name: int(one.value) for name, one in found.items() if isinstance(one.value, int | float)}
        try:
            value = _fitting(rule.field, formula.calculate(formula.parse(rule.formula), values))
            found[rule.field] = Result(rule.field, str(value), value)
        except ReadError as error:
            found[rule.field] = Result(rule.field, error=str(error))


def _fitting(field: str, value: int) -> int:
    """Return a calculated value that the field can hold."""
    if value < 0:
        raise ReadError(f"The formula gives {value}, less than nothing.")
    if field in fields.TEXTS or (field in fields.SUPPLIES and value > 100):
        raise ReadError(f"{value} is no value for {field}.")
    return value
