"""`load_seed_data`: complete, repeatable, careful with what people changed."""

from __future__ import annotations

import json
from io import StringIO

import pytest
from django.core.management import call_command

from main.factories import ModelSpecificFactory, read_machines
from main.models import FactoryMachine, Lookup, Order, Provider
from main.services.seeding import SEED

DOCUMENTED = {
    "fal-ai/flux/dev",
    "fal-ai/flux/schnell",
    "fal-ai/fast-sdxl",
    "fal-ai/fast-lightning-sdxl",
    "fal-ai/fast-turbo-diffusion",
    "fal-ai/dreamshaper",
    "black-forest-labs/flux-schnell",
}


def test_loads_everything_and_again_changes_nothing(db) -> None:
    out = StringIO()
    call_command("load_seed_data", "--json", stdout=out)
    counts = json.loads(out.getvalue())
    assert counts["machines"] == FactoryMachine.objects.filter(is_active=True).count() >= 16
    assert set(FactoryMachine.objects.values_list("name", flat=True)) >= DOCUMENTED
    call_command("load_seed_data", "--json", stdout=(again := StringIO()))
    assert json.loads(again.getvalue()) == counts


def test_what_people_changed_stays_until_reset(seeded) -> None:
    FactoryMachine.objects.filter(name="builtin/still").update(is_favorite=True, max_concurrent=1)
    Lookup.objects.filter(name="color").update(values=["mauve"])
    Provider.objects.filter(name="fal").update(rate_per_minute=7)
    call_command("load_seed_data", stdout=StringIO())
    machine = FactoryMachine.objects.get(name="builtin/still")
    assert (machine.is_favorite, machine.max_concurrent) == (True, 1)
    assert Lookup.objects.get(name="color").values == ["mauve"]
    call_command("load_seed_data", "--reset", stdout=StringIO())
    machine.refresh_from_db()
    assert (machine.is_favorite, machine.max_concurrent) == (False, 4)
    assert len(Lookup.objects.get(name="color").values) == 8
    assert Provider.objects.get(name="fal").rate_per_minute == 120


def test_a_machine_that_left_the_seed_keeps_its_orders(still) -> None:
    gone = FactoryMachine.objects.create(name="old/one", display_name="Old", provider=still.provider, family="x")
    Order.objects.create(machine=gone)
    call_command("load_seed_data", stdout=StringIO())
    gone.refresh_from_db()
    assert not gone.is_active
    assert gone.orders.count() == 1


def test_the_twelfth_model_is_data_alone() -> None:
    """A machine that nobody wrote a class for checks, completes, prices and speaks its provider's names."""
    data = {
        "name": "somebody/new:1",
        "display_name": "New",
        "provider": "replicate",
        "family": "new",
        "modality": "text-to-image",
        "price": {"amount": 0.01, "unit": "megapixel"},
        "constants": {"deep.mode": "fast"},
        "parameters": {
            "prompt": {"type": "text", "required": True, "wire": "deep.text"},
            "steps": {"type": "integer", "minimum": 1, "maximum": 9, "default": 4, "encode": "string"},
        },
    }
    factory = ModelSpecificFactory.from_data(data)
    checked = factory.validate({"prompt": "a", "steps": "10"})
    assert [problem.code for problem in checked.problems] == ["maximum"]
    complete = factory.complete(factory.validate({"prompt": "a"}).parameters)
    assert factory.arguments(complete) == {"deep": {"mode": "fast", "text": "a"}, "steps": "4"}


@pytest.mark.parametrize("data", read_machines(SEED / "machines"), ids=lambda data: data["name"])
def test_every_seeded_machine_is_sound(data) -> None:
    """Its defaults pass its own checks, and it says what it costs, by which source."""
    factory = ModelSpecificFactory.from_data(data)
    given = {spec.name: spec.default for spec in factory.specs if spec.default is not None}
    given |= {spec.name: 1 if spec.type == "image" else "a" for spec in factory.specs if spec.required}
    checked = factory.validate(given)
    assert not checked.problems
    assert factory.machine.price.source or not factory.machine.price.known
    assert factory.estimate(factory.complete(checked.parameters)) >= 0
    assert not factory.arguments(factory.complete({"safety": False} | checked.parameters)).get("enable_safety_checker")
