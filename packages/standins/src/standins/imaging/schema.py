"""What each model takes, by its provider's documents, and the strict check: unknown names are refused too.

The tables were written from the providers' published types, not from any client's; so the two check each other.
"""

from __future__ import annotations

import functools
import re
import tomllib
from collections.abc import Mapping
from importlib import resources
from typing import Any, Final

PROVIDERS: Final = ("fal", "replicate", "civitai", "comfyui")
FAL_SIZES: Final = {
    "square_hd": (1024, 1024),
    "square": (512, 512),
    "portrait_4_3": (768, 1024),
    "portrait_16_9": (576, 1024),
    "landscape_4_3": (1024, 768),
    "landscape_16_9": (1024, 576),
}
_TYPES: Final[dict[str, type | tuple[type, ...]]] = {
    "string": str,
    "integer": int,
    "number": (int, float),
    "boolean": bool,
    "object": dict,
    "array": list,
    "uri": str,
}


@functools.cache
def models_of(provider: str) -> dict[str, dict[str, Any]]:
    """Return a provider's models: name to `input` (parameters), `output` and `source`."""
    text = resources.files("standins.imaging").joinpath(f"models/{provider}.toml").read_text(encoding="utf-8")
    data = tomllib.loads(text)
    shared = data.get("shared", {})
    found = {}
    for model in data["model"]:
        wanted: dict[str, Any] = {}
        for group in model.get("uses", []):
            wanted |= shared[group]
        found[model["name"]] = model | {"input": wanted | model.get("input", {})}
    return found


def faults_of(model: Mapping[str, Any], given: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return what is wrong with the arguments: field, message, kind and the value's limit."""
    wanted = model["input"]
    found = [
        {"field": name, "msg": "Extra inputs are not permitted", "type": "extra_forbidden"}
        for name in given
        if name not in wanted
    ]
    for name, spec in wanted.items():
        if name in given:
            found += _wrong(name, spec, given[name])
        elif spec.get("required"):
            found.append({"field": name, "msg": "Field required", "type": "missing"})
    return found


def _wrong(name: str, spec: Mapping[str, Any], value: Any) -> list[dict[str, Any]]:
    kind = spec["type"]
    if kind == "fal_size":
        return _wrong_size(name, value)
    if not isinstance(value, _TYPES[kind]) or (isinstance(value, bool) and kind != "boolean"):
        return [{"field": name, "msg": f"Input should be a valid {kind}", "type": f"{kind}_type"}]
    if "enum" in spec and value not in spec["enum"]:
        return [{"field": name, "msg": f"Input should be one of {spec['enum']}", "type": "one_of"}]
    if kind == "uri" and not re.match(r"(https?://|data:[a-z]+/)", str(value)):
        return [{"field": name, "msg": "Input should be a URL", "type": "url_parsing"}]
    if "minimum" in spec and value < spec["minimum"]:
        text = f"Must be greater than or equal to {spec['minimum']}"
        return [{"field": name, "msg": text, "type": "greater_than_equal"}]
    if "maximum" in spec and value > spec["maximum"]:
        return [{"field": name, "msg": f"Must be less than or equal to {spec['maximum']}", "type": "less_than_equal"}]
    if "multiple_of" in spec and value % spec["multiple_of"]:
        return [{"field": name, "msg": f"Must be a multiple of {spec['multiple_of']}", "type": "multiple_of"}]
    return []


def _wrong_size(name: str, value: Any) -> list[dict[str, Any]]:
    if isinstance(value, str) and value in FAL_SIZES:
        return []
    if (
        isinstance(value, dict)
        and set(value) <= {"width", "height"}
        and all(type(side) is int for side in value.values())
    ):
        return []
    return [{"field": name, "msg": "Input should be an image size", "type": "image_size"}]
