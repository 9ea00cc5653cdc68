"""Rows for tests, made short."""

from __future__ import annotations

import itertools
from typing import Any

from contracts.models import City, ContractDevice, ContractStatus, DeviceModel, Manufacturer, ServiceProvider
from inventory.tests.factories import make_organization

# Far from what the tests' own rows say ("Lenina 1", room 101): the first device must not happen to be equal to one of them.
# All of one width: addresses and serial numbers sort as they were made, whatever ran before in this process.
_numbers = itertools.count(100_001)


def make_model(maker: str = "Kyocera", name: str = "ECOSYS P2040dn") -> DeviceModel:
    """Return a saved model, the same one for the same names."""
    manufacturer, _ = Manufacturer.objects.get_or_create(name=maker)
    return DeviceModel.objects.get_or_create(manufacturer=manufacturer, name=name)[0]


def make_status(name: str = "In service", color: str = "#2f9e44") -> ContractStatus:
    """Return a saved status, the same one for the same name."""
    return ContractStatus.objects.get_or_create(name=name, defaults={"color": color})[0]


def make_provider(code: str = "amb", email: str = "orders@amb.example") -> ServiceProvider:
    """Return a saved provider that takes orders."""
    return ServiceProvider.objects.update_or_create(
        code=code, defaults={"name": code.upper(), "support_email": email, "issue_tracker": "none"}
    )[0]


def make_device(**values: Any) -> ContractDevice:
    """Return a saved contract device with a serial number of its own."""
    number = next(_numbers)
    organization = values.pop("organization", None) or make_organization()
    city = values.pop("city", None) or City.objects.get_or_create(name="Irkutsk")[0]
    facts: dict[str, Any] = {
        "address": f"Lenina {number}",
        "room_number": str(100 + number % 900),
        "serial_number": f"CD{number:06}",
        "model": values.pop("model", None) or make_model(),
        "status": values.pop("status", None) or make_status(),
    }
    return ContractDevice.objects.create(organization=organization, city=city, **{**facts, **values})
