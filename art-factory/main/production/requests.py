"""From an order item to what its provider is sent."""

from __future__ import annotations

from pathlib import Path

from django.conf import settings

from main.models import ItemInput, OrderItem
from main.providers.protocol import InputFile, ProviderRequest
from main.services.machines import factory_of


def inputs_of(item: OrderItem) -> list[ItemInput]:
    """Return an item's input files with their products; one that was claimed knows already when it has none."""
    return list(item.inputs.select_related("product")) if getattr(item, "has_inputs", True) else []


def request_of(item: OrderItem) -> ProviderRequest:
    """Return the call of an item's present attempt."""
    factory = factory_of(item.machine)
    complete = factory.complete(item.generation_parameters)
    files = {
        one.parameter: InputFile(Path(settings.MEDIA_ROOT) / one.product.file, one.product.media_type)
        for one in inputs_of(item)
    }
    return ProviderRequest(
        endpoint=factory.endpoint,
        arguments=factory.arguments(complete),
        idempotency_key=f"{item.idempotency_key.hex}-{item.attempt}",
        files=files,
        options=factory.machine.options,
    )
