"""A machine as data: what `seed/machines/*.toml` says about one model of one provider."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from main.factories.specs import ParameterSpec


@dataclass(frozen=True, slots=True)
class Price:
    """What one unit costs. `unit` is product, megapixel (rounded up per product), second (of output) or call.

    `source` and `date` say where and when it was read: prices change. What nobody has read (`checked` is False) is shown as
    unknown; its `amount` is only what is set aside against the caps, so that these hold nevertheless.
    """

    amount: Decimal = Decimal(0)
    unit: str = "product"
    currency: str = "USD"
    source: str = ""
    date: str = ""
    checked: bool = False

    @property
    def known(self) -> bool:
        """Say whether the amount may be shown as the price: it is nothing, or was read somewhere on a day."""
        return not self.amount or bool(self.checked and self.source and self.date)

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> Price:
        """Read a price; ValueError for an unknown unit or a date that is none."""
        if data.get("unit", "product") not in ("product", "megapixel", "second", "call"):
            raise ValueError(f"no such unit: {data['unit']}")
        if data.get("date"):
            date.fromisoformat(str(data["date"]))
        return cls(**{**data, "amount": Decimal(str(data["amount"]))})


@dataclass(frozen=True, slots=True)
class Machine:
    """One model of one provider.

    `constants` go onto the wire with every call; `ignored` says why a shared parameter has no effect here; `max_pixels`
    bounds width times height; `name` is the endpoint unless `endpoint` says otherwise.
    """

    name: str
    display_name: str
    provider: str
    family: str
    modality: str
    specs: tuple[ParameterSpec, ...]
    description: str = ""
    endpoint: str = ""
    generator_kind: str = "ai"
    constants: Mapping[str, Any] = field(default_factory=dict)
    ignored: Mapping[str, str] = field(default_factory=dict)
    price: Price = Price()
    max_pixels: int = 16_777_216
    max_concurrent: int = 2
    estimated_seconds: int = 20
    source: str = ""
    options: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> Machine:
        """Read one machine; KeyError, TypeError or ValueError says what is wrong with it."""
        entry = dict(data)
        specs = tuple(ParameterSpec.from_data(name, spec) for name, spec in entry.pop("parameters").items())
        price = Price.from_data(entry.pop("price", {"amount": 0}))
        return cls(specs=specs, price=price, **entry)

    def spec(self, name: str) -> ParameterSpec | None:
        """Return the spec of one parameter, or None."""
        return next((spec for spec in self.specs if spec.name == name), None)


def read_machines(folder: Path) -> list[dict[str, Any]]:
    """Return every `[[machine]]` table below a folder, as `machines_in` does file by file."""
    return [
        machine for path in sorted(folder.glob("*.toml")) for machine in machines_in(path.read_text(encoding="utf-8"))
    ]


def machines_in(text: str) -> list[dict[str, Any]]:
    """Return every `[[machine]]` table of a TOML file as plain data, checked; `[defaults]` of the file go under each.

    `[defaults.parameters.NAME]` is what a machine's own `[machine.parameters.NAME]` builds on: only what it lists is taken.
    Raises tomllib.TOMLDecodeError; KeyError, TypeError or ValueError says what is wrong with a machine.
    """
    content = tomllib.loads(text)
    shared = content.get("defaults", {})
    known = shared.get("parameters", {})
    found = []
    for entry in content["machine"]:
        own = entry.get("parameters", {})
        parameters = {name: {**known.get(name, {}), **spec} for name, spec in own.items()}
        machine = {**{key: value for key, value in shared.items() if key != "parameters"}, **entry}
        machine["parameters"] = parameters
        Machine.from_data(machine)
        found.append(machine)
    return found
