"""Template tags: what they draw, and that hostile values stay text."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest
from django.contrib.messages.storage.base import Message
from django.http import HttpRequest
from django.template import Context, Template
from django.test import RequestFactory
from django.utils import timezone, translation

from webshell.pages import window
from webshell.templatetags import webshell as tags

HOSTILE = "<script>alert('x')</script>"
MOMENT = datetime(2026, 11, 20, 10, 30, 5, tzinfo=UTC)


def render(text: str, request: HttpRequest | None = None, **context: Any) -> str:
    """Return a template's text with our tags loaded."""
    return Template("{% load webshell %}" + text).render(Context({"request": request, **context}))


def test_icon_is_hidden_unless_it_has_a_label() -> None:
    assert render("{% icon 'printer' %}") == '<i class="bi bi-printer" aria-hidden="true"></i>'
    assert 'role="img" aria-label="Poll"' in render("{% icon 'printer' 'Poll' %}")
    assert HOSTILE not in render("{% icon 'printer' label %}", label=HOSTILE)
    with pytest.raises(ValueError, match="no icon name"):
        tags.icon('x" onclick="')


@pytest.mark.parametrize(
    ("state", "kind", "word"),
    [
        ("queued", "waiting", "Queued"),
        ("DONE", "ok", "Done"),
        ("lost", "lost", "Lost"),
        ("VALIDATION_ERROR", "warning", "Identity"),
    ],
)
def test_badge_has_colour_icon_and_word(state: str, kind: str, word: str) -> None:
    badge = tags.state_badge(state)
    assert f"s-{kind}" in badge
    assert "bi bi-" in badge
    assert word in badge


def test_unknown_state_speaks_for_itself_and_stays_text() -> None:
    badge = tags.state_badge(HOSTILE, title=HOSTILE)
    assert "s-waiting" in badge
    assert "<script>" not in badge


def test_time_is_exact_without_javascript() -> None:
    with timezone.override("Asia/Irkutsk"):
        element = tags.ago(MOMENT)
    assert 'datetime="2026-11-20T10:30:05+00:00"' in element
    assert 'title="2026-11-20 18:30:05 +08"' in element
    assert "data-ago>20 Nov 2026, 18:30<" in element
    assert "data-ago" not in tags.moment(MOMENT)


def test_missing_time_is_a_dash_or_the_given_word() -> None:
    assert "\N{EN DASH}" in tags.ago(None)
    assert "never" in tags.ago(None, "never")


def test_number_follows_the_locale() -> None:
    with translation.override("en"):
        assert tags.number(1234567) == "1,234,567"
        assert tags.number(Decimal("1234.50")) == "1,234.50"
    with translation.override("ru"):
        assert tags.number(1234567) == "1\N{NO-BREAK SPACE}234\N{NO-BREAK SPACE}567"
    assert tags.number(0) == "0"
    assert tags.number(None) == ""
    assert tags.number("n/a") == "n/a"


def test_quantity_has_its_unit_and_no_invented_zero() -> None:
    assert tags.quantity(0, "pages") == '0<span class="unit">pages</span>'
    assert "\N{EN DASH}" in tags.quantity(None, "pages")


def test_query_changes_one_parameter_and_goes_back_to_page_one() -> None:
    request = RequestFactory().get("/?q=a%26b&org=1&org=2&page=7")
    assert render("{% query_with sort='-total' %}", request) == "?q=a%26b&amp;org=1&amp;org=2&amp;sort=-total"
    assert render("{% query_with page=8 %}", request) == "?q=a%26b&amp;org=1&amp;org=2&amp;page=8"
    assert render("{% query_with q=None org=None %}", request) == "?"
    assert render("{% query_with q=hostile org=None %}", request, hostile='"><b>') == "?q=%22%3E%3Cb%3E"


