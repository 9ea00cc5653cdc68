"""Specs, checks and the wire, by example."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from main.factories import ModelSpecificFactory, ParameterSpec, read_machines
from main.factories.checking import check
from main.factories.wire import encode, nearest_ratio
from main.services.seeding import SEED

MACHINES = {data["name"]: ModelSpecificFactory.from_data(data) for data in read_machines(SEED / "machines")}


def sent(name: str, **parameters):
    """Return what goes onto the wire."""
    factory = MACHINES[name]
    checked = factory.validate({"prompt": "a cat", **parameters})
    assert not checked.problems
    return factory.arguments(factory.complete(checked.parameters))


def test_flux_on_fal_gets_no_width_and_no_negative_prompt() -> None:
    """The critical bug of the original: FLUX was sent what only SDXL takes."""
    assert sent("fal-ai/flux/dev", negative_prompt="blurry", size="1024x768") == {
        "prompt": "a cat",
        "image_size": "landscape_4_3",
        "num_inference_steps": 28,
        "guidance_scale": 3.5,
        "num_images": 1,
        "enable_safety_checker": False,
        "output_format": "png",
    }
    checked = MACHINES["fal-ai/flux/dev"].validate({"prompt": "a", "negative_prompt": "b"})
    assert checked.warnings == ["negative_prompt: the negative prompt is ignored by FLUX"]


def test_sizes_that_have_no_name_go_as_an_object() -> None:
    assert sent("fal-ai/flux/dev", size="1152x896")["image_size"] == {"width": 1152, "height": 896}


def test_lightning_takes_its_steps_as_text() -> None:
    assert sent("fal-ai/fast-lightning-sdxl", steps="8")["num_inference_steps"] == "8"
    factory = MACHINES["fal-ai/fast-lightning-sdxl"]
    assert [one.code for one in factory.validate({"prompt": "a", "steps": 8}).problems] == []


def test_flux_on_replicate_gets_a_ratio() -> None:
    found = sent("black-forest-labs/flux-schnell", size="1344x768")
    assert (found["aspect_ratio"], found["megapixels"]) == ("16:9", "1")
    assert "width" not in found
    assert found["disable_safety_checker"] is True


def test_safety_is_asked_for() -> None:
    assert sent("fal-ai/fast-sdxl", safety=True)["enable_safety_checker"] is True
    assert sent("black-forest-labs/flux-schnell", safety="yes")["disable_safety_checker"] is False


def test_formats_are_spelled_as_the_provider_does() -> None:
    assert sent("black-forest-labs/flux-schnell", format="jpeg")["output_format"] == "jpg"


@pytest.mark.parametrize(
    ("parameters", "code"),
    [
        ({"size": "banana"}, "type"),
        ({"steps": 9999}, "maximum"),
        ({"steps": 2.5}, "type"),
        ({"steps": True}, "type"),
        ({"size": "1000x1001"}, "multiple_of"),
        ({"colour": "red"}, "unknown"),
        ({"format": "tiff"}, "enum"),
        ({"guidance": "nan"}, "type"),
        ({"prompt": ""}, "required"),
        ({"prompt": "x" * 5000}, "max_length"),
        ({"seed": "9" * 400}, "type"),
    ],
)
def test_wrong_values_are_named(parameters, code) -> None:
    found = MACHINES["fal-ai/flux/dev"].validate({"prompt": "a", **parameters}).problems
    assert [(problem.field, problem.code) for problem in found][:1] == [(next(iter(parameters)), code)]


def test_prices_follow_size_and_batch() -> None:
    factory = MACHINES["fal-ai/flux/dev"]
    one = factory.estimate(factory.complete({"prompt": "a"}))
    four = factory.estimate(factory.complete({"prompt": "a", "batch": 4, "size": {"width": 1440, "height": 1440}}))
    assert (one, four) == (Decimal("0.025"), Decimal("0.2"))


def test_pixel_limit() -> None:
    found = MACHINES["builtin/loop"].validate({"prompt": "a", "size": "2048x2048"}).problems
    assert found[0].code == "maximum"


@settings(max_examples=30, deadline=None)
@given(st.integers(64, 4096), st.integers(64, 4096))
def test_a_ratio_is_always_found(width: int, height: int) -> None:
    assert nearest_ratio(("1:1", "16:9", "9:16"), width, height) in ("1:1", "16:9", "9:16")


@settings(max_examples=50, deadline=None)
@given(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(),
        st.floats(),
        st.text(),
        st.lists(st.integers()),
        st.dictionaries(st.text(), st.integers()),
    )
)
def test_no_value_breaks_the_checks(value) -> None:
    """Whatever comes in, the answer is a value or a problem."""
    for kind in ("string", "integer", "number", "boolean", "size", "list", "enum", "image"):
        spec = ParameterSpec.from_data("x", {"type": kind, "enum": ["a"], "minimum": 0, "maximum": 5})
        found, problems = check(spec, value)
        assert problems or found is not None or value is None


def test_unsent_parameters_stay_here() -> None:
    spec = ParameterSpec.from_data("x", {"type": "string", "wire": ""})
    assert encode(spec, "a") == {}
