"""The prompt language: the documented counts, and what must hold for any prompt."""

from __future__ import annotations

import itertools
import random
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from main.expansion import Axis, Expansion, ExpansionError, axis_of, escape
from main.expansion.pools import Option
from main.expansion.space import Space

COLORS = ["red", "green", "blue", "white"]
LOOKUPS = {
    "color": COLORS,
    "shape": ["circle", "square", "star", "ring", "cross"],
    "age": ["child", "adult", "old"],
    "child": ["baby", "toddler", "preteen", "teenage"],
    "A": ["B", "x"],
    "B": ["A", "y"],
    "two": ["red", "blue"],
    "six": ["a1", "a2", "a3", "a4", "a5", "a6"],
}


def prompts(text: str, negative: str = "", **options) -> list[str]:
    """Return every prompt that a text stands for."""
    return [item.prompt for item in Expansion(text, negative, lookups=LOOKUPS, **options).items(None)]


def counted(text: str, negative: str = "", **options) -> int:
    """Return the count, after checking that it is what enumeration gives."""
    expansion = Expansion(text, negative, lookups=LOOKUPS, **options)
    made = len(list(expansion.items(None)))
    assert expansion.count() in (made, None)
    return made


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("a dog", 1),
        ("A [white,black] dog over a [chair,bed]", 4),
        ("[a,b,c] [d,e] [f,g]", 12),
        ("[x,y,]", 3),
        ("[x]", 1),
        ("[]", 1),
        ("[x,y,z:1]", 1),
        ("[x,y,z:2]", 2),
        ("[color]", 4),
        ("[two,green]", 3),
        ("[two,]", 3),
        ("[two,green,]", 4),
        ("[shape:2] on [color,purple]", 10),
        ("[color] dress, [color] hat", 12),
        ("[color] and [color_1]", 16),
        ("[color] [color_7] [color]", 48),
        ("[color] dress, [=color] hat", 4),
        ("[=color] dress, [color] hat", 4),
        ("[age]", 6),
        ("[A]", 2),
        ("[a,[b,c]]", 2),
        ("steps", 1),
        ("a || b", 2),
        ("[a,b] || c", 4),
        ("a (&) b", 2),
        ("[a,b] (&) [c,d,e]", 5),
        ("cat pipeline:steps:4,5,6", 3),
        ("cat pipeline:steps:4,5,6 || dog", 4),
        ("cat pipeline:steps:[4,8]", 2),
        ("meta:steps:4,5 cat pipeline:cfg:1,2,3", 6),
        ("meta:steps:4,5 cat pipeline:steps:7", 1),
        ("meta:steps:[4, 8] cat", 2),
        ("cat pipeline:steps:10..14", 5),
        ("batch:sample:3 [a,b,c] [d,e,f]", 3),
        ("[color:2] [color:2]", 3),
    ],
)
def test_documented_counts(text: str, count: int) -> None:
    assert counted(text) == count


def test_the_negative_prompt_multiplies() -> None:
    assert counted("a [red,blue] dog", "[blurry,low quality]") == 4


def test_the_worked_example_is_288_and_cut_at_100() -> None:
    text = "[six:2] [silk dress,wool dress], [six,] hat, [six_1] shoes and [=six_1] gloves"
    assert counted(text, "[blurry,low quality]") == 288
    plan = Expansion(text, "[blurry,low quality]", lookups=LOOKUPS).plan()
    assert (len(plan.items), plan.total, plan.limited) == (100, 288, True)
    assert "100 of 288 combinations are made" in plan.warnings


def test_the_leftmost_varies_slowest_and_nested_brackets_stay() -> None:
    assert prompts("[a,b] [c,d]") == ["a c", "a d", "b c", "b d"]
    assert prompts("[a,[b,c]]") == ["[a,b]", "[a,c]"]
    assert prompts("[A]") == ["y", "x"]
    assert prompts("a ] b [ c") == ["a ] b [ c"]
    assert prompts("[ a , b ]") == ["a", "b"]


def test_an_empty_option_leaves_no_double_space() -> None:
    assert prompts("a [big,] dog") == ["a big dog", "a dog"]
    assert prompts("a dog [big,], running") == ["a dog big, running", "a dog, running"]


def test_no_value_twice_and_the_empty_one_is_never_used_up() -> None:
    assert all(one.split()[0] != one.split()[1] for one in prompts("[color] [color]"))
    assert counted("[two,] [two,] [two,]") == 13


