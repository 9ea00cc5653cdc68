"""dynamic-prompts templates, read into our language. Counts of dynamicprompts 0.31's combinatorial mode where both agree."""

from __future__ import annotations

import io

import pytest
from django.core.management import call_command
from django.test import Client
from hypothesis import given, settings
from hypothesis import strategies as st

from main.expansion import Expansion, ExpansionError, translate
from main.models import Order
from main.tests.test_commands import told

LOOKUPS = {"color": ["red", "blue"], "animal_cat": ["tabby"], "animal_dog": ["poodle", "husky"], "deep": ["__color__"]}


def prompts(text: str) -> list[str]:
    """Return what a template makes."""
    found = Expansion(translate(text, LOOKUPS).prompt, "", lookups=LOOKUPS).plan(per_batch=5000, limit=5000)
    return [item.prompt for item in found.items]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a cat", ["a cat"]),
        ("{red|blue} {cat|dog}", ["red cat", "red dog", "blue cat", "blue dog"]),
        ("a {red|{light|dark} blue} cat", ["a red cat", "a light blue cat", "a dark blue cat"]),
        ("{a|}b", ["ab", "b"]),
        ("{2$$a|b}", ["a, b", "b, a"]),
        ("{1-2$$ and $$a|b}", ["a", "b", "a and b", "b and a"]),
        ("{-1$$a|b}x", ["x", "ax", "bx"]),
        ("__color__ cat", ["red cat", "blue cat"]),
        ("__animal/*__", ["tabby", "poodle", "husky"]),
        ("{__color__|green}", ["red", "blue", "green"]),
        ("${c={red|blue}}a ${c} cat", ["a red cat", "a blue cat"]),
        ("${c:green} cat", ["green cat"]),
        ("cat # a comment\n", ["cat"]),
        ("{3::red|0.5::blue}", ["red", "blue"]),
        (r"\{a\|b\}", ["{a|b}"]),
        ("[a,b] (x:1.2) {y, z|w}", ["[a,b] (x:1.2) y, z", "[a,b] (x:1.2) w"]),
    ],
)
def test_templates(text: str, expected: list[str]) -> None:
    assert prompts(text) == expected


def test_counts_of_the_combinatorial_mode() -> None:
    assert len(prompts("{2$$a|b|c}")) == 6
    assert len(prompts("{1-3$$a|b|c}")) == 15
    assert len(prompts("{2$$__color__|x|y}")) == 10
    assert len(prompts("__color__ " * 3)) == 8
    text = translate("__color__ " * 12, LOOKUPS).prompt
    assert Expansion(text, "", lookups=LOOKUPS).plan(per_batch=5, limit=5).total == 4096


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("{0.5::a|b}", "weights"),
        ("__nothing__", "no lookup nothing"),
        ("${x}", "no value"),
        ("${x=!{a|b}}${x}", "anew"),
        ("{color|x}", "also the name of a lookup"),
    ],
)
def test_what_is_done_another_way_is_said(text: str, word: str) -> None:
    assert word in " ".join(translate(text, LOOKUPS).warnings)


@pytest.mark.parametrize("text", ["{a", "${a=b", "{" * 40, "{3-1$$a|b}", "{8$$a|b|c|d|e|f|g|h|i}", "${a=${a}}${a}" * 2])
def test_what_cannot_be_read_is_an_error(text: str) -> None:
    with pytest.raises(ExpansionError):
        translate(text, LOOKUPS)


@given(
    st.lists(
        st.sampled_from(["{", "}", "|", "$$", "__color__", "${a=", "${a}", "2$$", "0.5::", "a", "#", "\\", " ", "["]),
        max_size=30,
    )
)
@settings(deadline=None, max_examples=200)
def test_nothing_else_comes_of_any_text(parts: list[str]) -> None:
    try:
        text = translate("".join(parts), LOOKUPS).prompt
    except ExpansionError:
        return
    Expansion(text, "", lookups=LOOKUPS).plan(per_batch=5, limit=5)


def test_a_long_template_is_read_once() -> None:
    assert translate("{a|b} " * 3000, {}).prompt.count("[a,b]") == 3000
    assert translate("{" * 11 + "a|" * 500 + "a" + "}" * 11, {}).prompt == "[a]"


def test_an_order_takes_the_dialect_and_keeps_ours(still, client: Client) -> None:
    form = {"machine": still.pk, "prompt": "a {red|blue} cat", "dialect": "dynamic", "p-size": "64x64", "key": "k"}
    page = client.post("/partials/order/preview/", form).content.decode()
    assert "2 calls" in page
    client.post("/order/", form)
    order = Order.objects.get()
    assert (order.prompt, order.item_count, order.expand) == ("a [red,blue] cat", 2, True)
    page = client.post("/partials/order/preview/", {**form, "prompt": "{a"}).content.decode()
    assert "not closed" in page
    body = {"machine_id": still.pk, "prompt": "{a|b}", "dialect": "dynamic"}
    assert client.post("/api/place-order/", body, content_type="application/json").json()["total_products"] == 2
    assert told("expand", "{a|b|c}", "--dialect", "dynamic")["total"] == 3
    out = io.StringIO()
    call_command("expand", "{a|b}", "--dialect", "dynamic", "--count", stdout=out)
    assert out.getvalue().strip() == "2"
