"""The examples that docs/billing.md works out by hand, to the cent: by the rules, and as an invoice that was issued."""

from __future__ import annotations

import pytest
from django.utils import timezone

from access.services.audit import Actor
from billing.rules.clicks import Clicks, clicks_of
from billing.rules.pricing import bill_of
from billing.services.drafting import draft_of, summaries
from billing.services.issuing import issue
from billing.tests.examples import Example, examples
from billing.tests.factories import close_month, live_through
from monthly_report.tests.factories import MONTH

EXAMPLES = examples()
each = pytest.mark.parametrize("example", EXAMPLES, ids=lambda one: one.name)


def test_there_are_three():
    assert len(EXAMPLES) >= 3


@each
def test_by_the_rules(example: Example):
    found = [clicks_of(part, counters) for _serial, part, counters in example.devices]
    clicks = Clicks(sum(one.mono for one in found), sum(one.color for one in found))
    bill = bill_of(example.prices, clicks)
    lines = tuple((one.kind.value, one.clicks, one.price if one.clicks else None, one.amount) for one in bill.lines)
    assert lines == example.lines
    assert (bill.total, clicks.mono + clicks.color) == (example.total, example.clicks)


@each
@pytest.mark.django_db
def test_as_an_invoice(example: Example):
    organization = live_through(example)
    close_month()
    (listed,) = summaries(MONTH)
    assert listed.bill is not None
    assert listed.bill.total == example.total
    draft = draft_of(organization, MONTH)
    made = issue(organization, MONTH, draft.fingerprint, Actor(), timezone.now(), despite_doubts=True)
    lines = tuple((one.kind, one.clicks, one.price if one.clicks else None, one.amount) for one in made.lines.all())
    assert lines == example.lines
    assert (made.total, made.currency) == (example.total, example.prices.currency)
    assert sum(one.mono_clicks + one.color_clicks for one in made.devices.all()) == example.clicks
