"""How WAV, MP4 and AVIF say how they were made: written without touching a sample or a pixel, read back, hostile ones refused."""

from __future__ import annotations

import contextlib
import io
import struct
import wave
from dataclasses import replace

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from main.metadata import BrokenFile, NothingFound, embed, recover
from main.metadata.boxes import XMP_UUID, box, boxes, xmp_of
from main.metadata.containers import MOST_TEXT, riff_chunks, riff_file, riff_list
from main.metadata.items import with_items
from main.models import FactoryMachine, OrderItem, Product
from main.production.foreman import work_once
from main.services.orders import Wish, place
from main.tests.test_metadata import MAKING, picture, sent


def sound(info: bytes = b"") -> bytes:
    """Return a tenth of a second, with an odd number of bytes and LIST INFO of somebody else's when given."""
    file = io.BytesIO()
    with wave.open(file, "wb") as out:
        out.setparams((1, 1, 8000, 0, "NONE", ""))
        out.writeframes(bytes(range(256)) * 3 + b"x")
    chunks = riff_chunks(file.getvalue())
    return riff_file(b"WAVE", [*chunks, (b"LIST", info)] if info else chunks)


def samples(data: bytes) -> bytes:
    """Return what one hears."""
    with wave.open(io.BytesIO(data)) as file:
        return bytes(file.readframes(file.getnframes()))


FTYP = box(b"ftyp", b"mp42\0\0\0\0mp42isom")
FILM = FTYP + box(b"free", b"") + box(b"moov", box(b"mvhd", b"\0" * 20)) + box(b"mdat", b"film" * 50)
FILMS = {
    "film": FILM,
    "to the end": FILM[:-208] + struct.pack(">I4s", 0, b"mdat") + b"film" * 50,
    "long": FTYP + struct.pack(">I4sQ", 1, b"mdat", 216) + b"film" * 50,
    "fragments": FILM + box(b"mfra", box(b"mfro", b"\0" * 8)),
    "another's XMP": FTYP + box(b"uuid", XMP_UUID + b"<x:xmpmeta/>") + box(b"mdat", b"film" * 50),
}
AVIF = {
    "plain": picture("AVIF"),
    "described": picture("AVIF", xmp=b"<x:xmpmeta/>", exif=Image.Exif().tobytes()),
    "sequence": picture("AVIF", save_all=True, append_images=[Image.new("RGB", (64, 48), "red")]),
}
SAMPLES = {"wav": sound(), **FILMS, **AVIF}


@pytest.mark.parametrize("kind", sorted(SAMPLES))
def test_what_is_written_comes_back_and_writing_again_replaces_it(kind: str) -> None:
    once = embed(SAMPLES[kind], MAKING)
    again = embed(embed(once, replace(MAKING, prompt="another")), MAKING)
    for data in (once, again):
        found = recover(data)
        assert (found.source, found.machine) == ("Art Factory", MAKING.machine)
        assert (found.prompt, found.negative_prompt) == (MAKING.prompt, "dog, blur")
        assert found.parameters == {**MAKING.parameters, "seed": 7}
    assert len(again) == len(once)
    assert again.count(b"<artfactory:making>") == 1


def test_a_sound_is_untouched_and_others_words_stay() -> None:
    theirs = b"INFO" + b"IART\x05\0\0\0Anna\0\0" + b"ICMT\x04\0\0\0old\0"
    before = sound(theirs)
    after = embed(before, MAKING)
    assert samples(after) == samples(before)
    info = dict(riff_list(next(content for kind, content in riff_chunks(after) if kind == b"LIST")))
    assert info[b"IART"] == b"Anna\0"
    assert info[b"ISFT"] == b"Art Factory\0"
    assert info[b"ICMT"].decode().startswith(MAKING.prompt)
    assert int.from_bytes(after[4:8], "little") == len(after) - 8
    assert len(after) % 2 == 0
    # A player that only knows LIST INFO keeps this much.
    plain = riff_file(b"WAVE", [one for one in riff_chunks(after) if one[0] != b"_PMX"])
    assert recover(plain).prompt == MAKING.prompt


@pytest.mark.parametrize("kind", sorted(FILMS))
def test_no_byte_of_a_film_moves(kind: str) -> None:
    """Players find samples by their places in the file."""
    before, after = FILMS[kind], embed(FILMS[kind], MAKING)
    assert after.index(b"film" * 50) == before.index(b"film" * 50)
    kinds = [one.kind for one in boxes(after)]
    assert kinds[-1] == (b"mfra" if kind == "fragments" else b"uuid")
    assert b"trainedAlgorithmicMedia" in xmp_of(after)
    assert kinds.count(b"uuid") == 1


@pytest.mark.parametrize("kind", sorted(AVIF))
def test_no_pixel_of_an_avif_changes_and_libavif_finds_what_was_written(kind: str) -> None:
    old, new = (Image.open(io.BytesIO(data)) for data in (AVIF[kind], embed(AVIF[kind], MAKING)))
    for frame in range(getattr(old, "n_frames", 1)):
        old.seek(frame)
        new.seek(frame)
        assert old.convert("RGB").tobytes() == new.convert("RGB").tobytes()
    if kind != "sequence":
        assert b"trainedAlgorithmicMedia" in new.info["xmp"]
        comment = new.getexif().get_ifd(0x8769)[0x9286]
        assert comment.removeprefix(b"UNICODE\0").decode("utf-16-be").startswith(MAKING.prompt)


