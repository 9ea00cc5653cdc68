"""Calculated fields: whole-number arithmetic over the names of other fields.

The text is parsed by Python's own grammar and then walked by this file; nothing of it is ever run. There is no power, no call
but those listed, no attribute, no text, and every intermediate result has a bound, so that no formula can take long.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Final

from inventory.web_parser.errors import ReadError, RuleError

LONGEST: Final = 500
DEEPEST: Final = 30
BOUND: Final = 10**18

Number = Fraction
_FUNCTIONS: Final[dict[str, Callable[..., Number]]] = {"min": min, "max": max, "abs": abs}


def parse(text: str) -> ast.expr:
    """Return the checked tree of a formula such as `counter_a4_bw + counter_a3_bw * 2`; RuleError says what is wrong."""
    if not text.strip():
        raise RuleError("The formula is empty.")
    if len(text) > LONGEST:
        raise RuleError(f"The formula is longer than {LONGEST} characters.")
    if "**" in text:
        raise RuleError("Powers (**) are refused: a formula adds, subtracts, multiplies and divides.")
    if text.count("(") > DEEPEST or any(ord(sign) < 32 and sign != "\t" for sign in text):
        raise RuleError(f"The formula has control characters, or more than {DEEPEST} parentheses.")
    try:
        tree = ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise RuleError("The formula is not complete. Write it like counter_a4_bw + counter_a3_bw.") from None
    _check(tree, 0)
    return tree


def names_in(tree: ast.expr) -> set[str]:
    """Return the fields a checked formula needs."""
    calls = {id(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}
    return {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and id(node) not in calls}


def calculate(tree: ast.expr, values: Mapping[str, int]) -> int:
    """Return a checked formula's whole value, decimals cut off; ReadError for a missing field, a zero divisor, the bound."""
    if missing := sorted(names_in(tree) - values.keys()):
        raise ReadError(f"Not calculated, because {', '.join(missing)} could not be read.")
    return int(_value(tree, values))


def _check(node: ast.expr, depth: int) -> None:
    if depth > DEEPEST:
        raise RuleError(f"The formula is nested more than {DEEPEST} deep.")
    match node:
        case ast.BinOp(
            left=left, op=ast.Add() | ast.Sub() | ast.Mult() | ast.Div() | ast.FloorDiv() | ast.Mod(), right=right
        ):
            # A long sum leans to the left; only the right-hand side counts as nesting.
            _check(left, depth + (not isinstance(left, ast.BinOp)))
            _check(right, depth + 1)
        case ast.UnaryOp(op=ast.USub() | ast.UAdd(), operand=operand):
            _check(operand, depth + 1)
        case ast.Constant(value=int() as value) if not isinstance(value, bool) and value <= BOUND:
            pass
        case ast.Constant(value=float() as value) if 0 <= value < 1e15:
            pass
        case ast.Name():
            pass
        case ast.Call(func=ast.Name(id=name), args=args, keywords=[]) if name in _FUNCTIONS and args:
            for one in args:
                _check(one, depth + 1)
        case _:
            raise RuleError("A formula is made of numbers, names of fields, + - * / // %, ( ), min, max and abs.")


def _value(node: ast.expr, values: Mapping[str, int]) -> Number:
    match node:
        case ast.Constant(value=int() | float() as value):
            return Fraction(str(value)) if isinstance(value, float) else Fraction(value)
        case ast.Name(id=name):
            return _bounded(Fraction(values[name]))
        case ast.UnaryOp(op=op, operand=operand):
            return -_value(operand, values) if isinstance(op, ast.USub) else _value(operand, values)
        case ast.Call(func=ast.Name(id=name), args=args):
            return _called(name, [_value(one, values) for one in args])
        case ast.BinOp(left=left, op=op, right=right):
            return _bounded(_combined(_value(left, values), op, _value(right, values)))
    raise RuleError("The formula was not checked.")


def _called(name: str, numbers: list[Number]) -> Number:
    if name == "abs" or len(numbers) == 1:
        return abs(numbers[0]) if name == "abs" else numbers[0]
    return _FUNCTIONS[name](*numbers)


def _combined(left: Number, op: ast.operator, right: Number) -> Number:
    match op:
        case ast.Add():
            return left + right
        case ast.Sub():
            return left - right
        case ast.Mult():
            return left * right
    if right == 0:
        raise ReadError("The formula divides by zero.")
    if isinstance(op, ast.Div):
        return left / right
    return Fraction(left // right) if isinstance(op, ast.FloorDiv) else left % right


def _bounded(number: Number) -> Number:
    if abs(number) > BOUND or number.denominator > BOUND:
        raise ReadError("The formula's result is larger than any counter.")
    return number
