"""How a picture was made, inside the picture: written without touching a pixel, read back from ours and other generators'."""

from __future__ import annotations

import contextlib
import io
import json
import struct
import zlib

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, PngImagePlugin

from main.expansion import Expansion, as_it_stands
from main.metadata import BrokenFile, Making, NothingFound, embed, recover
from main.metadata.containers import MOST_TEXT, PNG, png_chunk
from main.models import Order, Product
from main.production.foreman import work_once
from main.services.orders import Wish, place

MAKING = Making(
    prompt="a cat, (red:1.3) \u732b \U0001f408 <b>&",
    negative_prompt="dog, blur",
    parameters={"steps": 28, "guidance": 3.5, "size": {"width": 64, "height": 48}, "note": 'a,b:"c"'},
    seed=7,
    width=64,
    height=48,
    machine="stability-ai/sdxl:39ed",
    provider="replicate",
)
A1111 = (
    "a cat, (masterpiece:1.2) [small]\nsecond line\nNegative prompt: dog\nSteps: 20, Sampler: Euler a, CFG scale: 7.5, "
    'Seed: 42, Size: 512x768, Model hash: 1a2b, Model: sd_xl_base_1.0, Hires upscaler: "a, b", Version: v1.9.4'
)
COMFY = {
    "3": {"class_type": "KSampler", "inputs": {"seed": 5, "steps": 12, "cfg": 4.5, "sampler_name": "euler", "denoise": 1,
          "model": ["4", 0], "positive": ["9", 0], "negative": ["7", 0], "latent_image": ["5", 0]}},
    "4": {"class_type": "CheckpointLoaderSimple", "inputs": {"ckpt_name": "flux1-dev.safetensors"}},
    "5": {"class_type": "EmptyLatentImage", "inputs": {"width": 1024, "height": 768, "batch_size": 1}},
    "6": {"class_type": "CLIPTextEncode", "inputs": {"text": "a lighthouse", "clip": ["4", 1]}},
    "7": {"class_type": "CLIPTextEncode", "inputs": {"text": "fog", "clip": ["4", 1]}},
    "9": {"class_type": "FluxGuidance", "inputs": {"guidance": 3.5, "conditioning": ["6", 0]}},
}  # fmt: skip


def picture(kind: str, **more: object) -> bytes:
    """Return a small picture with a gradient."""
    image = Image.new("RGB", (64, 48))
    image.frombytes(bytes(v for y in range(48) for x in range(64) for v in (x * 4, y * 5, 90)))
    file = io.BytesIO()
    image.save(file, kind, **more)
    return file.getvalue()


def with_text(**texts: str) -> bytes:
    """Return a PNG with texts."""
    info = PngImagePlugin.PngInfo()
    for name, text in texts.items():
        info.add_text(name, text, zip=True)
    return picture("PNG", pnginfo=info)


SIMPLE = {
    "png": picture("PNG"),
    "jpeg": picture("JPEG"),
    "webp": picture("WEBP"),
    "lossless": picture("WEBP", lossless=True),
    "extended": picture("WEBP", exif=Image.Exif().tobytes() + b"", icc_profile=b"x" * 200),
    "gif": picture("GIF"),
}


@pytest.mark.parametrize("kind", sorted(SIMPLE))
def test_no_pixel_changes_and_what_is_written_comes_back(kind: str) -> None:
    before = SIMPLE[kind]
    after = embed(before, MAKING)
    assert after != before
    old, new = Image.open(io.BytesIO(before)), Image.open(io.BytesIO(after))
    assert old.convert("RGB").tobytes() == new.convert("RGB").tobytes()
    assert embed(after, MAKING) == after or kind == "gif"
    found = recover(after)
    assert (found.prompt, found.negative_prompt, found.machine) == (MAKING.prompt, "dog, blur", MAKING.machine)
    assert {"steps", "guidance", "seed", "size", "note"} <= set(found.parameters)
    assert str(found.parameters["seed"]) == "7"
    assert found.parameters["note"] == 'a,b:"c"'


