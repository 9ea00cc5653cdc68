"""Products as one file to take along: their originals, a gallery that opens without a server, and everything known about them."""

from __future__ import annotations

import json
import re
import tempfile
import zipfile
from collections.abc import Iterable
from pathlib import Path
from typing import IO, Any, Final

from django.conf import settings
from django.template.loader import render_to_string

from main.metadata.texts import IPTC_SOURCES
from main.models import Product
from main.services.making import can_hold, with_making

IN_MEMORY: Final = 8_000_000
STYLE: Final = Path(settings.BASE_DIR) / "main/static/main/export.css"
_ODD: Final = re.compile(r"[^a-z0-9]+")


def archive(products: Iterable[Product], title: str, *, written: bool = True) -> IO[bytes]:
    """Return a zip with `files/`, `index.html` and `products.json`; a file that is gone is named there.

    With `written` each picture, WAV and MP4 says inside how it was made; without, the bytes are those of the store.

    Names are made here from number and prompt, letters and digits alone, so that nothing in them leads out of a folder.
    """
    target = tempfile.SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115 -- the response reads and closes it
    write_archive(target, products, title, written=written)
    target.seek(0)
    return target


def write_archive(
    target: IO[bytes], products: Iterable[Product], title: str, *, written: bool = True
) -> dict[str, int]:
    """Write such a zip and return how many products it holds, and how many of their files are gone."""
    rows: list[dict[str, Any]] = []
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as file:
        for product in products:
            path = Path(settings.MEDIA_ROOT) / product.file
            name = f"files/{name_of(product)}"
            there = path.is_file()
            if there and written and can_hold(product):
                file.writestr(name, with_making(product, path.read_bytes()))
            elif there:
                file.write(path, name)
            rows.append({"product": product, "name": name if there else "", "facts": facts_of(product)})
        page = render_to_string("main/export.html", {"rows": rows, "title": title})
        file.writestr("index.html", page)
        file.write(STYLE, "style.css")
        known = [{**row["facts"], "exported_as": row["name"]} for row in rows]
        file.writestr("products.json", json.dumps(known, indent=1, ensure_ascii=False))
    return {"products": len(rows), "missing": sum(not row["name"] for row in rows)}


def name_of(product: Product) -> str:
    """Return a file name for a product."""
    words = _ODD.sub("-", (product.prompt or product.title).lower())[:50].strip("-")
    return f"{product.pk:06}-{words or 'product'}{Path(product.file).suffix}"


def facts_of(product: Product) -> dict[str, Any]:
    """Return what is known about a product, as JSON; `digital_source_type` says in IPTC's words who made it."""
    return {
        "id": product.pk,
        "prompt": product.prompt,
        "negative_prompt": product.negative_prompt,
        "parameters": product.parameters,
        "seed": product.seed,
        "provider": product.provider_name,
        "machine": product.machine_name,
        "generator_kind": product.generator_kind,
        "digital_source_type": IPTC_SOURCES.get(product.generator_kind, ""),
        "width": product.width,
        "height": product.height,
        "media_type": product.media_type,
        "sha256": product.sha256,
        "rating": product.rating,
        "favorite": product.is_favorite,
        "tags": [tag.name for tag in product.tags.all()],
        "created_at": product.created_at.isoformat(),
    }