def test_a_dry_lookup_is_an_error_that_names_it() -> None:
    with pytest.raises(ExpansionError, match="lookup `color` has only 4 values"):
        Expansion("[color] [color] [color] [color] [color]", lookups=LOOKUPS)


def test_references_and_their_warnings() -> None:
    assert prompts("[color] and [=color]")[1] == "green and green"
    early = Expansion("[=color] and [color]", lookups=LOOKUPS)
    assert next(early.items()).prompt == "red and red"
    assert "first value is taken" in early.warnings[0]
    assert prompts("[=nothing]") == ["[=nothing]"]
    assert counted("[color]", "[=color]") == 4


def test_recursion_is_cut_with_a_warning() -> None:
    assert any("twice" in text for text in Expansion("[A]", lookups=LOOKUPS).warnings)


def test_escapes_stand_for_themselves() -> None:
    assert prompts(r"\[a,b\] c") == ["[a,b] c"]
    assert prompts(r"[a\,b,c]") == ["a,b", "c"]
    assert prompts(r"a \|\| b") == ["a || b"]
    assert prompts(r"a \(&) b") == ["a (&) b"]
    assert prompts(r"pipeline\:steps\:4") == ["pipeline:steps:4"]
    assert prompts(r"back\\slash \n") == [r"back\slash \n"]
    assert prompts("[word]") == ["word"]
    assert prompts("[word]", brackets=False) == ["[word]"]


def test_a_colon_that_counts_nothing_is_literal() -> None:
    expansion = Expansion("[from:to:0.5]")
    assert [item.prompt for item in expansion.items()] == ["from:to:0.5"]
    assert expansion.warnings


def test_negative_parts_are_reused_zipped_or_refused() -> None:
    items = list(Expansion("a || b", "x || y").items())
    assert [(item.prompt, item.negative_prompt) for item in items] == [("a", "x"), ("b", "y")]
    for prompt, negative in (("a || b", "x || y || z"), ("a", "x || y"), ("a (&) b", "x (&) y (&) z")):
        with pytest.raises(ExpansionError, match="give it one"):
            list(Expansion(prompt, negative).items())


def test_precedence_of_parameters() -> None:
    def steps(text: str) -> list[object]:
        return [item.parameters.get("steps") for item in Expansion(text, parameters={"steps": 1}).items()]

    assert steps("a") == [1]
    assert steps("meta:steps:2 a") == ["2"]
    assert steps("meta:steps:2 a batch:steps:3 (&) b") == ["3", "2"]
    assert steps("meta:steps:2 a batch:steps:3 pipeline:steps:4 || b") == ["4", "3"]
    assert steps("a pipeline:steps:4 pipeline:steps:5") == ["5"]


def test_commands_with_quotes_limits_and_scripts() -> None:
    item = next(Expansion('cat pipeline:style:"film noir" pipeline:after:face_detailer').items())
    assert (item.prompt, item.parameters) == ("cat", {"style": "film noir"})
    plan = Expansion("batch:maxbatchitem:3 [a,b] [c,d]").plan()
    assert (len(plan.items), plan.total) == (3, 4)
    assert any("twice" in one for one in Expansion("batch:sample:3 batch:sample:2 [a,b,c]").warnings)
    with pytest.raises(ExpansionError):
        Expansion("batch:sample:0 a")
    assert Expansion("meta:debug:dryrun a").plan().dry_run


def test_identical_items_are_left_out_and_counted() -> None:
    plan = Expansion("[a,b] || c").plan()
    assert ([item.prompt for item in plan.items], plan.skipped) == (["a", "c", "b"], 1)
    assert len(Expansion("[a,b] || c").plan(skip_identical=False).items) == 4


def test_each_item_knows_its_choices() -> None:
    item = list(Expansion("[red,blue] [cat,dog] pipeline:steps:4,8").items())[-1]
    assert item.choices == {"red,blue": "blue", "cat,dog": "dog", "steps": "8"}


def test_seeds_repeat() -> None:
    text = "[a,b,c,d,e,f:2] batch:sample:2 [1,2,3,4] pipeline:steps:4|5|6|7"
    for seed in range(5):
        assert list(Expansion(text, seed=seed).items()) == list(Expansion(text, seed=seed).items())
    assert len({tuple(prompts(text, seed=seed)) for seed in range(10)}) > 3


def test_forty_tokens_count_at_once_and_make_only_what_is_wanted() -> None:
    expansion = Expansion("[a,b] " * 40)
    assert expansion.count() == 2**40
    plan = expansion.plan()
    assert len(plan.items) == 100
    assert len(list(Expansion("batch:sample:7 " + "[a,b] " * 40).items())) == 7