def test_other_programs_find_it_where_they_look() -> None:
    """Pillow as the judge: A1111 reads `parameters` and UserComment, cataloguing programs XMP."""
    png = Image.open(io.BytesIO(embed(SIMPLE["png"], MAKING)))
    assert png.info["parameters"].startswith(MAKING.prompt)
    assert json.loads(png.info["artfactory"])["machine"] == MAKING.machine
    assert "trainedAlgorithmicMedia" in png.info["XML:com.adobe.xmp"]
    for kind in ("jpeg", "webp", "lossless"):
        image = Image.open(io.BytesIO(embed(SIMPLE[kind], MAKING)))
        comment = image.getexif().get_ifd(0x8769)[0x9286]
        assert comment.removeprefix(b"UNICODE\0").decode("utf-16-be").startswith(MAKING.prompt)
        assert b"trainedAlgorithmicMedia" in image.info["xmp"]
    assert (
        "algorithmicMedia"
        in Image.open(io.BytesIO(embed(SIMPLE["png"], Making(kind="procedural")))).info["XML:com.adobe.xmp"]
    )


def test_a_camera_keeps_its_exif() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    after = Image.open(io.BytesIO(embed(picture("JPEG", exif=exif.tobytes()), MAKING)))
    assert after.getexif()[0x0112] == 6


def test_a1111() -> None:
    found = recover(with_text(parameters=A1111))
    assert found.source == "A1111"
    assert found.prompt == "a cat, (masterpiece:1.2) [small]\nsecond line"
    assert found.negative_prompt == "dog"
    assert found.parameters == {
        "steps": "20",
        "scheduler": "Euler a",
        "guidance": "7.5",
        "seed": "42",
        "size": "512x768",
    }
    assert found.model == "sd_xl_base_1.0"
    assert found.left_out == ["hires upscaler"]


def test_comfyui_follows_its_links() -> None:
    found = recover(with_text(prompt=json.dumps(COMFY), workflow="{}"))
    assert (found.source, found.prompt, found.negative_prompt) == ("ComfyUI", "a lighthouse", "fog")
    assert found.parameters == {
        "steps": 12, "guidance": 4.5, "seed": 5, "strength": 1, "scheduler": "euler", "size": "1024x768"
    }  # fmt: skip
    assert found.model == "flux1-dev.safetensors"
    circle = {"1": {"inputs": {"positive": ["1", 0], "negative": ["1", 0]}}}
    assert recover(with_text(prompt=json.dumps(circle))).prompt == ""


def test_swarmui_and_invokeai() -> None:
    swarm = {
        "sui_image_params": {"prompt": "p", "negativeprompt": "n", "cfgscale": 7, "width": 8, "height": 8, "odd": 1}
    }
    found = recover(with_text(parameters=json.dumps(swarm)))
    assert (found.source, found.prompt, found.parameters["size"], found.left_out) == ("SwarmUI", "p", "8x8", ["odd"])
    invoke = {"positive_prompt": "p", "cfg_scale": 5, "model": {"name": "m"}}
    found = recover(with_text(invokeai_metadata=json.dumps(invoke)))
    assert (found.source, found.prompt, found.model, found.parameters) == ("InvokeAI", "p", "m", {"guidance": 5})


def bomb() -> bytes:
    """Return a PNG whose text unpacks to 50 megabytes."""
    packed = zlib.compress(b"a" * 50_000_000)
    return (
        PNG + png_chunk(b"IHDR", b"\0" * 13) + png_chunk(b"zTXt", b"parameters\0\0" + packed) + png_chunk(b"IEND", b"")
    )


@pytest.mark.parametrize(
    ("data", "error"),
    [
        (b"", NothingFound),
        (b"<svg onload=alert(1)>", NothingFound),
        (SIMPLE["png"], NothingFound),
        (SIMPLE["png"][:60], BrokenFile),
        (b"\xff\xd8\xff\xe1\xff\xff", BrokenFile),
        (PNG + struct.pack(">I4s", 2**31, b"tEXt"), BrokenFile),
        (bomb(), BrokenFile),
        (PNG + png_chunk(b"tEXt", b"parameters\0" + b"a" * (MOST_TEXT + 1)) + png_chunk(b"IEND", b""), BrokenFile),
        (PNG + png_chunk(b"tEXt", b"a\0b") * 30_000, BrokenFile),
        (with_text(prompt="[" * 100_000), NothingFound),
    ],
)
def test_hostile_files_are_refused(data: bytes, error: type[ValueError]) -> None:
    with pytest.raises(error):
        recover(data)
    assert isinstance(embed(data, MAKING), bytes)


