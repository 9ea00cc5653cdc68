"""What the database itself promises about contract devices."""

from __future__ import annotations

from datetime import date

import pytest
from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse

from contracts import models
from contracts.models import City
from contracts.tests.factories import make_device
from inventory.tests.factories import make_organization

pytestmark = pytest.mark.django_db


def test_a_serial_number_stands_once_in_an_organization_whatever_its_case():
    alpha, beta = make_organization(), make_organization()
    first = make_device(organization=alpha, serial_number="VCF1")
    make_device(organization=beta, serial_number="vcf1")
    with pytest.raises(IntegrityError), transaction.atomic():
        make_device(organization=alpha, serial_number="vcf1")
    first.is_active = False
    first.save()
    make_device(organization=alpha, serial_number="vcf1")


def test_devices_without_a_serial_number_are_many():
    alpha = make_organization()
    make_device(organization=alpha, serial_number="")
    make_device(organization=alpha, serial_number="")


def test_a_service_month_is_a_first_day():
    with pytest.raises(IntegrityError), transaction.atomic():
        make_device(service_start_month=date(2026, 1, 2))


def test_cities_differ_by_more_than_case():
    City.objects.create(name="Bratsk")
    with pytest.raises(IntegrityError), transaction.atomic():
        City.objects.create(name="BRATSK")


@pytest.mark.parametrize("name", [name for name in models.__all__ if name not in ("ContractsAccess", "DeviceChange")])
def test_every_model_has_an_administration_page(name):
    client = Client()
    client.force_login(User.objects.create_superuser("root"))
    make_device()
    assert client.get(reverse(f"admin:contracts_{name.lower()}_changelist")).status_code == 200
