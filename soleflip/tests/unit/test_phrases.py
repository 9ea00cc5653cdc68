"""Sentences with values: English as they are, German where a German looks; stored problems are recognised."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal

import pytest

from domains.integration.services.profiles import PROFILES, RowRefused
from shared.database.words import ItemStatus
from shared.error_handling.exceptions import BusinessRuleViolation
from shared.rules import field_problems, history_reasons
from shared.rules.import_problems import PROBLEMS, recognised
from shared.translation import Phrase, Word, phrase, speech

pytestmark = pytest.mark.unit


def test_a_phrase_is_english_and_can_be_said_in_german() -> None:
    made = phrase("Only %(free)s of item %(number)s are free", free=2, number=7)
    assert made == "Only 2 of item 7 are free"
    assert json.dumps(made) == '"Only 2 of item 7 are free"'
    assert speech("en").gettext(made) == made
    assert speech("de").gettext(made) == "Nur 2 von Artikel 7 sind frei"


def test_an_exception_keeps_the_phrase_it_was_raised_with() -> None:
    error = BusinessRuleViolation(phrase("Item %(number)s is reserved; release it first", number=9))
    assert speech("de").gettext(str(error)) == "Artikel 9 ist reserviert; geben Sie ihn zuerst frei"


def test_values_are_written_as_the_language_does() -> None:
    price = phrase("StockX takes whole amounts only, not %(price)s", price=Decimal("1234.50"))
    assert price.endswith("not 1234.50")
    assert speech("de").gettext(price).endswith("nicht 1.234,50")
    state = phrase("Item %(number)s is %(status)s; it cannot be offered", number=1, status=ItemStatus.SOLD)
    assert speech("de").gettext(state) == "Artikel 1 ist verkauft; er kann nicht angeboten werden"


def test_values_that_happen_to_be_words_of_ours_stay_as_they_are() -> None:
    say = speech("de").gettext
    assert say("sold") == "verkauft"
    assert say(phrase("There is no location %(code)s", code="sold")) == "Den Lagerort sold gibt es nicht"
    assert say(phrase("There is no location %(code)s", code=Word("sold"))) == "Den Lagerort verkauft gibt es nicht"
    day = phrase("Item %(number)s was bought on %(day)s; it is ours", number=7, day=date(2026, 3, 1))
    assert "01.03.2026" in say(day)
    assert "2026-03-01" in day


def test_values_of_strangers_are_no_templates() -> None:
    made = phrase("There is no location %(code)s", code="%(number)s %s %")
    assert speech("de").gettext(made) == "Den Lagerort %(number)s %s % gibt es nicht"


ROWS: tuple[dict[str, str], ...] = (
    {},
    {"Order Number": "x" * 101, "Item": "A", "Sale Date": "soon\n; or later", "Listing Price": "a lot"},
    {"Order Number": "1", "Item": "A", "Sale Date": "2026-01-01", "Listing Price": "0", "Quantity": "0"},
    {"Order Number": "1", "Item": "A", "Sale Date": "2026-01-01", "Listing Price": "99999999999"},
)


@pytest.mark.parametrize("row", ROWS)
def test_every_problem_of_a_row_is_recognised(row: dict[str, str]) -> None:
    with pytest.raises(RowRefused) as refused:
        PROFILES["stockx"].judge(row)
    for problem in refused.value.problems:
        found = recognised(problem)
        assert isinstance(found, Phrase)
        assert found == problem
        assert speech("de").gettext(found) != problem


def test_every_known_problem_has_its_german_and_others_stay() -> None:
    assert all(speech("de").gettext(each) != each for each in PROBLEMS)
    assert recognised("something of tomorrow") == "something of tomorrow"
    assert recognised("Missing required field: " + "x" * 2000) == "Missing required field: " + "x" * 2000


def test_what_is_stored_in_english_is_said_in_german_and_what_people_typed_stays() -> None:
    say = speech("de").gettext
    told = {
        "order 7-1 is shipped": "Bestellung 7-1 ist versandt",
        "brought in by sold": "angenommen von sold",
        "too small": "too small",
    }
    assert {text: say(history_reasons.recognised(text)) for text in told} == told
    for problem in field_problems.PROBLEMS:
        filled = problem.replace("%(", "").replace(")s", "")
        assert say(field_problems.recognised(filled)) != filled, problem
    assert field_problems.recognised("something new of pydantic") == "something new of pydantic"
