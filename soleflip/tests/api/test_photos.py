"""Photos: what is kept is drawn anew, hostile files are refused by name, and what is removed can be put back."""

from __future__ import annotations

import asyncio
import io
import os
import struct
import time
import zlib
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageDraw, PngImagePlugin
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from domains.inventory.services.photo_service import JOB
from shared.config.settings import Settings
from shared.database.connection import Database
from shared.media import heic
from shared.media.pictures import BadPictureError, redraw
from shared.media.store import GRACE_SECONDS, Store
from shared.repositories.jobs import JobRepository
from tests.api.test_pages import OURS, seen_by
from tests.makers import make_item
from tests.people import Person
from tests.work import work_off

pytestmark = pytest.mark.api
API = "/api/v1/inventory"
GPS, MAKE, ORIENTATION = 0x8825, 0x010F, 0x0112
SECRET = "Musterstrasse 5"
DATA = Path(__file__).parent.parent / "data"


def drawn(side: tuple[int, int] = (800, 600), colour: str = "red", kind: str = "JPEG", **more: Any) -> bytes:
    """Return a picture whose left half has a colour and whose right half is blue."""
    image = Image.new("RGB", side, "blue")
    ImageDraw.Draw(image).rectangle((0, 0, side[0] // 2, side[1]), fill=colour)
    buffer = io.BytesIO()
    image.save(buffer, kind, **more)
    return buffer.getvalue()


def with_exif(orientation: int = 1) -> bytes:
    exif = Image.Exif()
    exif[MAKE], exif[ORIENTATION] = SECRET, orientation
    exif[GPS] = {1: "N", 2: (52.0, 30.0, 0.0), 3: "E", 4: (13.0, 24.0, 0.0)}
    return drawn(exif=exif, comment=SECRET.encode())


def png_of(width: int, height: int, *chunks: tuple[bytes, bytes]) -> bytes:
    """Return a PNG that says it is so large, with a body of zeros that unpacks to little."""

    def chunk(name: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    extra = b"".join(chunk(name, body) for name, body in chunks)
    return b"\x89PNG\r\n\x1a\n" + head + extra + chunk(b"IDAT", zlib.compress(bytes(10_000))) + chunk(b"IEND", b"")


def saying(data: bytes, width: int, height: int) -> bytes:
    """Return a HEIC file that says another size (box ispe, ISO/IEC 23008-12) than its stream has."""
    changed, place = bytearray(data), -1
    while (place := changed.find(b"ispe", place + 1)) >= 0:
        changed[place + 8 : place + 16] = struct.pack(">II", width, height)
    return bytes(changed)


async def send(person: Person, item: Any, *files: bytes, name: str = "a.jpg", kind: str = "image/jpeg") -> Any:
    return await person.ask(
        "POST", f"{API}/items/{item}/photos", files=[("files", (name, data, kind)) for data in files]
    )


async def test_photos_are_drawn_anew_upright_and_without_what_they_carried(
    worker: Person, session: AsyncSession
) -> None:
    item = await make_item(session)
    original = with_exif(orientation=6)
    assert SECRET.encode() in original
    made = (await send(worker, item.id, original)).json()["photos"][0]
    assert (made["width"], made["height"]) == (600, 800)
    answer = await worker.get(f"{API}/photos/{made['id']}/file")
    assert (answer.headers["content-type"], answer.headers["x-content-type-options"]) == ("image/jpeg", "nosniff")
    assert answer.headers["content-disposition"] == f'inline; filename="item-{item.number}-1.jpg"'
    assert "sandbox" in answer.headers["content-security-policy"]
    kept = Image.open(io.BytesIO(answer.content))
    assert (kept.format, kept.size, dict(kept.getexif())) == ("JPEG", (600, 800), {})
    assert not {"comment", "xmp", "exif", "icc_profile"} & set(kept.info)
    assert SECRET.encode() not in answer.content
    assert kept.tobytes()[:1] > b"\xc8" > kept.tobytes()[-3:-2]  # turned upright, the red half lies on top
    for size, side in (("card", 480), ("tiny", 128)):
        small = Image.open(io.BytesIO((await worker.get(f"{API}/photos/{made['id']}/file?size={size}")).content))
        assert max(small.size) == side


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "AVIF"])
def test_kinds_that_are_taken(kind: str) -> None:
    found = redraw(drawn((3000, 2000), kind=kind))
    assert (found.width, found.height) == (2048, 1365)
    assert all(data[:3] == b"\xff\xd8\xff" for data in found.files.values())


def test_what_is_seen_through_is_white() -> None:
    buffer = io.BytesIO()
    Image.new("RGBA", (20, 20), (255, 0, 0, 0)).save(buffer, "PNG")
    assert Image.open(io.BytesIO(redraw(buffer.getvalue()).files["full"])).getpixel((5, 5)) == (255, 255, 255)


def text_bomb() -> bytes:
    info = PngImagePlugin.PngInfo()
    info.add_text("Comment", "A" * 70_000_000, zip=True)
    return drawn((50, 50), kind="PNG", pnginfo=info)


HTML = b"<html><script>alert(1)</script></html>"
HOSTILE = {
    "pixels": (png_of(60_000, 60_000), "pixels"),
    "barely too many pixels": (png_of(8_001, 8_000), "more than 64 million"),
    "text": (text_bomb(), "cannot be read"),
    "profile": (png_of(50, 50, (b"iCCP", b"x\x00\x00" + zlib.compress(bytes(80_000_000)))), "cannot be read"),
    "line": (png_of(60_000, 2), "line"),
    "html": (HTML, "not a picture"),
    "svg": (b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>', "not a picture"),
    "cut off": (drawn()[:2000], "cannot be read"),
    "liar": (b"\xff\xd8\xff\xe0" + HTML, "picture"),
    "gif": (drawn((20, 20), kind="GIF"), "not a picture"),
    "tiff": (drawn((20, 20), kind="TIFF"), "not a picture"),
    "postscript": (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", "not a picture"),
    "heic": (b"\x00\x00\x00\x18ftypheic" + bytes(100), "may be broken"),
    "more heic than a phone takes": ((DATA / "too_large.heic").read_bytes(), "more pixels than a phone"),
    "heic that is larger than it says": (saying((DATA / "large.heic").read_bytes(), 100, 100), "may be broken"),
    "heic that is smaller than it says": (saying((DATA / "phone.heic").read_bytes(), 30_000, 30_000), "more pixels"),
    "empty": (b"", "not a picture"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_pictures_are_refused_before_they_cost_anything(name: str) -> None:
    data, words = HOSTILE[name]
    with pytest.raises(BadPictureError, match=words):
        redraw(data)


async def test_an_upload_bomb_is_refused_by_name_and_the_others_are_kept(
    worker: Person, session: AsyncSession, settings: Settings
) -> None:
    item = await make_item(session)
    evil = "../../../etc/<script>.jpg"
    answer = await send(worker, item.id, png_of(60_000, 60_000), HTML, name=evil)
    assert (answer.status_code, answer.headers["content-type"]) == (422, "application/problem+json")
    assert await session.scalar(text("SELECT count(*) FROM inventory.photos")) == 0
    mixed = (await send(worker, item.id, drawn(colour="green"), HTML, name=evil)).json()
    assert (len(mixed["photos"]), len(mixed["errors"])) == (1, 1)
    names = await asyncio.to_thread(lambda: [path.name for path in settings.media_root.rglob("*")])
    assert not [name for name in names if "script" in name]
    assert (await send(worker, item.id, *[drawn()] * 13)).status_code == 422
    assert (await worker.ask("POST", f"{API}/items/{item.id}/photos", json={})).status_code == 422
    for size in ("../full", "full%00", "original"):
        photo = mixed["photos"][0]["id"]
        assert (await worker.get(f"{API}/photos/{photo}/file?size={size}")).status_code == 422
    with pytest.raises(ValueError, match="no"):
        Store(Path(settings.media_root), "photos").path("../../../etc/passwd", "full")


async def test_order_cover_and_undo(worker: Person, session: AsyncSession) -> None:
    item, other = await make_item(session), await make_item(session)
    url = f"{API}/items/{item.id}/photos"
    made = (await send(worker, item.id, *[drawn(colour=each) for each in ("red", "green", "black")])).json()["photos"]
    first, second, third = [each["id"] for each in made]
    again = (await send(worker, item.id, drawn(colour="green"))).json()["photos"]
    assert [each["id"] for each in again] == [second]

    async def ids() -> list[str]:
        return [each["id"] for each in (await worker.get(url)).json()]

    assert (await worker.ask("PUT", f"{url}/order", json={"photos": [third, first, second]})).status_code == 200
    assert await ids() == [third, first, second]
    foreign = (await send(worker, other.id, drawn(colour="white"))).json()["photos"][0]["id"]
    for wrong in ([third, first], [third, first, second, second], [third, first, foreign]):
        assert (await worker.ask("PUT", f"{url}/order", json={"photos": wrong})).status_code == 400
    for _ in range(2):
        assert (await worker.delete(f"{API}/photos/{first}")).status_code == 204
    assert await ids() == [third, second]
    assert (await worker.get(f"{API}/photos/{first}/file")).status_code == 404
    assert (await worker.post(f"{API}/photos/{first}/restore")).status_code == 204
    assert await ids() == [third, first, second]
    audited = await session.scalar(text("SELECT count(*) FROM logging.audit_log WHERE action LIKE 'item.photos.%'"))
    assert audited == 6


async def test_who_may_only_look_sees_photos_and_changes_none(
    worker: Person, viewer: Person, client: Any, session: AsyncSession
) -> None:
    item = await make_item(session)
    photo = (await send(worker, item.id, drawn())).json()["photos"][0]["id"]
    assert (await client.get(f"{API}/photos/{photo}/file")).status_code == 401
    assert (await viewer.get(f"{API}/photos/{photo}/file")).status_code == 200
    assert (await send(viewer, item.id, drawn())).status_code == 403
    assert (await viewer.delete(f"{API}/photos/{photo}")).status_code == 403
    assert (await viewer.post(f"{API}/photos/{photo}/restore")).status_code == 403
    page = await seen_by(viewer).get(f"/inventory/{item.id}/photos")
    assert (page.status_code, "<form" in page.text.partition("<main")[2]) == (200, False)
    files = [("files", ("a.jpg", drawn(), "image/jpeg"))]
    assert (await viewer.client.post(f"/inventory/{item.id}/photos", files=files, headers=OURS)).status_code == 403


async def test_photos_by_their_page(worker: Person, session: AsyncSession) -> None:
    item = await make_item(session)
    client, url = seen_by(worker), f"/inventory/{item.id}/photos"
    assert "No photo of this pair yet" in (await client.get(url)).text
    files = [("files", (f"{each}.jpg", drawn(colour=each), "image/jpeg")) for each in ("red", "green")]
    assert (await client.post(url, files=files, headers=OURS)).status_code == 303
    first, second = [each["id"] for each in (await worker.get(f"{API}/items/{item.id}/photos")).json()]
    await client.post(f"{url}/{second}", data={"action": "cover"}, headers=OURS)
    for path in ("/inventory", f"/pricing/items/{item.id}"):
        assert f"/photos/{second}/file" in (await client.get(path)).text, path
    gone = await client.post(f"{url}/{second}", data={"action": "remove"}, headers=OURS)
    assert "The photo was removed" in (await client.get(gone.headers["location"])).text
    assert f"/photos/{first}/file" in (await client.get("/inventory")).text
    await client.post(f"{url}/{second}", data={"action": "restore"}, headers=OURS)
    bad = [("files", ("<b>.jpg", HTML, "image/jpeg")), files[0]]
    said = await client.post(url, files=bad, headers=OURS)
    assert (said.status_code, "&lt;b&gt;.jpg" in said.text, "<b>.jpg" in said.text) == (200, True, False)
    assert (await client.post(url, files=bad[:1], headers=OURS)).status_code == 422
    assert (await client.post(url, files=files, headers={"sec-fetch-site": "cross-site"})).status_code == 403


async def test_files_that_no_photo_knows_are_swept(
    worker: Person, session: AsyncSession, database: Database, settings: Settings
) -> None:
    item = await make_item(session)
    kept, gone = (await send(worker, item.id, drawn((90, 80)), drawn((80, 90)))).json()["photos"]
    await worker.delete(f"{API}/photos/{gone['id']}")
    long_ago = datetime.now(UTC) - timedelta(days=8)
    await session.execute(
        text("UPDATE inventory.photos SET removed_at = :at WHERE removed_at IS NOT NULL"), {"at": long_ago}
    )
    await session.commit()
    root = Path(settings.media_root) / "photos"
    old = time.time() - GRACE_SECONDS - 60
    known = await session.scalar(text("SELECT digest FROM inventory.photos WHERE removed_at IS NULL"))
    for path in root.rglob("*.jpg"):
        os.utime(path, (old, old))
    young = Store(Path(settings.media_root), "photos").put({"full": b"of a unit that is not committed yet"})
    async with database.unit() as unit:
        await JobRepository(unit).ask(JOB, {})
    await work_off(settings, database)
    left = {path.name[:64] for path in root.rglob("*.jpg")}
    assert left == {known, young}
    assert (await worker.get(f"{API}/photos/{kept['id']}/file")).status_code == 200
    assert (await worker.post(f"{API}/photos/{gone['id']}/restore")).status_code == 404


def test_an_iphones_picture_is_drawn_anew_without_what_it_carried() -> None:
    """phone.heic is 800 x 600, red beside blue, with a maker and a GPS position in its EXIF."""
    sent = (DATA / "phone.heic").read_bytes()
    assert SECRET.encode() in sent
    picture = redraw(sent)
    assert (picture.width, picture.height) == (800, 600)
    with Image.open(io.BytesIO(picture.files["full"])) as kept:
        left, right = kept.getpixel((200, 300)), kept.getpixel((600, 300))
        assert isinstance(left, tuple)
        assert isinstance(right, tuple)
        assert (kept.format, left[0] > 200, right[2] > 200, dict(kept.getexif())) == ("JPEG", True, True, {})
    assert all(SECRET.encode() not in each for each in picture.files.values())


def test_a_heic_picture_is_unpacked_in_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    """The largest one fits; with less memory, or less time, it is refused and nothing else is touched."""
    large = (DATA / "large.heic").read_bytes()
    assert heic.unpacked(large, 64).size == (64, 48)
    monkeypatch.setattr(heic, "MEMORY", 400 * 2**20)
    with pytest.raises(heic.NoPictureError, match=r"memory|broken"):
        heic.unpacked(large, 64)
    monkeypatch.setattr(heic, "MEMORY", 1_200 * 2**20)
    monkeypatch.setattr(heic, "SECONDS", 0.01)
    with pytest.raises(heic.NoPictureError, match="may be broken"):
        heic.unpacked(large, 64)
