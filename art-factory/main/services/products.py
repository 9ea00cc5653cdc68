"""What can be done with products: trash and back, favourite, rating, tags; and the files nobody knows any more."""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from main.models import Product, Tag
from main.services import events
from main.services.counting import recount_project
from main.services.store import THUMBNAILS, thumbnail_path

GRACE_SECONDS = 3600


def trash(ids: Iterable[int], *, actor: str = "page") -> list[int]:
    """Put products into the trash and return which; their files stay until the trash is emptied."""
    return _move(ids, trashed=True, actor=actor)


def restore(ids: Iterable[int], *, actor: str = "page") -> list[int]:
    """Take products back."""
    return _move(ids, trashed=False, actor=actor)


def mark(product: Product, *, favorite: bool | None = None, rating: int | None = None) -> None:
    """Set favourite and rating (0 to 5). Raises ValueError for another rating."""
    changes: dict[str, object] = {}
    if favorite is not None:
        changes["is_favorite"] = favorite
    if rating is not None:
        if not 0 <= rating <= 5:
            raise ValueError("a rating is 0 to 5")
        changes["rating"] = rating
    Product.objects.filter(pk=product.pk).update(**changes, version=F("version") + 1)
    events.record("product_changed", entity=product.pk, actor="page", changes=sorted(changes))


def tag(ids: Iterable[int], name: str, *, remove: bool = False) -> list[int]:
    """Give products a tag (made when there is none), or take it away; return those that changed."""
    name = " ".join(name.split())[:60]
    if not name:
        return []
    with transaction.atomic():
        found = Tag.objects.filter(name__iexact=name).first()
        if found is None:
            if remove:
                return []
            found = Tag.objects.create(name=name)
        rows = Product.objects.alive().filter(pk__in=list(ids))
        chosen = rows.filter(tags=found) if remove else rows.exclude(tags=found)
        changed = list(chosen.values_list("pk", flat=True))
        (found.products.remove if remove else found.products.add)(*changed)
        events.record("tag_removed" if remove else "tag_added", entity=found.pk, actor="page", products=changed[:200])
    return changed


def favorite(ids: Iterable[int], *, wanted: bool) -> list[int]:
    """Make products favourites or not; return those that changed."""
    with transaction.atomic():
        rows = Product.objects.alive().filter(pk__in=list(ids), is_favorite=not wanted)
        changed = list(rows.values_list("pk", flat=True))
        Product.objects.filter(pk__in=changed).update(is_favorite=wanted, version=F("version") + 1)
        events.record("products_changed", actor="page", favorite=wanted, products=changed[:200])
    return changed


def purge(older_than_days: int) -> int:
    """Delete what has been in the trash for so long, rows first, then files; return how many."""
    edge = timezone.now() - timedelta(days=older_than_days)
    gone = 0
    for product in Product.objects.trashed().filter(deleted_at__lt=edge, used_by__isnull=True).iterator():
        file, identity = product.file, product.uuid
        product.delete()
        delete_files(file, identity)
        gone += 1
    return gone


def delete_files(file: str, identity: uuid.UUID) -> None:
    """Delete a product's original and thumbnails."""
    (Path(settings.MEDIA_ROOT) / file).unlink(missing_ok=True)
    for size in THUMBNAILS:
        thumbnail_path(identity, size).unlink(missing_ok=True)


def sweep_orphans(*, delete: bool) -> list[str]:
    """Return the files below `products/` that no row names and that are older than an hour; delete them when told."""
    root = Path(settings.MEDIA_ROOT)
    known = set(Product.objects.values_list("file", flat=True))
    edge = time.time() - GRACE_SECONDS
    orphans = [
        path
        for path in sorted((root / "products").rglob("*"))
        if path.is_file() and str(path.relative_to(root)) not in known and path.stat().st_mtime < edge
    ]
    if delete:
        for path in orphans:
            path.unlink(missing_ok=True)
    return [str(path.relative_to(root)) for path in orphans]


def _move(ids: Iterable[int], *, trashed: bool, actor: str) -> list[int]:
    with transaction.atomic():
        rows = Product.objects.filter(pk__in=list(ids), deleted_at__isnull=trashed)
        moved = list(rows.values_list("pk", "project_id"))
        Product.objects.filter(pk__in=[pk for pk, _ in moved]).update(deleted_at=timezone.now() if trashed else None)
        for project in {project for _, project in moved}:
            recount_project(project)
        for pk, _ in moved:
            events.record("product_deleted" if trashed else "product_restored", entity=pk, actor=actor)
    return [pk for pk, _ in moved]
