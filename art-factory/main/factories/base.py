"""BaseProductFactory > ProviderProductFactory > ModelModalityProductFactory > ModelSpecificFactory.

Each layer adds one thing: checking against specs, the wire of a provider, what a modality makes and costs, and what only this
model wants. A new model is a table in `seed/machines`; a new provider is a class in `main.providers`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import ROUND_UP, Decimal
from typing import Any, Final

from main.factories.checking import check
from main.factories.machine import Machine
from main.factories.specs import CANONICAL, ParameterSpec, ParameterType, Problem
from main.factories.wire import encode, put

OUTPUTS: Final = {"image": "image", "video": "video", "audio": "audio"}
CENT: Final = Decimal("0.000001")


@dataclass(slots=True)
class Checked:
    """Parameters in their types, what is wrong with them, and what will have no effect."""

    parameters: dict[str, Any]
    problems: list[Problem] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


class BaseProductFactory:
    """Holds values against the machine's specs and fills in its defaults."""

    def __init__(self, machine: Machine) -> None:
        """Make products with this machine."""
        self.machine = machine

    @property
    def specs(self) -> tuple[ParameterSpec, ...]:
        """Return what the machine takes, in the order of the form."""
        return self.machine.specs

    def validate(self, given: Mapping[str, Any]) -> Checked:
        """Return the given values in their types; None and "" count as not given."""
        checked = Checked({})
        for name, value in given.items():
            if value is None or value == "":
                continue
            spec = self.machine.spec(name)
            if spec is None:
                self._unknown(name, checked)
                continue
            found, problems = check(spec, value)
            checked.problems += problems
            if not problems:
                checked.parameters[name] = found
        for spec in self.specs:
            if spec.required and spec.name not in checked.parameters and spec.name not in _named(checked.problems):
                checked.problems.append(Problem(spec.name, "required", f"{spec.name} is missing"))
        if not checked.problems:
            checked.problems += self.cross_check(self.complete(checked.parameters))
        return checked

    def complete(self, parameters: Mapping[str, Any]) -> dict[str, Any]:
        """Return the parameters with the model's defaults in place: the ACTUAL set, in our names."""
        defaults = {spec.name: spec.default for spec in self.specs if spec.default is not None}
        return {**defaults, **parameters}

    def cross_check(self, complete: Mapping[str, Any]) -> list[Problem]:
        """Return what is wrong between parameters."""
        size = complete.get("size")
        if size and size["width"] * size["height"] > self.machine.max_pixels:
            text = f"size: more than {self.machine.max_pixels / 1e6:.1f} megapixels"
            return [Problem("size", "max_pixels", text)]
        return []

    def _unknown(self, name: str, checked: Checked) -> None:
        if name in self.machine.ignored:
            checked.warnings.append(f"{name}: {self.machine.ignored[name]}")
        elif name in CANONICAL:
            checked.warnings.append(f"{name} has no effect on {self.machine.display_name}")
        else:
            known = ", ".join(spec.name for spec in self.specs)
            checked.problems.append(Problem(name, "unknown", f"{name[:60]} is no parameter; there are {known}"))


class ProviderProductFactory(BaseProductFactory):
    """Speaks a provider's names: from a complete set to the arguments of its API."""

    def arguments(self, complete: Mapping[str, Any]) -> dict[str, Any]:
        """Return exactly what is sent, input images left out: they go along as files and become addresses there."""
        arguments: dict[str, Any] = {}
        for path, value in self.machine.constants.items():
            put(arguments, path, value)
        for spec in self.specs:
            if spec.name in complete and spec.type is not ParameterType.IMAGE:
                for path, value in encode(spec, complete[spec.name]).items():
                    put(arguments, path, value)
        return arguments

    def inputs(self, complete: Mapping[str, Any]) -> dict[str, int]:
        """Return the input images: the provider's name of the parameter to the product's id."""
        images = [spec for spec in self.specs if spec.type is ParameterType.IMAGE]
        return {spec.wire: complete[spec.name] for spec in images if complete.get(spec.name) is not None}

    @property
    def endpoint(self) -> str:
        """Return where the provider runs this model."""
        return self.machine.endpoint or self.machine.name


class ModelModalityProductFactory(ProviderProductFactory):
    """Knows what comes out, how many of it, and what that costs."""

    @property
    def output(self) -> str:
        """Return image, video or audio."""
        kind = self.machine.modality.rpartition("-to-")[2]
        return OUTPUTS.get(kind, "image")

    def products_per_call(self, complete: Mapping[str, Any]) -> int:
        """Return how many products one call makes."""
        return int(complete.get("batch") or 1)

    def estimate(self, complete: Mapping[str, Any]) -> Decimal:
        """Return the expected price of one call, rounded up to a millionth."""
        price, products = self.machine.price, self.products_per_call(complete)
        units = Decimal(products)
        if price.unit == "megapixel":
            size = complete.get("size") or {"width": 1024, "height": 1024}
            units *= -(-size["width"] * size["height"] // 1_048_576)
        elif price.unit == "second":
            units *= Decimal(str(complete.get("duration") or 1))
        elif price.unit == "call":
            units = Decimal(1)
        return (price.amount * units).quantize(CENT, ROUND_UP)


class ModelSpecificFactory(ModelModalityProductFactory):
    """One model, described by its table alone."""

    @classmethod
    def from_data(cls, specification: Mapping[str, Any]) -> ModelSpecificFactory:
        """Make the factory of a machine's stored specification."""
        return cls(Machine.from_data(specification))


def _named(problems: list[Problem]) -> set[str]:
    return {problem.field for problem in problems}
