"""Turn typed values into a parameter's type and hold them against its spec."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from typing import Any, Final

from main.factories.specs import ParameterSpec, ParameterType, Problem

_SIZE: Final = re.compile(r"\s*(\d{1,5})\s*[xX×*]\s*(\d{1,5})\s*")
_TRUE: Final = frozenset({"true", "yes", "on", "1"})
_FALSE: Final = frozenset({"false", "no", "off", "0"})


def coerce(spec: ParameterSpec, value: Any) -> Any:
    """Return `value` in the spec's type ("10" becomes 10, "1024x768" a size); ValueError says what was expected."""
    if spec.type is ParameterType.ENUM:
        return next((one for one in spec.enum if str(one) == _text(value)), value)
    return _COERCIONS[spec.type](value)


def check(spec: ParameterSpec, value: Any) -> tuple[Any, list[Problem]]:
    """Return the coerced value and what is wrong with it; the value is worth nothing when something is."""
    try:
        found = coerce(spec, value)
    except (ValueError, TypeError) as error:
        return None, [Problem(spec.name, "type", f"{spec.name}: {error}")]
    return found, list(_judge(spec, found))


def _judge(spec: ParameterSpec, value: Any) -> list[Problem]:
    if spec.type is ParameterType.SIZE:
        return [problem for side in ("width", "height") for problem in _bounds(spec, value[side], side)]
    problems = []
    if spec.type is ParameterType.ENUM and value not in spec.enum:
        allowed = ", ".join(str(one) for one in spec.enum)
        problems.append(Problem(spec.name, "enum", f"{spec.name}: {str(value)[:60]!r} is none of {allowed}"))
    if isinstance(value, str) and spec.max_length and len(value) > spec.max_length:
        problems.append(Problem(spec.name, "max_length", f"{spec.name}: longer than {spec.max_length} characters"))
    # our own pattern: it stands in seed/machines
    if isinstance(value, str) and spec.pattern and not re.fullmatch(spec.pattern, value):
        problems.append(Problem(spec.name, "pattern", f"{spec.name}: does not look like {spec.pattern}"))
    if isinstance(value, int | float) and not isinstance(value, bool):
        problems += _bounds(spec, value, spec.name)
    return problems


def _bounds(spec: ParameterSpec, value: float, what: str) -> list[Problem]:
    if spec.minimum is not None and value < spec.minimum:
        return [Problem(spec.name, "minimum", f"{what}: {value:g} is below {spec.minimum:g}")]
    if spec.maximum is not None and value > spec.maximum:
        return [Problem(spec.name, "maximum", f"{what}: {value:g} is above {spec.maximum:g}")]
    if spec.multiple_of and value % spec.multiple_of:
        return [Problem(spec.name, "multiple_of", f"{what}: {value:g} is no multiple of {spec.multiple_of}")]
    return []


def _text(value: Any) -> str:
    if isinstance(value, dict | list | bool) or value is None:
        raise ValueError("a text was expected")
    return str(value)


def _integer(value: Any) -> int:
    if isinstance(value, bool):
        raise ValueError("a whole number was expected")
    if isinstance(value, float) and not value.is_integer():
        raise ValueError("a whole number was expected")
    try:
        found = int(value.strip()[:30]) if isinstance(value, str) else int(value)
    except (ValueError, TypeError, OverflowError):
        raise ValueError("a whole number was expected") from None
    if abs(found) >= 2**63:
        raise ValueError("a smaller whole number was expected")
    return found


def _number(value: Any) -> float:
    try:
        found = math.nan if isinstance(value, bool) else float(value)
    except (ValueError, TypeError, OverflowError):
        found = math.nan
    if not math.isfinite(found):
        raise ValueError("a number was expected")
    return found


def _boolean(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    word = str(value).strip().lower()
    if word not in _TRUE | _FALSE:
        raise ValueError("yes or no was expected")
    return word in _TRUE


def _size(value: Any) -> dict[str, int]:
    if isinstance(value, str) and (found := _SIZE.fullmatch(value)):
        value = {"width": found[1], "height": found[2]}
    if not isinstance(value, dict) or set(value) != {"width", "height"}:
        raise ValueError("a size such as 1024x768 was expected")
    return {"width": _integer(value["width"]), "height": _integer(value["height"])}


def _list(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise ValueError("a list was expected")
    return value


_COERCIONS: Final[dict[ParameterType, Callable[[Any], Any]]] = {
    ParameterType.STRING: _text,
    ParameterType.TEXT: _text,
    ParameterType.IMAGE: _integer,
    ParameterType.INTEGER: _integer,
    ParameterType.NUMBER: _number,
    ParameterType.BOOLEAN: _boolean,
    ParameterType.SIZE: _size,
    ParameterType.LIST: _list,
}
"""An IMAGE is the id of a product, which goes along as a file."""
