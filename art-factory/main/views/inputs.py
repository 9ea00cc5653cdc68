"""Read numbers and orders from a request: bad input becomes a clear 404 or an answer, never a 500."""

from __future__ import annotations

import secrets
from decimal import Decimal, InvalidOperation
from typing import Any

from django.http import Http404, HttpRequest, QueryDict
from django.utils.translation import gettext as _

from main.factories import ParameterType, Problem
from main.models import FactoryMachine, Product, Project, Relation
from main.services.machines import factory_of
from main.services.orders import Wish

LARGEST = 2**31 - 1
BULK = 1000


def number(value: Any, default: int, low: int = 0, high: int = LARGEST) -> int:
    """Return a whole number within bounds; what is none, or lies outside, becomes the default or the nearer bound."""
    text = str(value or "").strip()
    if not text.isascii() or not text.lstrip("-").isdigit() or len(text) > 18:
        return default
    return min(max(int(text), low), high)


def machine_of(value: Any) -> FactoryMachine | None:
    """Return an offered machine by id or name."""
    offered = FactoryMachine.objects.filter(is_active=True).select_related("provider")
    text = str(value or "")
    if text.isascii() and text.isdigit() and len(text) < 12:
        return offered.filter(pk=int(text)).first()
    return offered.filter(name=text[:150]).first()


def project_of(value: Any) -> Project | None:
    """Return an active project by id."""
    pk = number(value, 0)
    return Project.objects.alive().filter(pk=pk, status=Project.Status.ACTIVE).first() if pk else None


def wish_of(data: QueryDict) -> Wish:
    """Return what the order form says; Http404 for a machine that is not offered. Parameters are fields `p-<name>`."""
    machine = machine_of(data.get("machine"))
    if machine is None:
        raise Http404("no such machine")
    parameters: dict[str, Any] = {}
    for spec in factory_of(machine).specs:
        value = data.get(f"p-{spec.name}", "").strip()
        if spec.name not in ("prompt", "negative_prompt") and value:
            parameters[spec.name] = value
    relation = data.get("relation", "")
    times, most = _whole(data, "times", _("Times"), 1), _whole(data, "max_items", _("At most"), 0)
    seed, cap = _whole(data, "seed", _("Seed of the expansion"), 0), unread_cap(data.get("spend_cap"))
    return Wish(
        machine=machine,
        prompt=data.get("prompt", ""),
        negative_prompt=data.get("negative_prompt", ""),
        parameters=parameters,
        title=data.get("title", ""),
        project=project_of(data.get("project")),
        times=number(data.get("times"), 1, 1, 100),
        max_items=number(data.get("max_items"), 0, 0, 1000),
        seed=number(data.get("seed"), 0),
        problems=tuple(one for one in (times, most, seed, cap) if one is not None),
        expand=data.get("literal") != "on",
        spend_cap=money(data.get("spend_cap")),
        source=Product.objects.alive().filter(pk=number(data.get("source"), 0)).first() if data.get("source") else None,
        dialect="dynamic" if data.get("dialect") == "dynamic" else "",
        relation=relation if relation in Relation.values else Relation.INPUT,
    )


def unread_cap(value: Any) -> Problem | None:
    """Say what is wrong with a cap: one that cannot be read must never count as none, for then nothing is capped."""
    if value in (None, "") or not str(value).strip() or money(value) is not None:
        return None
    return Problem("spend_cap", "type", _("May cost at most: an amount such as 2.50 was expected"))


def _whole(data: QueryDict, name: str, label: str, low: int) -> Problem | None:
    text = data.get(name, "").strip()
    if not text or number(text, low - 1, low - 1) >= low:
        return None
    return Problem(
        name, "type", _("%(field)s: a whole number from %(low)d on was expected") % {"field": label, "low": low}
    )


def money(value: Any) -> Decimal | None:
    """Return an amount, or None for nothing or for what is none."""
    try:
        found = Decimal(str(value or "").strip()[:20].replace(",", "."))
    except InvalidOperation:
        return None
    return found if found.is_finite() and 0 <= found < 1_000_000 else None


def controls(machine: FactoryMachine, given: dict[str, str]) -> list[dict[str, Any]]:
    """Return how each parameter is asked for: the form follows from the specs."""
    found = []
    for spec in factory_of(machine).specs:
        if spec.name in ("prompt", "negative_prompt"):
            continue
        default = spec.default
        if spec.type is ParameterType.SIZE and default:
            default = f"{default['width']}x{default['height']}"
        if spec.type is ParameterType.BOOLEAN and default is not None:
            default = _("yes") if default else _("no")
        kind = {ParameterType.BOOLEAN: "boolean", ParameterType.ENUM: "enum", ParameterType.IMAGE: "image"}.get(
            spec.type, "text"
        )
        found.append(
            {
                "name": spec.name,
                "label": spec.name.replace("_", " ").capitalize(),
                "kind": kind,
                "value": given.get(spec.name, ""),
                "default": "" if default is None else str(default),
                "options": [str(one) for one in spec.enum],
                "bounds": bounds(spec.minimum, spec.maximum),
                "hint": spec.hint,
                "required": spec.required,
                "advanced": spec.advanced,
            }
        )
    return found


def chosen(request: HttpRequest) -> list[int]:
    """Return the numbers of the products that a form or an address names, at most BULK."""
    given = request.POST.getlist("ids") + request.POST.getlist("product_ids[]") + request.GET.getlist("ids")
    return [pk for pk in (number(one, 0) for one in given[:BULK]) if pk]


def bounds(low: float | None, high: float | None) -> str:
    """Return what is allowed, for people."""
    if low is not None and high is not None:
        return f"{low:.10g} to {high:.10g}"
    return f"from {low:.10g}" if low is not None else ""


def new_key() -> str:
    """Return a key that makes sending a form twice order once."""
    return secrets.token_urlsafe(16)