def test_lookups_mean_nothing_but_themselves() -> None:
    """A value with signs of the language neither splits nor counts."""
    found = [
        item.prompt for item in Expansion("[odd]", lookups={"odd": ["a || b", "[x,y]", "c, d", "meta:steps:4"]}).items()
    ]
    assert found == ["a || b", "[x,y]", "c, d", "meta:steps:4"]


@pytest.mark.parametrize(
    ("value", "values"),
    [
        ("8,10,20", ("8", "10", "20")),
        ("10..13", (10, 11, 12, 13)),
        ("10..20:5", (10, 15, 20)),
        ("0..1/5", (0, 0.25, 0.5, 0.75, 1)),
        ("3..1", (3, 2, 1)),
        ({"$list": [8, 10]}, (8, 10)),
        ({"$range": [10, 20, 5]}, (10, 15, 20)),
        (7, (7,)),
    ],
)
def test_values_that_multiply(value, values) -> None:
    assert axis_of(value, shorthand=True) == Axis(values)


@pytest.mark.parametrize(
    "value", [{"$list": []}, {"$range": [1]}, {"$x": 1}, "1..999999999", "1..2:0", {"$range": ["a", "b"]}]
)
def test_values_that_are_refused(value) -> None:
    with pytest.raises(ValueError, match=r"expected|long|step"):
        axis_of(value, shorthand=True)


WORDS = "[a,b] [two] [two,z] [two,] [color:2] [color_1] [=two] || | [ ] (&) , : x [a||b,c] [|,q] pipeline:steps:1,2 [4,8] \\ []"
PIECES = st.lists(
    st.sampled_from([*WORDS.split(), " ", " pipeline:steps:", "meta:cfg:1,2 ", "[pipeline,a]", "[color]"]), max_size=7
)


@settings(max_examples=300, deadline=None)
@given(PIECES, st.integers(0, 3))
def test_count_equals_enumeration(pieces: list[str], seed: int) -> None:
    """Whatever is written, a count that is given is the number of items."""
    try:
        expansion = Expansion("".join(pieces), lookups=LOOKUPS, seed=seed)
        made = sum(1 for _ in itertools.islice(expansion.items(None), 20_000))
    except ExpansionError:
        return
    if made < 20_000:
        assert expansion.count() in (made, None)


@settings(max_examples=100, deadline=None)
@given(
    st.lists(
        st.lists(
            st.tuples(st.sampled_from(["", "p", "q"]), st.sampled_from("abcd")),
            min_size=1,
            max_size=4,
            unique_by=lambda o: o[1],
        ),
        max_size=4,
    )
)
def test_spaces_are_counted_and_numbered_right(slots) -> None:
    """Against plain enumeration: the same combinations, in the same order, each by its number."""
    options = [[Option(text, pool) for pool, text in slot] for slot in slots]

    def fits(chosen: tuple[Option, ...]) -> bool:
        taken = [(option.pool, option.text) for option in chosen if option.pool]
        return len(taken) == len(set(taken))

    expected = [list(chosen) for chosen in itertools.product(*options) if fits(chosen)]
    space = Space(options)
    assert [space.at(number) for number in range(space.total)] == expected


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=60))
def test_escaped_text_means_itself(text: str) -> None:
    clean = "".join(sign for sign in text if not 0xFDD0 <= ord(sign) < 0xFDF0)
    expected = " ".join(part for part in clean.replace("\t", " ").split(" ") if part)
    found = prompts(escape(clean))[0]
    assert found.replace(" ", "") == expected.replace(" ", "").strip() or found.split() == expected.split()


def steps_of(text: str) -> int:
    """Return how many lines of Python the parser runs for a text."""
    counter = [0]

    def trace(_frame, event, _argument):
        counter[0] += event == "line"
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        Expansion(text)
    finally:
        sys.settrace(before)
    return counter[0]


@pytest.mark.parametrize("unit", ["[a,b] ", "[", "]", "[a", "meta:", 'pipeline:a:"', "\\", "[]", "|", "x,"])
def test_the_parser_is_linear(unit: str) -> None:
    """Twice the text takes about twice the lines of code, at 3,000 characters."""
    half, whole = (steps_of((unit * 3000)[:size]) for size in (1500, 3000))
    assert whole <= 2.6 * half + 500


def test_sampling_reaches_everything() -> None:
    chance = random.Random(3)
    seen = {prompts("batch:sample:1 [a,b] [c,d]", seed=chance.randrange(10**6))[0] for _ in range(60)}
    assert len(seen) == 4