@pytest.mark.parametrize(
    ("page", "last", "expected"),
    [
        (1, 1, [1]),
        (1, 3, [1, 2, 3]),
        (5, 9, [1, 2, 3, 4, 5, 6, 7, 8, 9]),
        (1, 100, [1, 2, 3, None, 100]),
        (50, 100, [1, None, 48, 49, 50, 51, 52, None, 100]),
        (100, 100, [1, None, 98, 99, 100]),
    ],
)
def test_page_window(page: int, last: int, expected: list[int | None]) -> None:
    assert window(page, last) == expected


@pytest.mark.parametrize(
    ("tag", "expected"),
    [
        ("undo:/printers/3/restore/", "/printers/3/restore/"),
        ("undo://evil.example/", ""),
        ("undo:javascript:x", ""),
        ("", ""),
    ],
)
def test_only_local_addresses_undo(tag: str, expected: str) -> None:
    assert tags.undo_url(Message(25, "Gone.", extra_tags=tag)) == expected


def supply(percent: int | None = None, state: str = "level", color: str = "black", **more: Any) -> dict[str, Any]:
    """Return a supply as a reading describes it."""
    return {"color": color, "kind": "toner", "percent": percent, "state": state, **more}


@pytest.mark.parametrize("state", ["some remaining", "unknown", "no restriction", "", HOSTILE])
def test_no_percentage_is_invented(state: str) -> None:
    for drawn in (
        render("{% supply_bars s %}", s=[supply(None, state)]),
        render("{% supply_rows s %}", s=[supply(None, state)]),
    ):
        assert "%" not in drawn
        assert "supply-level" not in drawn
        assert "<script>" not in drawn


@pytest.mark.parametrize("percent", [-3, 101, 4000, "63", True, float("nan")])
def test_percentage_that_is_none_is_shown_as_unknown(percent: Any) -> None:
    assert "<b>?</b>" in render("{% supply_bars s %}", s=[supply(percent)])


def test_bars_stand_in_the_order_of_inks_with_figures() -> None:
    colors = ("yellow", "black", "magenta", "cyan")
    drawn = render("{% supply_bars s %}", s=[supply(10 * place, color=color) for place, color in enumerate(colors, 1)])
    order = [drawn.index(f"ink-{color}") for color in ("black", "cyan", "magenta", "yellow")]
    assert order == sorted(order)
    assert 'aria-label="Black: 20\N{NO-BREAK SPACE}%"' in drawn
    assert 'width="7.8"' in drawn


def test_objects_are_drawn_like_mappings() -> None:
    assert "<b>63</b>" in render("{% supply_bars s %}", s=[SimpleNamespace(**supply(63))])


def test_full_waste_box_and_empty_drum_get_a_sign_in_the_cell() -> None:
    waste = {
        "kind": "waste_toner",
        "description": "Waste <box>",
        "is_receptacle": True,
        "percent": 95,
        "state": "level",
    }
    drawn = render("{% supply_bars s %}", s=[supply(50), waste])
    assert "bi-trash3-fill" in drawn
    assert "Waste &lt;box&gt;" in drawn
    assert "bi-trash3-fill" not in render("{% supply_bars s %}", s=[supply(50), {**waste, "percent": 20}])


def test_amount_is_shown_with_separators_and_codes_are_not() -> None:
    drawn = render("{% supply_rows s %}", s=[supply(63, level=15_750, capacity=25_000, unit="impressions")])
    assert "15,750 / 25,000 impressions" in drawn
    drawn = render("{% supply_rows s %}", s=[supply(None, "some remaining", level=-3, capacity=-2, unit="impressions")])
    assert "impressions" not in drawn
    assert "12 d left" in render("{% supply_rows s %}", s=[supply(9, days_left=12.4)])


def test_value_for_comparing_changes_with_the_bars() -> None:
    before = tags.supplies_value([supply(50)])
    assert tags.supplies_value([supply(49)]) != before
    assert tags.supplies_value([supply(50, description="Renamed")]) == before
    assert tags.supplies_value(None) == ""


def test_unknown_vendored_file_is_a_mistake() -> None:
    with pytest.raises(KeyError):
        tags.vendored("jquery.js")
