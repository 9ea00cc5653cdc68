"""From our names and values to the provider's: one named encoder per way a provider wants something."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, Final

from main.factories.specs import ParameterSpec

FAL_SIZES: Final = {
    (1024, 1024): "square_hd",
    (512, 512): "square",
    (768, 1024): "portrait_4_3",
    (576, 1024): "portrait_16_9",
    (1024, 768): "landscape_4_3",
    (1024, 576): "landscape_16_9",
}
"""Source: fal's generated client types 1.10.1, ImageSize."""

Encoder = Callable[[ParameterSpec, Any], dict[str, Any]]


def encode(spec: ParameterSpec, value: Any) -> dict[str, Any]:
    """Return what one value is on the wire: names to values, empty when the provider is not told."""
    if not spec.wire:
        return {}
    translated = spec.values.get(str(value).lower() if isinstance(value, bool) else str(value), value)
    return ENCODERS[spec.encode](spec, translated)


def nearest_ratio(ratios: tuple[Any, ...], width: int, height: int) -> str:
    """Return the ratio ("16:9") closest to a size, measured as the distance of the logarithms."""

    def distance(ratio: str) -> float:
        left, right = (float(part) for part in ratio.split(":"))
        return abs(math.log(left / right) - math.log(width / height))

    return str(min((one for one in ratios if ":" in str(one)), key=distance))


def put(arguments: dict[str, Any], path: str, value: Any) -> None:
    """Set a value at a dotted path, making the objects on the way."""
    *way, last = path.split(".")
    for part in way:
        arguments = arguments.setdefault(part, {})
    arguments[last] = value


def _plain(spec: ParameterSpec, value: Any) -> dict[str, Any]:
    return {spec.wire: value}


def _string(spec: ParameterSpec, value: Any) -> dict[str, Any]:
    return {spec.wire: str(value)}


def _not(spec: ParameterSpec, value: Any) -> dict[str, Any]:
    return {spec.wire: not value}


def _fal_size(spec: ParameterSpec, value: Any) -> dict[str, Any]:
    sides = (value["width"], value["height"])
    return {spec.wire: FAL_SIZES.get(sides, {"width": sides[0], "height": sides[1]})}


def _sides(spec: ParameterSpec, value: Any) -> dict[str, Any]:
    prefix = spec.wire.rpartition(".")[0]
    return {f"{prefix}.{side}" if prefix else side: value[side] for side in ("width", "height")}


def _ratio(spec: ParameterSpec, value: Any) -> dict[str, Any]:
    return {spec.wire: nearest_ratio(spec.enum, value["width"], value["height"])}


def _ratio_megapixels(spec: ParameterSpec, value: Any) -> dict[str, Any]:
    area = value["width"] * value["height"]
    return _ratio(spec, value) | {"megapixels": "1" if area > 500_000 else "0.25"}


def _custom_ratio(spec: ParameterSpec, value: Any) -> dict[str, Any]:
    return {spec.wire: "custom", "width": value["width"], "height": value["height"]}


def _join(spec: ParameterSpec, value: Any) -> dict[str, Any]:
    return {spec.wire: ",".join(str(one) for one in value)}


ENCODERS: Final[dict[str, Encoder]] = {
    "plain": _plain,
    "string": _string,
    "not": _not,
    "fal_size": _fal_size,
    "sides": _sides,
    "ratio": _ratio,
    "ratio_megapixels": _ratio_megapixels,
    "custom_ratio": _custom_ratio,
    "join": _join,
}
