"""Where what we would send no longer fits what a provider takes: pure rules over a machine's table and a JSON Schema."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from main.factories.base import ModelSpecificFactory
from main.factories.specs import ParameterSpec, ParameterType
from main.factories.wire import encode


def differences(
    factory: ModelSpecificFactory, properties: Mapping[str, Mapping[str, Any]], required: Collection[str]
) -> list[str]:
    """Return what would be refused, as sentences; empty when everything that can be sent is still taken.

    What the provider takes besides is none of them: a machine offers what its table lists. A bound is compared only where both
    sides name one and our value goes onto the wire as it is.
    """
    found = []
    sent = set(factory.machine.constants)
    for spec in factory.specs:
        names = _wire_names(spec)
        sent |= names
        unknown = sorted(names - set(properties))
        found += [f"{spec.name} is sent as {name}, which is not taken any more" for name in unknown]
        if not unknown and spec.encode == "plain" and spec.wire in properties:
            found += _bounds(spec, properties[spec.wire])
    found += [
        f"{name} is sent always, and not taken any more"
        for name in sorted(set(factory.machine.constants) - set(properties))
    ]
    found += [f"{name} must be sent now" for name in sorted(set(required) - sent)]
    return found


def _wire_names(spec: ParameterSpec) -> set[str]:
    """Return under which names a parameter can go onto the wire."""
    if not spec.wire:
        return set()
    if spec.type is ParameterType.IMAGE:
        return {spec.wire}
    return {name for value in _samples(spec) for name in encode(spec, value)}


def _samples(spec: ParameterSpec) -> list[Any]:
    """Return values of every kind that a parameter can have."""
    if spec.type is ParameterType.SIZE:
        side = int(spec.minimum or 512)
        return [{"width": 1024, "height": 1024}, {"width": side, "height": side * 2}]
    if spec.type is ParameterType.BOOLEAN:
        return [True, False]
    if spec.enum:
        return list(spec.enum)
    if spec.type in (ParameterType.INTEGER, ParameterType.NUMBER):
        return [spec.default if spec.default is not None else spec.minimum or 0]
    return [[]] if spec.type is ParameterType.LIST else ["a"]


def _bounds(spec: ParameterSpec, theirs: Mapping[str, Any]) -> list[str]:
    found = []
    low, high, words = _number(theirs.get("minimum")), _number(theirs.get("maximum")), theirs.get("enum")
    if low is not None and spec.minimum is not None and spec.minimum < low:
        found.append(f"{spec.name} goes down to {spec.minimum:g} here, {low:g} there")
    if high is not None and spec.maximum is not None and spec.maximum > high:
        found.append(f"{spec.name} goes up to {spec.maximum:g} here, {high:g} there")
    if isinstance(words, list) and spec.enum:
        values = {str(spec.values.get(str(one), one)) for one in spec.enum}
        gone = sorted(values - {str(one) for one in words})
        found += [f"{spec.name} offers {', '.join(gone)}, which there is not any more"] if gone else []
    return found


def _number(value: Any) -> float | None:
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None
