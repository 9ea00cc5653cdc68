"""From an order item to what its provider is sent."""

from __future__ import annotations

from pathlib import Path

from django.conf import settings

from main.models import OrderItem
from main.providers.protocol import InputFile, ProviderRequest
from main.services.machines import factory_of


def request_of(item: OrderItem) -> ProviderRequest:
    """Return the call of an item's present attempt."""
    factory = factory_of(item.machine)
    complete = factory.complete(item.generation_parameters)
    files = {
        one.parameter: InputFile(Path(settings.MEDIA_ROOT) / one.product.file, one.product.media_type)
        for one in item.inputs.select_related("product")
    }
    return ProviderRequest(
        endpoint=factory.endpoint,
        arguments=factory.arguments(complete),
        idempotency_key=f"{item.idempotency_key.hex}-{item.attempt}",
        files=files,
        options=factory.machine.options,
    )
