"""What was typed into the pages' forms: read as the API reads its bodies, with an error beside the field it belongs to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from fastapi import Request
from pydantic import BaseModel, ValidationError

from shared.error_handling.exceptions import ValidationException
from shared.rules.import_values import BadValue, amount
from shared.translation import phrase

MONEY = frozenset(
    {
        "share_percent",
        "fixed_fee",
        "minimum_payout",
        "storage_fee_per_day",
        "list_price",
        "floor_price",
        "amount",
        "price",
    }
)
Body = TypeVar("Body", bound=BaseModel)


class Typed(dict[str, str]):
    """Fields as they were typed, to be shown again; an absent one is empty."""

    def __missing__(self, key: str) -> str:
        return ""


async def typed(request: Request) -> Typed:
    """Return the fields of a form, without blanks at their ends."""
    form = await request.form(max_fields=60, max_files=0)
    return Typed({name: value.strip() for name, value in form.items() if isinstance(value, str)})


def read(model: type[Body], told: Mapping[str, str], *, keep_empty: bool = False) -> Body:
    """Return a form as a body of the API; amounts are written as people do ("12,50").

    An empty field is left out, or (`keep_empty`) is none.

    Raises ValidationException with what is wrong by field.
    """
    values: dict[str, Any] = {}
    for name, value in told.items():
        if name not in model.model_fields:
            continue
        if not value:
            if keep_empty:
                values[name] = None
            continue
        try:
            values[name] = amount(value) if name in MONEY else value
        except BadValue as error:
            raise ValidationException(str(error), field_errors={name: str(error)}) from None
    try:
        return model.model_validate(values)
    except ValidationError as error:
        wrong = {
            str(each["loc"][0] if each["loc"] else "form"): each["msg"].removeprefix("Value error, ")
            for each in error.errors()
        }
        raise ValidationException(phrase("Look at the marked fields"), field_errors=wrong) from None


def wrong_fields(error: Exception) -> dict[str, str]:
    """Return what an error says about single fields."""
    details = getattr(error, "details", {})
    found: dict[str, str] = details.get("field_errors", {})
    return found
