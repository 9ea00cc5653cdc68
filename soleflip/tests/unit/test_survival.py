"""Days to sell: the product-limit estimate, drawn towards the wider bucket, honest about what was not sold yet."""

from __future__ import annotations

import random
from itertools import pairwise
from statistics import median

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.rules.survival import Paces, Spell, concordance, curve

spells = st.lists(st.tuples(st.integers(1, 400), st.booleans(), st.integers(1, 3)), min_size=1, max_size=40)


@given(spells)
def test_the_curve_falls_from_one_and_its_quantiles_are_in_order(rows: list[tuple[int, bool, int]]) -> None:
    for found in (curve(rows), curve(rows[::2], curve(rows))):
        assert all(0 <= later <= earlier <= 1 for earlier, later in pairwise((1.0, *found.unsold)))
        spans = [found.remaining(0, part)[0] for part in (0.1, 0.5, 0.9)]
        assert spans == sorted(spans)
        assert all(1 <= each <= 730 for each in spans)


def test_it_is_the_estimate_of_kaplan_and_meier() -> None:
    duration = pytest.importorskip("statsmodels.duration.survfunc")
    chance = random.Random(8)
    rows = [(chance.randint(1, 60), chance.random() < 0.6) for _ in range(80)]
    theirs = duration.SurvfuncRight([day for day, _ in rows], [int(sold) for _, sold in rows])
    ours = curve([(day, sold, 1) for day, sold in rows])
    assert ours.days == tuple(theirs.surv_times)
    assert ours.unsold == pytest.approx(theirs.surv_prob)
    assert ours.remaining(0, 0.5) == (theirs.quantile(0.5), True)


def test_unsold_pairs_make_it_longer_and_a_wider_bucket_answers_for_an_empty_one() -> None:
    sold = [Spell("dunk", "nike", "9", days, sold=True) for days in (5, 8, 10, 12, 15, 20)]
    waiting = [Spell("dunk", "nike", "9", 60, sold=False, pairs=6)]
    quick, honest = Paces(sold).pace("dunk", "nike", "9"), Paces(sold + waiting).pace("dunk", "nike", "9")
    assert quick
    assert honest
    assert honest.days > quick.days
    assert (quick.pairs, quick.sold, quick.level, honest.pairs, honest.sold) == (6, 6, "size", 12, 6)
    other = Paces(sold + waiting).pace("samba", "adidas", "10")
    assert other
    assert (other.level, other.pairs, other.high) == ("shop", 12, None)
    model = Paces(sold).pace("dunk", "nike", "13")
    assert model
    assert model.level == "model"
    assert Paces(sold[:4]).pace("dunk", "nike", "9") is None


def test_one_lucky_sale_moves_a_size_less_than_many_do() -> None:
    slow = [Spell("yeezy", "adidas", size, 90 + each, sold=True) for size in ("8", "9") for each in range(20)]
    one = Paces([*slow, Spell("yeezy", "adidas", "13", 2, sold=True)]).pace("yeezy", "adidas", "13")
    many = Paces([*slow, *(Spell("yeezy", "adidas", "13", 2, sold=True) for _ in range(30))]).pace(
        "yeezy", "adidas", "13"
    )
    assert one
    assert many
    assert many.days < 5 < 80 < one.days


def test_a_pair_that_has_waited_is_told_what_is_left_not_what_it_took_others() -> None:
    paces = Paces([Spell("dunk", "nike", "9", days, sold=True) for days in range(1, 101)])
    fresh, old, ancient = (paces.pace("dunk", "nike", "9", age) for age in (0, 80, 500))
    assert fresh
    assert old
    assert ancient
    assert fresh.days == pytest.approx(50, abs=2)
    assert old.days == pytest.approx(10, abs=2)
    assert ancient.high is None


def test_concordance_counts_only_what_is_known() -> None:
    assert concordance([1, 2, 3], [5, 6, 7], [True, True, True]) == 1
    assert concordance([3, 2, 1], [5, 6, 7], [True, True, False]) == 0
    assert concordance([1, 1], [5, 6], [True, True]) == 0.5
    assert concordance([1, 2], [5, 6], [False, False]) == 0.5


def test_it_orders_held_out_pairs_better_than_the_rule_of_thumb() -> None:
    """Models of different pace with few pairs each, looked at half-way: the medians of what was sold know less."""
    chance = random.Random(3)
    pairs = []
    for model in range(40):
        brand, mean = model % 8, 15 * (1 + model % 8) * chance.uniform(0.7, 1.4)
        for size in range(6):
            pairs += [
                (model, brand, str(size), chance.randint(0, 240), max(1, round(chance.expovariate(1 / mean))))
                for _ in range(2)
            ]
    known = [each for each in pairs if each[3] < 150]
    paces = Paces(
        [Spell(m, b, s, min(days, 150 - came), days <= 150 - came) for m, b, s, came, days in known]
    )  # fmt: skip
    by_model: dict[int, list[int]] = {}
    for model, _, _, came, days in known:
        if days <= 150 - came:
            by_model.setdefault(model, []).append(days)
    later = [each for each in pairs if each[3] >= 150]
    ours = [found.days if (found := paces.pace(m, b, s)) else 30 for m, b, s, _, _ in later]
    thumb = [float(median(rows)) if len(rows := by_model.get(m, [])) >= 2 else 30 for m, *_ in later]
    truth = [float(days) for *_, days in later]
    sold = [True] * len(later)
    assert concordance(ours, truth, sold) > concordance(thumb, truth, sold)
    error = [sum(abs(a - b) for a, b in zip(told, truth, strict=True)) for told in (ours, thumb)]
    assert error[0] < error[1]
