"""What a provider says one of its models takes, read out of the OpenAPI document that it publishes for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Protocol, runtime_checkable

from main.providers.protocol import ErrorCategory, ProviderError

_REF: Final = "#/components/schemas/"


@dataclass(frozen=True, slots=True)
class InputSchema:
    """A model's input: JSON Schema by the provider's names, and which of them must be sent."""

    properties: Mapping[str, Mapping[str, Any]]
    required: frozenset[str] = field(default_factory=frozenset)


@runtime_checkable
class Catalogue(Protocol):
    """A provider that publishes what its models take."""

    def schema(self, endpoint: str) -> InputSchema | None:
        """Return it; None when the provider does not have the model (any more). Raises ProviderError."""
        ...


def input_of(document: Any, title: str, path: str = "") -> InputSchema:
    """Return the input that an OpenAPI document describes: the body of `POST path`, else the schema named Input.

    Raises ProviderError when there is none: a document that nobody understands proves nothing about a model.
    """
    schemas = _at(document, "components", "schemas")
    operation = _at(document, "paths", path, "post", "requestBody", "content", "application/json", "schema")
    found: Any = operation or _at(schemas, "Input")
    reference = found.get("$ref") if isinstance(found, dict) else None
    if isinstance(reference, str) and reference.startswith(_REF):
        found = _at(schemas, reference.removeprefix(_REF))
    properties = found.get("properties") if isinstance(found, dict) else None
    if not isinstance(properties, dict):
        raise ProviderError(ErrorCategory.UNKNOWN, f"{title} describes the model in a way that is not understood.")
    required = found.get("required")
    return InputSchema(
        {str(name): one for name, one in properties.items() if isinstance(one, dict)},
        frozenset(str(name) for name in required) if isinstance(required, list) else frozenset(),
    )


def _at(value: Any, *path: str) -> Any:
    """Return what stands at a path of names; {} when it leads nowhere."""
    for name in path:
        value = value.get(name) if isinstance(value, dict) else None
    return value if isinstance(value, dict) else {}
