"""Art Factory on SQLite, as it is delivered: the inventory at a thousand and at a hundred thousand products, and its pictures.

* `inventory_queries`: queries of one page of 60, with a search.
* `page_100k_to_1k`, `search_100k_to_1k`: CPU time of that page at 100,000 products by that at 1,000. The search is one for a word
  that every second product has, one for a word that only 63 have, and one for a word with a filter; the worst counts.
* `images_per_second`: the built-in generator, 512 x 512, by CPU time of one core.
* `thumbs_ratio_to_pillow`: thumbnails per CPU second, by Pillow's own `thumbnail` for each size from the decoded picture (the
  peer, same filter, size and quality), decoding on both sides.
"""

from __future__ import annotations

import io
import json
import os
import random
import statistics
import sys
import tempfile
import time
import uuid
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path[:] = [str(ROOT / "art-factory"), *(path for path in sys.path if path != str(ROOT / "bench"))]
WORDS = [
    "sea",
    "storm",
    "hill",
    "lamp",
    "glass",
    "moss",
    "iron",
    "dusk",
    "river",
    "owl",
    "fox",
    "tower",
    "snow",
    "ember",
]
SMALL, LARGE, PAGE, ROUNDS = 1_000, 100_000, 60, 15


def cpu_of(work: Callable[[], Any], rounds: int = ROUNDS) -> float:
    """Return the median CPU seconds of one call, after a first that warms up."""
    work()
    times = []
    for _ in range(rounds):
        started = time.process_time()
        work()
        times.append(time.process_time() - started)
    return statistics.median(times)


def fill(number: int) -> None:
    """Bring the inventory to so many products: every second one has a cat in it; a quokka have 63, the oldest at either size."""
    from main.models import Product

    there = Product.objects.count()
    dice = random.Random(1)
    rows = []
    for index in range(there, number):
        animal = "quokka" if index < SMALL and index % 16 == 0 else ("cat", "dog")[index % 2]
        prompt = f"a {animal} with {' '.join(dice.choices(WORDS, k=12))}"
        rows.append(
            Product(
                uuid=uuid.uuid4(),
                title=prompt[:80],
                prompt=prompt,
                file=f"products/x/{index}.png",
                media_type="image/png",
                product_type="image",
                generator_kind="ai",
                sha256=f"{index:064x}",
                width=1024,
                height=1024,
                rating=index % 6,
                machine_name="fal-ai/flux/dev",
                family="flux",
                provider_name="fal",
            )
        )
    Product.objects.bulk_create(rows, batch_size=500)
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO main_product_fts(main_product_fts) VALUES ('optimize')")
        cursor.execute("ANALYZE")


def pages() -> dict[str, float]:
    """Return the CPU seconds of each page; every one is checked to hold what it should."""
    from django.test import Client

    client = Client(headers={"host": "localhost"})
    found = {}
    for address in (
        "/inventory/",
        "/inventory/?q=cat",
        "/inventory/?q=quokka",
        "/inventory/?q=cat+rating:2",
    ):
        answer = client.get(address)
        cards = answer.content.count(b'class="card-product')
        assert answer.status_code == 200, (address, answer.status_code)
        assert cards == PAGE, (address, cards)
        found[address] = cpu_of(partial(client.get, address))
    return found


def queries() -> int:
    """Return how many queries a searched page takes."""
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext

    client = Client(headers={"host": "localhost"})
    most = 0
    for address in ("/inventory/", "/inventory/?q=cat+rating:2"):
        client.get(address)
        with CaptureQueriesContext(connection) as seen:
            client.get(address)
        most = max(most, len(seen))
    return most


def images_per_second() -> float:
    """Return how many pictures of 512 x 512 the built-in generator renders and encodes in a CPU second."""
    from main.providers.builtin.render import render

    seeds = iter(range(1000))

    def one() -> None:
        arguments = {
            "prompt": "a red sea",
            "width": 512,
            "height": 512,
            "seed": next(seeds),
            "algorithm": "clouds",
            "batch": 1,
        }
        render("still", {**arguments, "detail": 5, "format": "png"}, {}, lambda _progress: None)

    return 1 / cpu_of(one, 7)


def thumbs_ratio() -> float:
    """Return our thumbnails per CPU second by Pillow's."""
    import numpy as np
    from main.services.store import THUMBNAILS, open_picture, thumbnails
    from PIL import Image

    noise = np.random.default_rng(1).integers(0, 255, (64, 64, 3), dtype=np.uint8)
    picture = Image.fromarray(noise).resize((1024, 1024), Image.Resampling.BICUBIC)
    target = io.BytesIO()
    picture.save(target, "PNG")
    data, identity = target.getvalue(), uuid.uuid4()

    def ours() -> None:
        thumbnails(open_picture(data), identity)

    def theirs() -> None:
        for size in THUMBNAILS:
            small = Image.open(io.BytesIO(data))
            small.thumbnail((size, size), Image.Resampling.BILINEAR)
            small.save(Path(os.environ["MEDIA_ROOT"]) / f"peer-{size}.webp", "WEBP", quality=80, method=2)

    return cpu_of(theirs) / cpu_of(ours)


def main() -> None:
    """Measure and print one JSON object last."""
    with tempfile.TemporaryDirectory() as folder:
        os.environ.update(
            DATABASE_URL=f"sqlite://{folder}/db.sqlite3", MEDIA_ROOT=folder, SECRET_KEY="for-benchmarks-only-" * 3,
            DEBUG="False", AUTO_WORKERS="False", LOG_LEVEL="WARNING", DJANGO_SETTINGS_MODULE="main.tests.settings",
        )  # fmt: skip
        import django
        from django.core.management import call_command

        django.setup()
        call_command("migrate", verbosity=0)
        call_command("load_seed_data", stdout=sys.stderr)
        fill(SMALL)
        small = pages()
        number = queries()
        fill(LARGE)
        large = pages()
        ratios = {name: large[name] / small[name] for name in small}
        print({name: f"{small[name] * 1000:.1f} ms, {large[name] * 1000:.1f} ms" for name in small}, file=sys.stderr)
        figures = {
            "inventory_queries": max(number, queries()),
            "page_100k_to_1k": round(ratios["/inventory/"], 2),
            "search_100k_to_1k": round(max(ratios[name] for name in ratios if "?" in name), 2),
            "images_per_second": round(images_per_second(), 1),
            "thumbs_ratio_to_pillow": round(thumbs_ratio(), 2),
        }
        print(json.dumps(figures))


if __name__ == "__main__":
    main()