@settings(deadline=None)
@given(st.sampled_from(sorted(SIMPLE)), st.integers(0, 3000), st.binary(max_size=6))
def test_no_damage_raises_anything_else(kind: str, at: int, noise: bytes) -> None:
    data = embed(SIMPLE[kind], MAKING)
    damaged = data[: at % len(data)] + noise + data[at % len(data) + len(noise) :]
    with contextlib.suppress(NothingFound, BrokenFile):
        recover(damaged)
    assert isinstance(embed(damaged, MAKING), bytes)


@settings(deadline=None)
@given(
    st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cn", "Zs", "Zl", "Zp")), min_size=1, max_size=60)
    | st.lists(
        st.sampled_from(
            ["meta:", "steps:5", "[a,b]", "||", "(&)", "\\", "x", "pipeline:cfg:7", "batch:sample:2", ":", "|"]
        ),
        min_size=1,
        max_size=6,
    ).map("".join)
)
def test_a_read_prompt_means_itself(text: str) -> None:
    plan = Expansion(as_it_stands(text), "").plan(per_batch=5, limit=5)
    assert [item.prompt for item in plan.items] == [text]


@pytest.fixture
def made(still) -> Order:
    """One small picture."""
    order = place(Wish(still, r"red cat \[calm\]", "dog", parameters={"size": "64x64", "detail": "3", "seed": "11"}))
    while Order.objects.get(pk=order.pk).state in ("queued", "running"):
        work_once("w")
    return order


def sent(client: Client, data: bytes, name: str = "a.png") -> str:
    """Drop a file onto the order page and return the page that follows."""
    file = SimpleUploadedFile(name, data)
    return client.post(reverse("main:order_recover"), {"file": file}, follow=True).content.decode()


def test_a_downloaded_picture_orders_itself_again(made: Order, client: Client) -> None:
    product = Product.objects.get()
    address = reverse("main:file", args=[product.uuid])
    taken = b"".join(client.get(f"{address}?download"))
    original = b"".join(client.get(f"{address}?download=original"))
    assert b"".join(client.get(address)) == original
    assert b"artfactory" in taken
    assert b"artfactory" not in original
    page = sent(client, taken)
    assert "Filled in from a.png, written by Art Factory." in page
    assert r"red cat \[calm\]" in page
    for field, value in (("p-seed", "11"), ("p-detail", "3"), ("p-size", "64x64")):
        assert f'name="{field}" value="{value}"' in page
    assert Order.objects.count() == 1


def test_embedding_can_be_switched_off(made: Order, client: Client, settings) -> None:
    settings.EMBED_METADATA = False
    product = Product.objects.get()
    assert b"artfactory" not in b"".join(client.get(reverse("main:file", args=[product.uuid]) + "?download"))


def test_another_generators_picture_is_mapped_and_what_does_not_fit_is_said(seeded, client: Client) -> None:
    page = sent(client, with_text(parameters=A1111))
    assert "sd_xl_base_1.0, which is not offered here" in page
    assert "of the same family (sdxl)" in page
    assert r"\[small\]" in page
    assert 'name="p-seed" value="42"' in page
    assert "hires upscaler" in page
    evil = "<script>alert(1)</script>"
    page = sent(
        client, with_text(parameters=f"{evil}\nSteps: 9999999, Model: {evil}, CFG scale: {evil}"), f"{evil}.png"
    )
    assert evil not in page


def test_a_picture_without_parameters_says_so(seeded, client: Client) -> None:
    assert "does not say how it was made" in sent(client, SIMPLE["png"])
    assert "Choose a picture, WAV or MP4" in client.post(reverse("main:order_recover"), follow=True).content.decode()
