"""What a machine takes: one `ParameterSpec` per parameter. Forms, validation, JSON Schema and the wire come from it.

Names are ours (canonical); `wire` is what the provider calls it. Pure data, no framework.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

CANONICAL: Final = frozenset(
    {
        "prompt", "negative_prompt", "size", "steps", "guidance", "seed", "batch", "format", "quality", "safety",
        "strength", "init_image", "mask", "scheduler", "duration", "fps", "scale", "loras",
    }
)  # fmt: skip
"""Parameters that several models share: one that a model lacks is ignored with a warning, any other name is an error."""


class ParameterType(StrEnum):
    """The kinds of values."""

    STRING = "string"
    TEXT = "text"
    INTEGER = "integer"
    NUMBER = "number"
    BOOLEAN = "boolean"
    ENUM = "enum"
    SIZE = "size"
    IMAGE = "image"
    LIST = "list"


class Interpolation(StrEnum):
    """What may multiply a parameter: nothing, bracket tokens (prompts), or lists, ranges and choices."""

    NONE = "none"
    TOKENS = "tokens"
    VALUES = "values"


@dataclass(frozen=True, slots=True)
class ParameterSpec:
    """One parameter of one machine.

    `encode` names how the value goes onto the wire (`factories.wire.ENCODERS`); `values` translates single values.
    `enum` holds the allowed values of ENUM, the aspect ratios of a SIZE that the provider knows only by ratio, and the presets
    of any other SIZE. Sizes are `{"width": px, "height": px}`; bounds and `multiple_of` hold for each side.
    """

    name: str
    type: ParameterType
    required: bool = False
    default: Any = None
    minimum: float | None = None
    maximum: float | None = None
    multiple_of: int | None = None
    max_length: int | None = None
    pattern: str = ""
    enum: tuple[Any, ...] = ()
    interpolation: Interpolation = Interpolation.NONE
    wire: str = ""
    encode: str = "plain"
    values: Mapping[str, Any] = field(default_factory=dict)
    hint: str = ""
    group: str = ""
    advanced: bool = False

    @classmethod
    def from_data(cls, name: str, data: Mapping[str, Any]) -> ParameterSpec:
        """Read one table of `seed/machines/*.toml`; TypeError for a key that is none, ValueError for a wrong one."""
        entry = dict(data)
        kind = ParameterType(entry.pop("type"))
        tokens = Interpolation.TOKENS if name in ("prompt", "negative_prompt") else Interpolation.VALUES
        chosen = Interpolation(entry.pop("interpolation", tokens if kind is not ParameterType.IMAGE else "none"))
        if entry.get("pattern"):
            re.compile(entry["pattern"])  # our own pattern: it stands in seed/machines
        entry["enum"] = tuple(entry.get("enum", ()))
        return cls(name=name, type=kind, interpolation=chosen, **{"wire": name, **entry})

    def schema(self) -> dict[str, Any]:
        """Return this parameter as JSON Schema (2020-12), for the API."""
        kinds: dict[ParameterType, Any] = {
            ParameterType.INTEGER: "integer",
            ParameterType.NUMBER: "number",
            ParameterType.BOOLEAN: "boolean",
            ParameterType.SIZE: "object",
            ParameterType.LIST: "array",
        }
        found: dict[str, Any] = {"title": self.name, "description": self.hint}
        if self.type is not ParameterType.ENUM:
            found["type"] = kinds.get(self.type, "string")
        if self.type is ParameterType.SIZE:
            side = {"type": "integer", "minimum": self.minimum, "maximum": self.maximum, "multipleOf": self.multiple_of}
            side = {key: value for key, value in side.items() if value is not None}
            found |= {"properties": {"width": side, "height": side}, "required": ["width", "height"]}
        else:
            bounds = {"minimum": self.minimum, "maximum": self.maximum, "maxLength": self.max_length}
            found |= {key: value for key, value in bounds.items() if value is not None}
            found |= {"enum": list(self.enum)} if self.enum else {}
        return found | ({"default": self.default} if self.default is not None else {})


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a value is refused: `code` for programs, `message` for people."""

    field: str
    code: str
    message: str
