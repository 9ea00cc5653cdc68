"""Power cuts: the server is killed again and again while it makes an order; what comes out is complete, once."""

from __future__ import annotations

import json
import sqlite3
import time
from pathlib import Path

import pytest

from main.tests.site import Site

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]
PLACE = """
from main.models import FactoryMachine
from main.services.orders import Wish, place
machine = FactoryMachine.objects.get(name="builtin/still")
print(place(Wish(machine, "[a,b,c,d,e] [x,y,z]", parameters={"size": "384x384"})).pk)
"""
SECONDS = 180


def rows(site: Site, query: str) -> list[tuple[object, ...]]:
    """Ask the site's database."""
    connection = sqlite3.connect(f"file:{site.folder}/db.sqlite3?mode=ro", uri=True, timeout=20)
    try:
        return connection.execute(query).fetchall()
    finally:
        connection.close()


def completed(site: Site) -> int:
    """Return how many items are completed."""
    return int(str(rows(site, "select count(*) from main_orderitem where status = 'completed'")[0][0]))


def test_a_killed_server_goes_on_where_it_was(tmp_path: Path) -> None:
    site = Site(tmp_path, migrated=True, LEASE_SECONDS="3", MAX_ATTEMPTS="50")
    try:
        site.manage("shell", "-v", "0", "-c", PLACE)
        deadline = time.monotonic() + SECONDS
        for wanted in (1, 6, 11):
            while completed(site) < wanted:
                assert time.monotonic() < deadline
                time.sleep(0.02)
            site.kill()
            site.process = site.start()
        while completed(site) < 15:
            assert time.monotonic() < deadline, rows(site, "select status, reason, attempt from main_orderitem")
            time.sleep(0.2)
        products = rows(site, "select order_item_id, count(*), min(file) from main_product group by order_item_id")
        assert (len(products), {number for _, number, _ in products}) == (15, {1})
        assert all((tmp_path / "media" / str(file)).is_file() for _, _, file in products)
        assert rows(site, "select status from main_order") == [("completed",)]
        found = json.loads(site.manage("verify_media", "--json"))
        assert found["missing"] == []
    finally:
        site.close()