def test_an_avif_keeps_its_exif() -> None:
    exif = Image.Exif()
    exif[0x010E] = "a harbour"
    after = Image.open(io.BytesIO(embed(picture("AVIF", exif=exif.tobytes()), MAKING)))
    assert after.getexif()[0x010E] == "a harbour"


def many_extents() -> bytes:
    """Return an AVIF whose table promises 25 million places that need no bytes."""
    found = next(one for one in boxes(AVIF["plain"]) if one.kind == b"meta")
    inner = boxes(AVIF["plain"], found.content + 4, found.end)
    parts = [AVIF["plain"][one.start : one.end] for one in inner if one.kind != b"iloc"]
    table = struct.pack(">IHH", 0, 0, 5000) + struct.pack(">HHH", 1, 0, 5000) * 5000
    meta = box(b"meta", b"\0\0\0\0" + b"".join([*parts, box(b"iloc", table)]))
    return AVIF["plain"][: found.start] + meta + AVIF["plain"][found.end :]


def test_a_table_of_nothing_is_not_walked() -> None:
    with pytest.raises(BrokenFile, match="too many items"):
        with_items(many_extents(), b"", b"")


WAV = embed(SAMPLES["wav"], MAKING)
HUGE = struct.pack("<4sI", b"LIST", 2**31) + b"INFO"


@pytest.mark.parametrize(
    ("data", "error", "why"),
    [
        (SAMPLES["wav"], NothingFound, "does not say how"),
        (FILM, NothingFound, "does not say how"),
        (AVIF["plain"], NothingFound, "does not say how"),
        (b"\x1aE\xdf\xa3 a WebM", NothingFound, "only PNG, JPEG, WebP, AVIF, GIF, WAV and MP4"),
        (WAV[:400], BrokenFile, "the WAVE file ends early"),
        (b"RIFF\xff\xff\xff\x7fWAVE" + HUGE, BrokenFile, "the WAVE file ends early"),
        (riff_file(b"WAVE", [(b"a", b"")] * 30_000), BrokenFile, "ends early"),
        (riff_file(b"WAVE", [(b"LIST", b"INFO" + HUGE)]), BrokenFile, "ends early"),
        (riff_file(b"WAVE", [(b"_PMX", b"a" * (MOST_TEXT + 1))]), NothingFound, "does not say how"),
        (FTYP + struct.pack(">I4s", 2**31, b"moov"), BrokenFile, "ends early, or is broken"),
        (FTYP + struct.pack(">I4sQ", 1, b"mdat", 2**63), BrokenFile, "ends early, or is broken"),
        (FTYP + struct.pack(">I4s", 3, b"mdat"), BrokenFile, "ends early, or is broken"),
        (FTYP + b"\0\0\0", BrokenFile, "in the middle of a box"),
        (FTYP + box(b"free", b"") * 30_000, BrokenFile, "too many boxes"),
        (AVIF["plain"][:200], BrokenFile, "ends early, or is broken"),
        (AVIF["plain"].replace(b"iloc", b"il0c"), BrokenFile, "ends early, or is broken"),
    ],
)  # fmt: skip
def test_hostile_files_are_refused_with_a_reason(data: bytes, error: type[ValueError], why: str) -> None:
    with pytest.raises(error, match=why):
        recover(data)
    assert isinstance(embed(data, MAKING), bytes)


def test_a_broken_file_is_taken_along_as_it_is() -> None:
    for data in (WAV[:400], FTYP + struct.pack(">I4s", 2**31, b"moov"), AVIF["plain"][:200], b"RIFF\0\0\0\0WAVE"):
        assert embed(data, MAKING) == data


@settings(deadline=None)
@given(st.sampled_from(sorted(SAMPLES)), st.integers(0, 3000), st.binary(min_size=1, max_size=6))
def test_no_damage_raises_anything_else(kind: str, at: int, noise: bytes) -> None:
    data = embed(SAMPLES[kind], MAKING)
    damaged = data[: at % len(data)] + noise + data[at % len(data) + len(noise) :]
    with contextlib.suppress(NothingFound, BrokenFile):
        recover(damaged)
    assert isinstance(embed(damaged, MAKING), bytes)


def made_by(machine: str, **parameters: str) -> Product:
    """Order one product and make it."""
    order = place(Wish(FactoryMachine.objects.get(name=machine), r"red cat \[calm\]", parameters=parameters))
    for _ in range(20):
        OrderItem.objects.filter(next_poll_at__isnull=False).update(next_poll_at=timezone.now())
        work_once("w")
    return Product.objects.get(order_item__order=order)


def test_a_downloaded_tune_orders_itself_again(seeded, client: Client) -> None:
    product = made_by("builtin/tune", duration="1", seed="11")
    address = reverse("main:file", args=[product.uuid])
    taken, original = (b"".join(client.get(f"{address}?download{which}")) for which in ("", "=original"))
    assert samples(taken) == samples(original)
    assert b"artfactory" in taken
    assert b"artfactory" not in original
    page = sent(client, taken, "a.wav")
    assert "Filled in from a.wav, written by Art Factory." in page
    assert 'name="p-seed" value="11"' in page
    assert r"red cat \[calm\]" in page


def test_a_film_of_a_provider_says_how_it_was_made(services, client: Client) -> None:
    machine = FactoryMachine.objects.get(provider__name="fal", modality="text-to-video")
    product = made_by(machine.name)
    assert product.media_type == "video/mp4"
    taken = b"".join(client.get(reverse("main:file", args=[product.uuid]) + "?download"))
    assert (recover(taken).machine, recover(taken).prompt) == (machine.name, product.prompt)
