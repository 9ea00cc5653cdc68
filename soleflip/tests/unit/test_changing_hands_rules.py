"""When a pair may change hands, what it costs then, and how a statement's lines are said again."""

from __future__ import annotations

from decimal import Decimal

import pytest

from shared.database.words import ItemStatus, StatementLineKind, TaxScheme
from shared.rules import stock
from shared.rules.changing_hands import BOUGHT, PAID_OUT_AS, Move, Standing, cost, recognised, refusal, way_out
from shared.translation import phrase, speech

pytestmark = pytest.mark.unit
FREE = [each for each in ItemStatus if each not in stock.SOLD | {ItemStatus.RESERVED}]


@pytest.mark.parametrize("move", list(Move))
def test_sold_offered_and_reserved_pairs_stay_where_they_are_and_it_says_what_to_do(move: Move) -> None:
    for status in stock.SOLD:
        assert "record the return first" in str(refusal(move, Standing(7, status)))
    offered = refusal(move, Standing(7, ItemStatus.LISTED_STOCKX, offered=True))
    assert offered == "Item 7 is offered at a marketplace; take it down on the page Listings first"
    assert "release it first" in str(refusal(move, Standing(7, ItemStatus.IN_STOCK, reserved=1)))
    assert "release it first" in str(refusal(move, Standing(7, ItemStatus.RESERVED)))
    for why in (offered, refusal(move, Standing(7, ItemStatus.SOLD))):
        assert speech("de").gettext(why) != why


def test_a_pair_is_given_back_in_every_state_but_those() -> None:
    for status in FREE:
        assert refusal(Move.GIVE_BACK, Standing(7, status)) is None, status
        before = status
        for step in way_out(status):
            assert stock.may_follow(before, step), (before, step)
            before = step
        assert before is ItemStatus.CANCELED


def test_only_what_is_here_is_consigned_and_a_lost_pair_can_be_paid_for() -> None:
    allowed = {move: {each for each in FREE if refusal(move, Standing(7, each)) is None} for move in Move}
    assert allowed[Move.CONSIGN] == {ItemStatus.IN_STOCK, ItemStatus.RETURNED, *stock.LISTED}
    assert allowed[Move.BUY] == set(FREE) - {ItemStatus.CANCELED}
    assert refusal(Move.CONSIGN, Standing(7, ItemStatus.IN_STOCK, sold=True)) is not None
    assert refusal(Move.GIVE_BACK, Standing(7, ItemStatus.IN_STOCK, sold=True)) is None


def test_what_a_bought_pair_costs_follows_from_who_sold_it() -> None:
    private = cost(Decimal(119), TaxScheme.MARGIN, Decimal(19))
    assert (private.net, private.gross, private.vat) == (Decimal("119.00"), Decimal("119.00"), Decimal("0.00"))
    business = cost(Decimal(119), TaxScheme.STANDARD, Decimal(19))
    assert (business.net, business.gross, business.vat) == (Decimal("100.00"), Decimal("119.00"), Decimal("19.00"))


def test_lines_are_said_again_in_german_and_what_people_typed_stays() -> None:
    say = speech("de").gettext
    stored = str(phrase(BOUGHT, what="Dunk sold, 1004"))
    assert say(recognised(StatementLineKind.PURCHASE, stored)) == "vom Geschäft gekauft: Dunk sold, 1004"
    assert recognised(StatementLineKind.ADJUSTMENT, stored) == stored
    assert not hasattr(recognised(StatementLineKind.ADJUSTMENT, stored), "template")
    paid = str(phrase(PAID_OUT_AS, number="C-2026-0001", reference="SEPA, 1"))
    assert say(recognised(StatementLineKind.PAYOUT, paid)).endswith("C-2026-0001, SEPA, 1")
