"""What a person or a program types into a device's fields, made into values: ids or names for references, months in any form."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any, Final

from django.db.models import QuerySet, Value
from django.db.models.functions import Concat
from django.utils.translation import gettext as _
from sheets.errors import CellError
from sheets.parsers import month

from contracts.models import City, ContractStatus, DeviceModel, ServiceProvider
from inventory.models import Organization

TEXTS: Final = {"address": 255, "room_number": 128, "serial_number": 128, "comment": 5000}
REQUIRED: Final = ("organization", "city", "address", "model", "status")


class FieldsError(ValueError):
    """Some fields cannot be taken; `errors` is {field: what is wrong and what to do}."""

    def __init__(self, errors: dict[str, str]) -> None:
        """Keep the errors by field."""
        super().__init__(" ".join(errors.values()))
        self.errors = errors


def models_by_label() -> QuerySet[DeviceModel]:
    """Return models with `label`, manufacturer and name as one text."""
    return DeviceModel.objects.annotate(label=Concat("manufacturer__name", Value(" "), "name"))


REFERENCES: Final[dict[str, tuple[Callable[[], QuerySet[Any]], str]]] = {
    "organization": (lambda: Organization.objects.filter(active=True), "name"),
    "city": (City.objects.all, "name"),
    "model": (models_by_label, "label"),
    "status": (lambda: ContractStatus.objects.filter(is_active=True), "name"),
    "service_provider": (lambda: ServiceProvider.objects.filter(is_active=True), "name"),
}
"""Field name to what may be chosen anew, and the text it is chosen by."""


def clean(given: Mapping[str, object], *, whole: bool = False) -> dict[str, Any]:
    """Return {attribute: value} of the fields that are given (`city_id`, or `city` by its name); FieldsError names the bad ones.

    `whole` wants every required field. What is given but unknown is ignored.
    """
    values: dict[str, Any] = {}
    errors: dict[str, str] = {}
    for name in REFERENCES:
        _reference(name, given, values, errors)
    for name, length in TEXTS.items():
        if name in given:
            _plain(name, given[name], length, values, errors)
    if "service_start_month" in given:
        _month(given["service_start_month"], values, errors)
    for name in REQUIRED if whole else ():
        if not values.get(name if name == "address" else f"{name}_id") and name not in errors:
            errors[name] = _("This is needed.")
    if errors:
        raise FieldsError(errors)
    return values


def _reference(name: str, given: Mapping[str, object], values: dict[str, Any], errors: dict[str, str]) -> None:
    if f"{name}_id" not in given and name not in given:
        return
    by_id = f"{name}_id" in given
    text = str(given.get(f"{name}_id" if by_id else name) or "").replace("\x00", "").strip()
    if not text:
        if name in REQUIRED:
            errors[name] = _("This is needed.")
        else:
            values[f"{name}_id"] = None
        return
    rows, label = REFERENCES[name]
    if by_id:
        is_number = text.isascii() and text.isdigit() and len(text) <= 18
        # What a device has already may stay, even where it can no longer be chosen.
        found = rows().model.objects.filter(pk=int(text)) if is_number else rows().none()
    else:
        found = rows().filter(**{f"{label}__iexact": text[:300]})
    pk = found.values_list("pk", flat=True).first()
    if pk is None:
        errors[name] = _("There is no “%(text)s” to choose. Take one of the list, or add it first.") % {
            "text": text[:80]
        }
    else:
        values[f"{name}_id"] = pk


def _plain(name: str, raw: object, length: int, values: dict[str, Any], errors: dict[str, str]) -> None:
    text = str(raw if raw is not None else "").replace("\x00", "").strip()
    if name != "comment":
        text = " ".join(text.split())
    if len(text) > length:
        errors[name] = _("At most %(length)d characters; this is %(given)d.") % {"length": length, "given": len(text)}
    elif name == "address" and not text:
        errors[name] = _("This is needed.")
    else:
        values[name] = text


def _month(raw: object, values: dict[str, Any], errors: dict[str, str]) -> None:
    if raw is None or raw == "":
        values["service_start_month"] = None
        return
    try:
        values["service_start_month"] = raw.replace(day=1) if isinstance(raw, date) else month()(str(raw).strip())
    except CellError:
        errors["service_start_month"] = _("Write a month like 2026-01 or 01.2026.")
