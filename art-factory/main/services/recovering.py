"""From what a file says to an order form: the machine that fits, the parameters that it takes, and what was left out."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any, Final

from main.expansion import as_it_stands
from main.factories import ModelSpecificFactory, ParameterSpec, ParameterType
from main.factories.checking import check
from main.metadata import Recovered
from main.models import FactoryMachine
from main.services.connections import can_ask
from main.services.machines import factory_of

FAMILIES: Final = (
    (re.compile(r"flux[ ._-]?2", re.IGNORECASE), "flux2"),
    (re.compile(r"flux|schnell", re.IGNORECASE), "flux"),
    (re.compile(r"sd[ ._-]?3|stable-?diffusion-?v?3", re.IGNORECASE), "sd35"),
    (re.compile(r"xl|pony|illustrious|noob", re.IGNORECASE), "sdxl"),
    (re.compile(r"v1[-_.]?5|sd[ ._-]?1|1[._]5|dreamshaper|deliberate", re.IGNORECASE), "sd15"),
)
"""What the names of checkpoints give away about their family."""
_SAMPLERS: Final = {
    "eulera": ("euler_a", "euler_ancestral", "K_EULER_ANCESTRAL"),
    "euler": ("euler", "K_EULER"),
    "dpm2m": ("dpm++2m", "dpmpp_2m", "DPMSolverMultistep"),
    "dpmpp2m": ("dpm++2m", "dpmpp_2m", "DPMSolverMultistep"),
    "heun": ("heun", "HeunDiscrete"),
    "ddim": ("ddim", "DDIM"),
}
_NOT_ALNUM: Final = re.compile(r"[^a-z0-9]+")


@dataclass(slots=True)
class Refilled:
    """An order form filled in: its fields by name, and what a person should know about it."""

    given: dict[str, str]
    notes: list[str] = field(default_factory=list)


def refill(found: Recovered) -> Refilled:
    """Return the form that orders what a file says it is, as near as the machines on offer come."""
    machine, notes = _machine(found)
    given = {"prompt": as_it_stands(found.prompt), "negative_prompt": as_it_stands(found.negative_prompt)}
    if machine is None:
        return Refilled(given, notes)
    factory = factory_of(machine)
    given["machine"] = str(machine.pk)
    left_out = list(found.left_out)
    for name, value in found.parameters.items():
        text = _value(factory, name, value)
        if text:
            given[f"p-{name}"] = text
        else:
            left_out.append(f"{name} {_short(value)}")
    if left_out:
        notes.append(f"{machine.display_name} does not take: {', '.join(left_out[:20])}")
    return Refilled(given, notes)


def _machine(found: Recovered) -> tuple[FactoryMachine | None, list[str]]:
    """Return the machine the file names, else one of the same family, else the built-in one; and why it is another."""
    offered = list(FactoryMachine.objects.filter(is_active=True, provider__is_enabled=True).select_related("provider"))
    named = found.machine or found.model
    if same := next((one for one in offered if one.name == named), None):
        return same, []
    family = next((family for words, family in FAMILIES if named and words.search(named)), "")
    kin = [one for one in offered if one.family == family and one.modality == "text-to-image"]
    kin.sort(key=lambda one: (not can_ask(one.provider.name), not one.is_favorite))
    machine = kin[0] if kin else next((one for one in offered if one.name == "builtin/still"), None)
    if machine is None or not named:
        return machine, [] if named else ["The file names no model; choose the machine yourself."]
    why = f"of the same family ({family})" if kin else "of another kind"
    return machine, [f"It was made with {named[:80]}, which is not offered here; {machine.display_name} is {why}."]


def _value(factory: ModelSpecificFactory, name: str, value: Any) -> str:
    """Return a value as the form takes it; empty when the machine does not take it."""
    spec = factory.machine.spec(name)
    if spec is None or spec.type is ParameterType.IMAGE:
        return ""
    if name == "scheduler":
        value = _sampler(spec, str(value))
    checked, problems = check(spec, value)
    if problems:
        return ""
    if spec.type is ParameterType.SIZE:
        return f"{checked['width']}x{checked['height']}"
    if spec.type is ParameterType.BOOLEAN:
        return "yes" if checked else "no"
    return str(checked)


def _sampler(spec: ParameterSpec, value: str) -> str:
    key = _NOT_ALNUM.sub("", value.lower().removesuffix(" karras"))
    key = {"eulerancestral": "eulera"}.get(key, key)
    return next((one for one in _SAMPLERS.get(key, ()) if one in spec.enum), value)


def _short(value: Any) -> str:
    return str(value)[:40]
