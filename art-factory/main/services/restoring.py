"""Restore: a backup is judged whole before a row changes, and comes back in one transaction. Nothing is ordered by it."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from pathlib import Path, PurePosixPath
from typing import IO, Any, Final

from django.conf import settings
from django.core import serializers
from django.core.exceptions import ValidationError
from django.core.management.color import no_style
from django.core.serializers.base import DeserializationError
from django.db import DatabaseError, connection, models, transaction

from main.models import OPEN, ItemStatus, Order, OrderItem, Product, Provider
from main.services import events
from main.services.backing_up import FORMAT, KEPT, MANIFEST, applied, label_of, rows_of
from main.services.deriving import derive
from main.services.store import MOST_BYTES, WrongBytes, open_picture, thumbnail_path, thumbnails, write

AT_ONCE: Final = 500
MOST_LINE: Final = 20_000_000
HELD: Final = "it waited when the backup was made; let it go on if it was not made since"


class BadBackup(ValueError):  # noqa: N818 -- says what is wrong with the file
    """The file is no backup, is damaged, or does not fit this installation; nothing was changed."""


def judge(file: IO[bytes]) -> dict[str, Any]:
    """Return a backup's manifest after checking every sum. BadBackup."""
    try:
        with zipfile.ZipFile(file) as archive:
            manifest = json.loads(archive.read(MANIFEST))
            if not isinstance(manifest, dict) or manifest.get("format") != FORMAT:
                raise BadBackup(f"the file is no {FORMAT}")
            if manifest.get("migrations") != applied():
                raise BadBackup(
                    "the backup was made by another version: restore with the version it was made with, then migrate"
                )
            if damaged := archive.testzip():
                raise BadBackup(f"{damaged[:200]} is damaged")
            for model, _many in KEPT:
                _check_sum(archive, label_of(model), manifest["sha256"])
            for info in archive.infolist():
                if info.filename.startswith("media/"):
                    _place(info)
    except (
        zipfile.BadZipFile,
        KeyError,
        TypeError,
        json.JSONDecodeError,
        UnicodeDecodeError,
        NotImplementedError,
    ) as error:
        raise BadBackup(f"the file is no backup: {error}") from None
    return manifest


def restore(file: IO[bytes], *, replace: bool) -> dict[str, Any]:
    """Put a backup's rows and files into place and return how many. BadBackup; DatabaseError leaves the rows as they were.

    Without `replace` an installation that has orders or products is left alone. What waited in the backup is held, what was
    being sent is unknown: it may have been made and paid since.
    """
    judge(file)
    if not replace and (Order.objects.exists() or Product.objects.exists()):
        raise BadBackup("there are orders or products here already; --replace deletes them first")
    with zipfile.ZipFile(file) as archive:
        files = _media(archive)
        try:
            with transaction.atomic():
                sealed = list(Provider.objects.values_list("name", "key_sealed", "key_hint"))
                _empty()
                rows = sum(_rows(archive, model) for model, _many in KEPT)
                for name, key, hint in sealed:
                    Provider.objects.filter(name=name).update(key_sealed=key, key_hint=hint)
                _hold()
                _number_on()
                events.record("backup_restored", actor="command", rows=rows, files=files)
        except (DeserializationError, ValidationError, DatabaseError, ValueError) as error:
            raise BadBackup(f"its rows do not fit: {error}") from None
    return {"rows": rows, "files": files, "thumbnails": rebuild_thumbnails(missing_only=True)}


def rebuild_thumbnails(*, missing_only: bool) -> int:
    """Make the thumbnails of every picture again, or only those that are missing; return of how many pictures."""
    made = 0
    for file, identity in Product.objects.filter(width__isnull=False).values_list("file", "uuid").iterator():
        if missing_only and all(thumbnail_path(identity, size).is_file() for size in (320, 640)):
            continue
        try:
            thumbnails(open_picture((Path(settings.MEDIA_ROOT) / file).read_bytes()), identity)
        except (OSError, WrongBytes):
            continue
        made += 1
    return made


def _check_sum(archive: zipfile.ZipFile, label: str, sums: dict[str, str]) -> None:
    digest = hashlib.sha256()
    with archive.open(f"data/{label}.jsonl") as entry:
        while block := entry.read(1_000_000):
            digest.update(block)
    if sums[label] != digest.hexdigest():
        raise BadBackup(f"{label} is not as it was written")


def _place(info: zipfile.ZipInfo) -> Path:
    """Return where an entry's file goes, surely below the store. BadBackup."""
    name = PurePosixPath(info.filename.removeprefix("media/"))
    odd = name.is_absolute() or ".." in name.parts or "\\" in info.filename or name.parts[:1] != ("products",)
    if odd or info.file_size > MOST_BYTES:
        raise BadBackup(f"{info.filename[:200]} is no file of the store")
    return Path(settings.MEDIA_ROOT) / name


def _media(archive: zipfile.ZipFile) -> int:
    """Write the files that are not there yet; their names hold their sum, so that none is written over."""
    files = 0
    for info in archive.infolist():
        if not info.filename.startswith("media/") or info.is_dir():
            continue
        target = _place(info)
        if not target.is_file():
            write(target, archive.read(info))
        files += 1
    return files


def _empty() -> None:
    """Delete every row that a backup holds, those first that point at others, a few at a time."""
    for model, _many in reversed(KEPT):
        while some := list(rows_of(model).values_list("pk", flat=True)[:AT_ONCE]):
            rows_of(model).filter(pk__in=some).delete()


def _rows(archive: zipfile.ZipFile, model: type[models.Model]) -> int:
    number = 0
    with archive.open(f"data/{label_of(model)}.jsonl") as entry:
        for line in io.TextIOWrapper(entry, encoding="utf-8"):
            if len(line) > MOST_LINE:
                raise BadBackup("a line is too long")
            for found in serializers.deserialize("jsonl", line):
                if not isinstance(found.object, model):
                    raise BadBackup(f"{label_of(model)} holds something else")
                models.Model.save_base(found.object, raw=True, force_insert=True)
                for name, keys in (found.m2m_data or {}).items():
                    getattr(found.object, name).set(keys)
                number += 1
    return number


def _hold() -> None:
    orders = set(OrderItem.objects.filter(status__in=OPEN).values_list("order_id", flat=True))
    waiting = OrderItem.objects.filter(status__in=(ItemStatus.PENDING, ItemStatus.CLAIMED))
    waiting.update(status=ItemStatus.HELD, error_category="by_hand", reason=HELD, fence=None, leased_until=None)
    sending = OrderItem.objects.filter(status=ItemStatus.SUBMITTING)
    sending.update(status=ItemStatus.UNKNOWN, reason="it was being sent when the backup was made", fence=None)
    for order in orders:
        derive(order)


def _number_on() -> None:
    """Let new rows be numbered after those that came back."""
    with connection.cursor() as cursor:
        for statement in connection.ops.sequence_reset_sql(no_style(), [model for model, _many in KEPT]):
            cursor.execute(statement)
