"""Tariffs and billed months for tests, made short."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.contrib.auth.models import Group, User
from django.test import Client
from django.utils import timezone

from access.services.audit import Actor
from access.services.roles import bootstrap_roles
from billing.models import Tariff
from billing.rules.pricing import Prices, Tier
from billing.services.tariffs import TariffFacts, save_tariff
from billing.tests.examples import Example
from inventory.models import Organization
from inventory.tests.factories import make_organization
from monthly_report.tests.factories import MONTH, make_row, open_month

ONE_EACH = Prices("RUB", Decimal(0), (Tier(0, Decimal("0.85")),), (Tier(0, Decimal("4.20")),))


def make_tariff(organization: Organization, prices: Prices = ONE_EACH, **values: Any) -> Tariff:
    """Return a saved tariff that holds from 2026 on."""
    facts: dict[str, Any] = {"contract": "C-1", "valid_from": date(2026, 1, 1), "valid_until": None, **values}
    return save_tariff(TariffFacts(organization.pk, prices=prices, **facts), Actor())


def close_month(**values: Any) -> None:
    """Close the month and publish it."""
    open_month(**{"edit_until": timezone.now() - timedelta(days=1), **values})


def live_through(example: Example, month: date = MONTH) -> Organization:
    """Return an organization with the tariff and the rows of an example."""
    organization = make_organization(example.name[:100])
    make_tariff(organization, example.prices)
    for number, (serial, part, counters) in enumerate(example.devices, 1):
        make_row(
            organization=organization, serial_number=serial, part=part, order_number=number, month=month, **counters
        )
    return organization


def client_of(*roles: str) -> Client:
    """Return the browser of somebody with these roles."""
    bootstrap_roles()
    user = User.objects.create_user(f"user{User.objects.count()}")
    user.groups.set(Group.objects.filter(name__in=roles))
    assert user.groups.count() == len(roles)
    client = Client()
    client.force_login(user)
    return client
