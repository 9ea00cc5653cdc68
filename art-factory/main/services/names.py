"""A machine's parameters, as the prompt language sees them."""

from __future__ import annotations

from typing import Any

from main.expansion import ALIASES
from main.factories import Interpolation, ModelSpecificFactory, ParameterType
from main.factories.checking import coerce

_LISTS = (ParameterType.INTEGER, ParameterType.NUMBER, ParameterType.ENUM, ParameterType.SIZE, ParameterType.BOOLEAN)


class MachineNames:
    """Names, types and lists of one machine."""

    def __init__(self, factory: ModelSpecificFactory) -> None:
        """Know the machine's specs."""
        self._specs = {spec.name: spec for spec in factory.specs}
        self._found = {spec.wire.lower(): spec.name for spec in factory.specs if spec.wire}
        self._found |= {name.lower(): name for name in self._specs}

    def find(self, name: str) -> str | None:
        """Return a parameter by its name, the provider's name for it, or an alias; case does not matter."""
        key = name.lower()
        alias = ALIASES.get(key)
        return self._found.get(key) or (alias if alias in self._specs else None)

    def shorthand(self, name: str) -> bool:
        """Say whether `4,5,6` stands for three values here."""
        spec = self._specs.get(name)
        return spec is not None and spec.interpolation is Interpolation.VALUES and spec.type in _LISTS

    def coerce(self, name: str, value: Any) -> Any:
        """Return a value in its parameter's type; ValueError when it cannot be."""
        spec = self._specs.get(name)
        return value if spec is None or value in (None, "") else coerce(spec, value)
