"""The prompt language: one prompt with tokens becomes many, counted before they are made. Pure, knows no framework."""

from main.expansion.batch import ExpansionError, Item
from main.expansion.dynamic import Translation, translate
from main.expansion.escapes import as_it_stands, escape
from main.expansion.expand import HARD, PER_BATCH, Expansion, Plan
from main.expansion.names import ALIASES, AnyNames, Names
from main.expansion.values import Axis, axis_of

__all__ = [
    "ALIASES",
    "HARD",
    "PER_BATCH",
    "AnyNames",
    "Axis",
    "Expansion",
    "ExpansionError",
    "Item",
    "Names",
    "Plan",
    "Translation",
    "as_it_stands",
    "axis_of",
    "escape",
    "translate",
]
