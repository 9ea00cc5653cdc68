"""How a provider's model is used for one task: specs, checks, defaults, the provider's names, price. Knows no model of Django."""

from main.factories.base import Checked, ModelSpecificFactory
from main.factories.drift import differences
from main.factories.machine import Machine, Price, machines_in, read_machines
from main.factories.specs import Interpolation, ParameterSpec, ParameterType, Problem

__all__ = [
    "Checked",
    "Interpolation",
    "Machine",
    "ModelSpecificFactory",
    "ParameterSpec",
    "ParameterType",
    "Price",
    "Problem",
    "differences",
    "machines_in",
    "read_machines",
]
