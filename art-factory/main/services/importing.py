"""Files that were made elsewhere: taken into the store as products, with what they say about their own making."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from django.db import transaction
from django.utils import timezone

from main.metadata import BrokenFile, NothingFound, Recovered, recover
from main.models import GeneratorKind, Product, Project
from main.services import events
from main.services.counting import recount_project
from main.services.store import MOST_BYTES, WrongBytes, store

MOST_FILES: Final = 100_000


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of one file: imported, there already, or refused for a reason."""

    name: str
    state: str
    reason: str = ""
    product: int | None = None


def files_below(folder: Path, *, recursive: bool = True) -> Iterator[Path]:
    """Yield the files of a folder by name; links are left out, so that nothing outside it comes along. NotADirectoryError."""
    if not folder.is_dir():
        raise NotADirectoryError(f"{folder} is no folder")
    found = folder.rglob("*") if recursive else folder.glob("*")
    for number, path in enumerate(sorted(found)):
        if number >= MOST_FILES:
            return
        if path.is_file() and not path.is_symlink() and not path.name.startswith("."):
            yield path


def import_file(path: Path, *, project: Project | None, dedupe: bool, dry_run: bool = False) -> Verdict:
    """Import a file by its path (`import_bytes`)."""
    try:
        if path.stat().st_size > MOST_BYTES:
            return Verdict(path.name, "refused", f"more than {MOST_BYTES // 1_000_000} MB")
        data = path.read_bytes()
    except OSError as error:
        return Verdict(path.name, "refused", error.strerror or "cannot be read")
    return import_bytes(data, path.name, project=project, dedupe=dedupe, dry_run=dry_run)


def import_bytes(data: bytes, name: str, *, project: Project | None, dedupe: bool, dry_run: bool = False) -> Verdict:
    """Take a file in, unless the same bytes are there already (`dedupe`), and say what became of it; bad bytes are refused."""
    digest = hashlib.sha256(data).hexdigest()
    if dedupe and (there := Product.objects.alive().filter(sha256=digest).first()):
        return Verdict(name, "there already", f"as product {there.pk}", there.pk)
    made = _making(data)
    if dry_run:
        return Verdict(name, "would be imported", made.source)
    try:
        file = store(data, identity=uuid.uuid4(), project=project.name if project else "", moment=timezone.now())
    except (WrongBytes, OSError) as error:
        return Verdict(name, "refused", str(error))
    seed = made.parameters.get("seed")
    with transaction.atomic():
        product = Product.objects.create(
            uuid=file.uuid,
            project=project,
            title=Path(name).stem[:200],
            file=file.file,
            file_size=file.size,
            media_type=file.media_type,
            product_type=file.product_type,
            generator_kind=GeneratorKind.IMPORT,
            width=file.width,
            height=file.height,
            duration=file.duration,
            sha256=file.sha256,
            dhash=file.dhash,
            prompt=made.prompt,
            negative_prompt=made.negative_prompt,
            parameters={str(key): value for key, value in made.parameters.items()},
            seed=int(str(seed)) if str(seed).isascii() and str(seed).isdigit() and len(str(seed)) < 19 else None,
            provider_name="",
            machine_name=(made.machine or made.model)[:150],
        )
        events.record("product_imported", entity=product.pk, actor="import", file=name[:200], source=made.source)
        recount_project(project.pk if project else None)
    return Verdict(name, "imported", made.source, product.pk)


def _making(data: bytes) -> Recovered:
    try:
        return recover(data)
    except (NothingFound, BrokenFile):
        return Recovered(source="")
