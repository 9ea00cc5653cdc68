"""Working hours as people write them, and what of a printer's silence they make downtime."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inventory.admin import OrganizationForm
from inventory.rules.working_hours import WHOLE_DAY, parse, share_lost

NINE_TO_SIX = sum(1 << hour for hour in range(9, 18))


@pytest.mark.parametrize(
    ("text", "week"),
    [
        ("Mo-Fr 09:00-18:00", [NINE_TO_SIX] * 5 + [0, 0]),
        ("пн-пт 9-18", [NINE_TO_SIX] * 5 + [0, 0]),
        ("24/7", [WHOLE_DAY] * 7),
        ("Mo-Su 0-24; Su off", [WHOLE_DAY] * 6 + [0]),
        ("Sa-Mo 10-11", [1 << 10, 0, 0, 0, 0, 1 << 10, 1 << 10]),
        ("Mo,We 8-9,13-14;", [1 << 8 | 1 << 13, 0, 1 << 8 | 1 << 13, 0, 0, 0, 0]),
    ],
)
def test_a_week_as_people_write_it(text: str, week: list[int]):
    assert list(parse(text)) == week


@pytest.mark.parametrize(
    "text",
    [
        "",
        "9-18",
        "Mo-Fr",
        "Mo-Fr 18-9",
        "Mo-Fr 9:30-18",
        "Mo-Xx 9-18",
        "Mo 9-25",
        "Mo-Su off",
        "Mo ²-9",
        "Mo 9-18 " * 99,
    ],
)
def test_what_says_no_week_is_refused(text: str):
    with pytest.raises(ValueError):  # noqa: PT011 - the text in question is all it says
        parse(text)


@given(st.text(max_size=300))
def test_any_text_is_a_week_or_refused(text: str):
    try:
        week = parse(text)
    except ValueError:
        return
    assert any(week)


masks = st.integers(0, WHOLE_DAY)


@given(st.lists(st.tuples(st.integers(0, 6), masks, masks), max_size=31), st.integers(0, 744))
def test_silence_outside_of_the_hours_changes_nothing(days: list[tuple[int, int, int]], total: int):
    week = parse("Mo-Fr 09:00-18:00")
    share = share_lost(days, week, total)
    assert 0 <= share <= 1
    inside = [(day, asked & week[day], silent & week[day]) for day, asked, silent in days]
    assert share_lost(inside, week, total) == share


@pytest.mark.django_db
def test_the_form_says_what_is_wrong_and_how_to_write_it():
    form = OrganizationForm({"name": "Alpha", "working_hours": "Mo-Fr 9:30-18"})
    assert "9:30" in str(form.errors["working_hours"])
    good = OrganizationForm({"name": "Alpha", "working_hours": " Mo-Fr  9-18 "})
    assert good.is_valid()
    kept = good.save()
    assert (kept.working_hours, kept.working_week) == ("Mo-Fr 9-18", [NINE_TO_SIX] * 5 + [0, 0])
    kept = OrganizationForm({"name": "Alpha", "working_hours": ""}, instance=kept).save()
    assert kept.working_week is None
