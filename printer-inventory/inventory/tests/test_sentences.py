"""Sentences stored in English and said in the reader's language: none is missing, and nothing typed by strangers misleads."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from inventory.polling.snmp import errors
from inventory.rules.sentence_list import SENTENCES
from inventory.rules.sentences import known
from inventory.services.saying import said

ROOT = Path(__file__).resolve().parent.parent.parent
SPEAKERS = (
    "inventory/polling/snmp/errors.py",
    "inventory/polling/web/plain.py",
    "inventory/rules/identity.py",
    "inventory/rules/printer_rows.py",
    "contracts/rules/device_rows.py",
    "monthly_report/rules/month_rows.py",
)
SEVERAL = {"contracts/rules/device_rows.py": {"There is no ¤ ¤. Add it first, or correct the name."}}
"""Sentences whose slots are words of ours: each word has a template of its own."""


def spoken(path: str) -> Iterator[str]:
    """Return the sentences that a module's code holds, `¤` where a value stands."""
    tree = ast.parse((ROOT / path).read_text())
    inner = {id(piece) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for piece in node.values}
    inner |= {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            text = "".join(str(one.value) if isinstance(one, ast.Constant) else "¤" for one in node.values)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in inner:
            text = node.value
        else:
            continue
        if " " in text and text.endswith("."):
            yield text


@pytest.mark.parametrize("path", SPEAKERS)
def test_no_sentence_of_these_modules_is_unknown(path: str):
    said_there = set(spoken(path)) - SEVERAL.get(path, set())
    assert said_there
    unknown = [text for text in said_there if any(values is None for _one, values in known(_sample(text)))]
    assert not unknown


def _sample(text: str) -> str:
    """Return the sentence as it would be stored; of silence the two beginnings."""
    if text.startswith("¤ port ¤ ¤ ("):
        text = text.replace("¤ port ¤ ¤ (¤, ¤ ¤)", "¤ port ¤ stopped answering (SNMP v1, 2 tries)")
    return text.replace("¤", "X1")


def test_a_reason_is_said_in_russian_with_its_values():
    text = errors.refused("10.0.0.7", 161).text
    with translation.override("ru"):
        russian = said(text)
    assert "10.0.0.7" in russian
    assert "161" in russian
    assert "nothing listens" not in russian
    with translation.override("en"):
        assert said(text) == text


def test_sentences_after_one_another_are_said_one_by_one_and_strange_ones_stay():
    text = "13.2027 is no month. Write it as 11.2026 or 2026-11. Something else happened."
    with translation.override("ru"):
        told = said(text)
    assert "13.2027" in told
    assert "no month" not in told
    assert told.endswith("Something else happened.")


def test_a_name_that_looks_like_a_sentence_or_a_slot_stays_a_name():
    with translation.override("ru"):
        assert "%(name)s" in said("There is no organization '%(name)s'. Add it first, or correct the name.")
        assert said("") == ""


def test_every_template_knows_itself():
    for template in SENTENCES:
        assert next(one for one, _values in known(template)) in SENTENCES


@given(st.text(max_size=300))
def test_any_text_is_taken_apart_and_in_english_stays(text: str):
    assert list(known(text))
    with translation.override("en"):
        assert said(text) == text
