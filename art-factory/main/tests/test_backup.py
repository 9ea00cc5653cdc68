"""Backup and restore: everything comes back, on either database, and nothing strange does."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.core.management import CommandError, call_command
from django.db import models

from main.models import (
    Collection,
    CollectionEntry,
    Event,
    Lease,
    Lineage,
    Order,
    OrderItem,
    Product,
    ProductWords,
    Project,
    Provider,
    Tag,
)
from main.production.foreman import work_once
from main.services.backing_up import KEPT, MANIFEST, back_up
from main.services.orders import Wish, place
from main.services.restoring import BadBackup, judge, restore
from main.services.searching import search
from main.services.seeding import load_seed_data
from main.services.store import thumbnail_path
from main.tests.test_commands import told


@pytest.fixture
def full(still) -> Order:
    """Two products with everything that hangs on them, an order that waits, one item that is being sent."""
    project = Project.objects.create(name="Harbour")
    order = place(Wish(still, "[red,blue] cat \u732b", parameters={"size": "64x64"}, project=project))
    while Order.objects.get(pk=order.pk).state in ("queued", "running"):
        work_once("w")
    first, second = Product.objects.order_by("pk")
    first.tags.add(Tag.objects.create(name="best"))
    project.featured_products.add(second)
    Lineage.objects.create(parent=first, child=second, relation="variation")
    collection = Collection.objects.create(name="Walls", cover=second)
    CollectionEntry.objects.create(collection=collection, product=first)
    Provider.objects.filter(name="fal").update(key_sealed=b"sealed", key_hint="abcd")
    place(Wish(still, "[one,two]", parameters={"size": "64x64"}))
    OrderItem.objects.filter(prompt="two").update(status="submitting")
    return order


def rows() -> dict[str, list[Any]]:
    """Return every row that a backup holds, but what restoring changes on purpose."""
    found: dict[str, list[Any]] = {}
    for model, _many in KEPT:
        if model is Event:
            continue
        values: Any = models.QuerySet(model).order_by("pk").values()
        if model is OrderItem:
            values = values.filter(status="completed")
        if model is Order:
            values = values.filter(status="completed")
        found[model.__name__] = [dict(value) for value in values]
    found["tags"] = list(Product.tags.through.objects.values("product_id", "tag_id"))
    found["featured"] = list(Project.featured_products.through.objects.values("project_id", "product_id"))
    return found


def test_every_model_is_kept_or_known_not_to_be() -> None:
    left_out = {Lease, ProductWords}
    assert {model for model, _many in KEPT} | left_out == set(apps.get_app_config("main").get_models())


def test_everything_comes_back(full: Order, media: Path, tmp_path: Path) -> None:
    before = rows()
    file = tmp_path / "b.zip"
    told_back = told("backup", str(file))
    assert told_back["missing"] == 0
    assert b"sealed" not in file.read_bytes()
    files = {path.relative_to(media): path.read_bytes() for path in (media / "products").rglob("*.png")}
    with pytest.raises(CommandError, match="--replace"):
        call_command("restore", str(file))
    for path in list(media.rglob("*.*")):
        path.unlink()
    Product.objects.filter(pk=Product.objects.order_by("pk")[0].pk).update(prompt="spoilt")
    Tag.objects.create(name="later")
    assert told("restore", str(file), "--dry-run")["counts"]["product"] == 2
    found = told("restore", str(file), "--replace")
    assert (found["files"], found["thumbnails"]) == (2, 2)
    assert rows() == before
    assert {path.relative_to(media): path.read_bytes() for path in (media / "products").rglob("*.png")} == files
    assert thumbnail_path(Product.objects.all()[0].uuid, 320).is_file()
    assert bytes(Provider.objects.get(name="fal").key_sealed or b"") == b"sealed"
    assert len(search("cat")[0]) == 2
    assert Tag.objects.create(name="new").pk > max(tag["id"] for tag in before["Tag"])


def test_nothing_is_ordered_or_paid_by_restoring(full: Order, tmp_path: Path) -> None:
    file = tmp_path / "b.zip"
    call_command("backup", str(file), "--no-media", stdout=io.StringIO())
    call_command("restore", str(file), "--replace", stdout=io.StringIO())
    assert OrderItem.objects.get(prompt="one").status == "held"
    assert OrderItem.objects.get(prompt="two").status == "unknown"
    assert not work_once("w")
    assert Order.objects.exclude(pk=full.pk).get().status == "held"


@pytest.mark.django_db(transaction=True)
def test_a_backup_outside_of_any_transaction(tmp_path: Path) -> None:
    load_seed_data()
    before = rows()
    call_command("backup", str(tmp_path / "b.zip"), stdout=io.StringIO())
    call_command("restore", str(tmp_path / "b.zip"), "--replace", stdout=io.StringIO())
    assert rows() == before


def changed(full: bytes, **entries: bytes) -> io.BytesIO:
    """Return a backup with entries put in the place of its own, or added."""
    target = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(full)) as old, zipfile.ZipFile(target, "w") as new:
        for info in old.infolist():
            if info.filename not in entries:
                new.writestr(info.filename, old.read(info))
        for name, data in entries.items():
            new.writestr(name, data)
    target.seek(0)
    return target


def test_strange_and_damaged_files_change_nothing(full: Order, media: Path) -> None:
    spool = io.BytesIO()
    manifest = back_up(spool)
    whole = spool.getvalue()
    before = rows()
    bad = [
        io.BytesIO(b"no zip"),
        io.BytesIO(whole[: len(whole) // 2]),
        changed(whole, **{MANIFEST: b"[]"}),
        changed(whole, **{MANIFEST: json.dumps({**manifest, "migrations": ["0001_initial"]}).encode()}),
        changed(whole, **{"data/product.jsonl": b"{}\n"}),
        changed(whole, **{"media/../../evil.py": b"x"}),
        changed(whole, **{"media//etc/evil": b"x"}),
        changed(whole, **{"media/thumbs/evil.webp": b"x"}),
    ]
    for file in bad:
        with pytest.raises(BadBackup):
            judge(file)
        with pytest.raises(BadBackup):
            restore(file, replace=True)
    assert rows() == before
    assert not list(media.parent.rglob("evil*"))


def test_rows_that_do_not_fit_leave_everything_as_it_was(full: Order) -> None:
    spool = io.BytesIO()
    back_up(spool)
    whole = spool.getvalue()
    before = rows()
    with zipfile.ZipFile(io.BytesIO(whole)) as archive:
        manifest = json.loads(archive.read(MANIFEST))
        lines = archive.read("data/tag.jsonl") * 2
    manifest["sha256"]["tag"] = hashlib.sha256(lines).hexdigest()
    file = changed(whole, **{"data/tag.jsonl": lines, MANIFEST: json.dumps(manifest).encode()})
    with pytest.raises(BadBackup, match="do not fit"):
        restore(file, replace=True)
    assert rows() == before


def test_the_nightly_backup_keeps_the_last_ones(seeded, settings, tmp_path: Path) -> None:
    settings.BACKUP_ROOT = str(tmp_path / "backups")
    root = Path(settings.BACKUP_ROOT)
    root.mkdir()
    for day in range(1, 5):
        (root / f"art-factory-2026010{day}-000000.zip").write_bytes(b"x")
    (root / "mine.zip").write_bytes(b"x")
    assert told("backup", "--keep", "2")["deleted"] == 3
    assert len(list(root.glob("art-factory-*.zip"))) == 2
    assert (root / "mine.zip").exists()
    with pytest.raises(CommandError, match="cannot be written"):
        call_command("backup", str(root / "mine.zip"))
