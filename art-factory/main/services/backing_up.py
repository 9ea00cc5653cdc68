"""Backup: the rows as JSON lines, which either database reads, and the originals. Thumbnails are made again, keys stay here."""

from __future__ import annotations

import hashlib
import json
import tempfile
import zipfile
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import IO, Any, Final

from django.conf import settings
from django.core import serializers
from django.core.serializers.json import DjangoJSONEncoder
from django.db import connection, models, transaction
from django.db.migrations.recorder import MigrationRecorder
from django.utils import timezone

from main.models import (
    Budget,
    Collection,
    CollectionEntry,
    Event,
    FactoryMachine,
    ItemInput,
    Lineage,
    Lookup,
    NearPair,
    Order,
    OrderItem,
    OrderTemplate,
    Product,
    Project,
    Provider,
    SpendEntry,
    Tag,
)

FORMAT: Final = "art-factory-backup/1"
MANIFEST: Final = "manifest.json"
KEPT: Final[tuple[tuple[type[models.Model], tuple[str, ...]], ...]] = (
    (Provider, ()),
    (FactoryMachine, ()),
    (Tag, ()),
    (Lookup, ()),
    (Project, ("featured_products",)),
    (OrderTemplate, ()),
    (Order, ()),
    (OrderItem, ()),
    (Product, ("tags",)),
    (ItemInput, ()),
    (Lineage, ()),
    (NearPair, ()),
    (Collection, ()),
    (CollectionEntry, ()),
    (Budget, ()),
    (SpendEntry, ()),
    (Event, ()),
)
"""Every model but leases, which belong to running processes, and what hangs on it without a model of ours. A test compares it."""
_IN_MEMORY: Final = 16_000_000


class Exact(DjangoJSONEncoder):
    """Writes times to the microsecond, where Django's own cuts them to the millisecond."""

    def default(self, o: Any) -> Any:
        """Return what JSON can hold."""
        return o.isoformat() if isinstance(o, datetime) else super().default(o)


def back_up(target: IO[bytes], *, media: bool = True) -> dict[str, Any]:
    """Write a backup as a zip and return its manifest; files that are gone are named in it.

    The rows are read in one transaction, so they fit together; production waits for it on SQLite, not for the files.
    """
    manifest: dict[str, Any] = {
        "format": FORMAT,
        "created_at": timezone.now().isoformat(),
        "migrations": applied(),
        "counts": {},
        "sha256": {},
        "media": media,
        "missing": [],
    }
    with (
        zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive,
        tempfile.SpooledTemporaryFile(_IN_MEMORY) as spool,
    ):
        ends = _rows_into(spool, manifest)
        begin = 0
        for label, end in ends:
            spool.seek(begin)
            with archive.open(f"data/{label}.jsonl", "w", force_zip64=True) as entry:
                manifest["sha256"][label] = _copy(spool, entry, end - begin)
            begin = end
        if media:
            _files_into(archive, manifest)
        archive.writestr(MANIFEST, json.dumps(manifest, indent=1))
    return manifest


def applied() -> list[str]:
    """Return the migrations of our app that this database has."""
    rows = MigrationRecorder(connection).migration_qs.filter(app="main")
    return sorted(rows.values_list("name", flat=True))


def label_of(model: type[models.Model]) -> str:
    """Return the name of a model's file."""
    return model.__name__.lower()


def _rows_into(spool: tempfile.SpooledTemporaryFile[bytes], manifest: dict[str, Any]) -> list[tuple[str, int]]:
    ends = []
    # Within somebody else's transaction what was read before decides already.
    outermost = not connection.in_atomic_block
    with transaction.atomic():
        if outermost and connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        for model, many in KEPT:
            number = 0
            for line in _lines(model, many):
                spool.write(line)
                number += 1
            manifest["counts"][label_of(model)] = number
            ends.append((label_of(model), spool.tell()))
    return ends


def _lines(model: type[models.Model], many: tuple[str, ...]) -> Iterator[bytes]:
    rows = rows_of(model).order_by("pk").prefetch_related(*many)
    for row in rows.iterator(chunk_size=1000):
        if isinstance(row, Provider):
            row.key_sealed, row.key_hint = None, ""
        yield serializers.serialize("jsonl", [row], ensure_ascii=False, cls=Exact).strip().encode() + b"\n"


def rows_of(model: type[models.Model]) -> models.QuerySet[Any]:
    """Return a model's rows, whatever its manager leaves out."""
    return models.QuerySet(model)


def _copy(source: IO[bytes], target: IO[bytes], size: int) -> str:
    digest = hashlib.sha256()
    while size > 0 and (block := source.read(min(size, 1_000_000))):
        digest.update(block)
        target.write(block)
        size -= len(block)
    return digest.hexdigest()


def _files_into(archive: zipfile.ZipFile, manifest: dict[str, Any]) -> None:
    root = Path(settings.MEDIA_ROOT)
    for file in Product.objects.order_by("pk").values_list("file", flat=True).iterator():
        if (root / file).is_file():
            archive.write(root / file, f"media/{file}", zipfile.ZIP_STORED)
        else:
            manifest["missing"].append(file)
