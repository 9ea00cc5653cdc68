"""SoleFlip's pages by CPU time of the server process, the load generator being this one.

`page_cpu_to_bare`: an inventory page of 100 (sign-in, limits, envelope, count and all) over a bare FastAPI page that runs
the same query for the same rows and answers them with a response model. `last_page_to_first`: the last page of 10,000 items
over the first, by skip. `stream_memory_growth`: peak memory of a server that exported 10,000 orders over one that
exported 1,000. `health_cpu_ms`: CPU milliseconds of one GET /health. `import_ratio_to_copy`: reading a StockX report of
10,000 rows and 44 columns with Python's csv and copying it as it is into one table of texts, over importing it (rows judged,
staged with their source, compared; products, sizes, orders, fees, history and payouts made); both count this process's CPU
and that of their own PostgreSQL backends, and the rows are counted by SQL afterwards.

`--floor` adds what none of our code can go below: from the table of texts that the copy left, hand-written statements make
the same products, sizes, payouts and orders under the same constraints and indexes, nothing judged, nothing kept of the
file (`floor_*`, CPU seconds of PostgreSQL; `floor_ratio_to_copy` with the copy itself counted).
"""

from __future__ import annotations

import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
SYSTEM = ROOT / "soleflip"
sys.path.insert(0, str(SYSTEM))

ITEMS, ORDERS, ROUNDS, REQUESTS, REPORT = 10_000, 10_000, 5, 60, 10_000
TICKS = os.sysconf("SC_CLK_TCK")
DATABASE = "bench_soleflip"

BARE = """
from contextlib import asynccontextmanager
from fastapi import FastAPI
from sqlalchemy import select
from domains.inventory.api.router import ItemOut
from domains.inventory.repositories.inventory_repository import LIST, NAMES
from shared.config.settings import get_settings
from shared.database.connection import create_database
from shared.database.models import InventoryItem as I

database = create_database(get_settings())
app = FastAPI()

@app.get("/items", response_model=list[ItemOut])
async def items(limit: int = 100):
    keys = select(I.id).where(I.archived_at.is_(None)).order_by(I.created_at.desc(), I.id.desc()).limit(limit).cte("page")
    statement = LIST.outer.join(keys, keys.c.id == I.id).order_by(I.created_at.desc(), I.id.desc())
    async with database.sessions() as session:
        rows = (await session.execute(statement)).all()
    return [dict(zip(NAMES, row)) for row in rows]
"""

SEED = """
INSERT INTO products.products (sku, name, category_id, brand_id)
SELECT 'SKU-' || n, 'Model ' || n, c.id, (SELECT id FROM core.brands ORDER BY slug LIMIT 1 OFFSET n % 10)
FROM generate_series(1, 600) n, core.categories c WHERE c.slug = 'sneakers';
INSERT INTO core.sizes (value, region, standardized_value)
SELECT (6 + n * 0.5)::text, 'US', 39 + n * 0.5 FROM generate_series(0, 16) n;
INSERT INTO inventory.items (product_id, size_id, purchase_price, status, created_at)
SELECT p.id, s.id, 80 + n % 90, 'in_stock', now() - n * interval '7 minutes'
FROM generate_series(1, {items}) n
JOIN (SELECT id, row_number() OVER (ORDER BY sku) - 1 AS k FROM products.products) p ON p.k = n % 600
JOIN (SELECT id, row_number() OVER (ORDER BY value) - 1 AS k FROM core.sizes) s ON s.k = n % 17;
INSERT INTO transactions.orders (platform_id, external_id, product_name, gross_sale, net_proceeds, sold_at)
SELECT p.id, n::text, 'Model ' || n % 600, 150, 130, now() - n * interval '11 minutes'
FROM generate_series(1, {orders}) n, core.platforms p WHERE p.slug = 'stockx';
INSERT INTO auth.users (email, username, hashed_password, role) VALUES ('bench@example.com', 'bench', 'none', 'admin');
ANALYZE;
"""


def prepare() -> str:
    """Make and fill the database; return a token of its administrator."""
    import psycopg
    from shared.auth import tokens
    from shared.config.settings import get_settings
    from shared.database.migrating import migrate

    settings = get_settings()
    server = settings.libpq_url.rpartition("/")[0]
    with psycopg.connect(f"{server}/postgres", autocommit=True) as admin:
        admin.execute(f"DROP DATABASE IF EXISTS {DATABASE} WITH (FORCE)")
        admin.execute(f"CREATE DATABASE {DATABASE}")
    migrate(settings)
    with psycopg.connect(settings.libpq_url) as held:
        held.execute(SEED.format(items=ITEMS, orders=ORDERS))
        counted = held.execute(
            "SELECT (SELECT count(*) FROM inventory.items), (SELECT count(*) FROM transactions.orders)"
        )
        assert counted.fetchone() == (ITEMS, ORDERS)
        row = held.execute("SELECT id FROM auth.users WHERE username = 'bench'").fetchone()
    assert row is not None
    return tokens.issue(settings.signing_key, row[0], "bench", "admin", 1, datetime.now(UTC), 600)


class Server:
    """An app served by uvicorn in a process of its own."""

    def __init__(self, app: str, folder: str) -> None:
        """Start it and wait until it answers."""
        with socket.socket() as found:
            found.bind(("127.0.0.1", 0))
            self.port = found.getsockname()[1]
        command = [
            sys.executable,
            "-m",
            "uvicorn",
            app,
            "--port",
            str(self.port),
            "--no-access-log",
            "--timeout-keep-alive",
            "600",
            "--log-level",
            "warning",
        ]
        path = os.pathsep.join([str(SYSTEM), folder])
        self.process = subprocess.Popen(command, cwd=SYSTEM, env={**os.environ, "PYTHONPATH": path})
        deadline = time.monotonic() + 90
        while time.monotonic() < deadline:
            try:
                self.link = HTTPConnection("127.0.0.1", self.port, timeout=60)
                self.link.connect()
                return
            except OSError:
                time.sleep(0.1)
        raise RuntimeError(f"{app} does not answer")

    def get(self, path: str, token: str = "") -> bytes:
        """Ask for a page over the kept connection; anything but 200 is a mistake of ours."""
        self.link.request("GET", path, headers={"authorization": f"Bearer {token}"} if token else {})
        answer = self.link.getresponse()
        body = answer.read()
        assert answer.status == 200, (answer.status, body[:300])
        return body

    def cpu(self) -> float:
        """Return CPU seconds used so far."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / TICKS

    def peak(self) -> int:
        """Return the peak of resident memory in kB."""
        lines = Path(f"/proc/{self.process.pid}/status").read_text().splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM"))

    def cost(self, path: str, token: str = "", requests: int = REQUESTS) -> float:
        """Return CPU milliseconds per request."""
        begun = self.cpu()
        for _ in range(requests):
            self.get(path, token)
        return (self.cpu() - begun) * 1000 / requests


@contextmanager
def serving(app: str, folder: str) -> Iterator[Server]:
    """Serve an app for the block."""
    server = Server(app, folder)
    try:
        yield server
    finally:
        server.process.terminate()
        server.process.wait(20)


def pages(token: str, folder: str) -> dict[str, float]:
    """Race the pages round by round; return medians of the rounds."""
    first = "/api/v1/inventory/items?limit=100"
    last = f"{first}&skip={ITEMS - 100}"
    figures: dict[str, list[float]] = {"page": [], "bare": [], "ratio": [], "depth": [], "health": []}
    with serving("main:app", folder) as ours, serving("bare_page:app", folder) as bare:
        assert len(json.loads(ours.get(last, token))["items"]) == len(json.loads(bare.get("/items?limit=100"))) == 100
        ours.cost(first, token, 30), bare.cost("/items?limit=100", requests=30)
        for _ in range(ROUNDS):
            page, peer = ours.cost(first, token), bare.cost("/items?limit=100")
            figures["page"].append(page)
            figures["bare"].append(peer)
            figures["ratio"].append(page / peer)
            figures["depth"].append(ours.cost(last, token) / page)
            figures["health"].append(ours.cost("/health", requests=400))
    return {name: statistics.median(values) for name, values in figures.items()}


def streamed(token: str, folder: str, rows: int) -> int:
    """Return the peak memory (kB) of a fresh server that exported `rows` orders."""
    day = datetime.now(UTC)
    first = day.timestamp() - rows * 11 * 60
    since = datetime.fromtimestamp(first, UTC).date()
    with serving("main:app", folder) as server:
        body = server.get(f"/api/v1/orders/export?sold_from={since}", token)
        count = body.count(b"\r\n") - 1
        assert rows <= count <= rows + 200 or count == ORDERS, count
        return server.peak()


def backend_cpu() -> float:
    """Return CPU seconds of this database's client backends that are alive.

    Not of autovacuum's workers: one that ended in between took its seconds out of the sum, which once told a negative figure.
    """
    import psycopg
    from shared.config.settings import get_settings

    with psycopg.connect(get_settings().libpq_url) as held:
        pids = held.execute(
            "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
            " AND backend_type = 'client backend'"
        ).fetchall()
    fields = [Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split() for (pid,) in pids]
    return sum(int(found[11]) + int(found[12]) for found in fields) / TICKS


FLOOR = {
    "products": """
        INSERT INTO products.products (sku, name, category_id) SELECT r.code, min(r.name), c.id FROM told r, core.categories c
        WHERE c.slug = 'sneakers' GROUP BY r.code, c.id""",
    "sizes": "INSERT INTO core.sizes (value, region) SELECT DISTINCT size, 'US' FROM told",
    "payouts": """
        INSERT INTO transactions.payouts (platform_id, external_id, paid_at, amount)
        SELECT p.id, r.payout, max(r.paid), sum(r.net) FROM told r, core.platforms p WHERE p.slug = 'stockx'
        GROUP BY p.id, r.payout""",
    "orders": """
        INSERT INTO transactions.orders (platform_id, external_id, stockx_order_number, product_id, size_id, status,
            product_name, sku, size_label, gross_sale, platform_fee, payment_fee, shipping_cost, fee_source, net_proceeds,
            sold_at, completed_at, payout_received, payout_date, payout_id, payout_amount)
        SELECT p.id, r.number, r.number, g.id, s.id, 'completed', r.name, r.code, r.size, r.gross, r.fee, r.payment,
            r.shipping, 'report', r.net, r.sold, r.paid, true, r.paid, y.id, r.net
        FROM told r JOIN core.platforms p ON p.slug = 'stockx' JOIN products.products g ON g.sku = r.code
        JOIN core.sizes s ON s.value = r.size AND s.region = 'US'
        JOIN transactions.payouts y ON y.platform_id = p.id AND y.external_id = r.payout ORDER BY r.sold""",
}
TOLD = """
CREATE TEMPORARY VIEW told AS SELECT {Order Number} AS number, {Item} AS name, {Sku Size} AS size,
    CASE WHEN {Style} IN ('', 'N/A') THEN {Item} ELSE {Style} END AS code, {Payout ID} AS payout,
    {Listing Price}::numeric AS gross, {Seller Fee}::numeric AS fee, {Payment Processing}::numeric AS payment,
    coalesce(nullif({Shipping Fee}, ''), '0')::numeric AS shipping, {Total Gross Amount (Total Payout)}::numeric AS net,
    {Sale Date}::timestamptz AS sold, {Payout date}::timestamptz AS paid FROM bare_report
"""
EMPTY = "TRUNCATE transactions.orders, products.products, core.sizes, integration.import_batches, transactions.payouts CASCADE"


def floor() -> dict[str, float]:
    """Return the CPU seconds of the bare statements that make what an import makes, from the table of texts."""
    import psycopg
    from cli.sample import COLUMNS
    from shared.config.settings import get_settings

    used: dict[str, float] = {}
    with psycopg.connect(get_settings().libpq_url) as held:
        held.execute(EMPTY)
        view = TOLD
        for place, name in enumerate(COLUMNS):
            view = view.replace(f"{{{name}}}", f"c{place}")
        held.execute(view)
        for name, statement in FLOOR.items():
            begun = backend_cpu()
            held.execute(statement)
            used[name] = backend_cpu() - begun
        assert held.execute("SELECT count(*) FROM transactions.orders").fetchone() == (REPORT,)
    return used


def bare_copy(path: Path) -> float:
    """Return the CPU seconds of parsing the file and copying it into a table of texts."""
    import csv

    import psycopg
    from shared.config.settings import get_settings

    with psycopg.connect(get_settings().libpq_url) as held, path.open(newline="", encoding="utf-8") as file:
        columns = ", ".join(f"c{number} text" for number in range(44))
        held.execute(f"DROP TABLE IF EXISTS bare_report; CREATE TABLE bare_report ({columns})")
        held.commit()
        begun, server = time.process_time(), backend_cpu()
        reader = csv.reader(file)
        next(reader)
        with held.cursor() as cursor, cursor.copy("COPY bare_report FROM STDIN") as copying:
            for row in reader:
                copying.write_row(row)
        held.commit()
        used = time.process_time() - begun + backend_cpu() - server
        assert held.execute("SELECT count(*) FROM bare_report").fetchone() == (REPORT,)
    return used


async def one_import(path: Path) -> float:
    """Return the CPU seconds of importing the file into an empty business."""
    import uuid

    from domains.integration.services.import_service import ImportService
    from shared.auth.principal import Principal
    from shared.config.settings import get_settings
    from shared.database.connection import create_database
    from shared.database.words import UserRole
    from sqlalchemy import text

    database = create_database(get_settings())
    async with database.unit() as session:
        await session.execute(text(EMPTY))
        who = (await session.execute(text("SELECT id FROM auth.users WHERE username = 'bench'"))).scalar_one()
    service, actor = ImportService(database), Principal(uuid.UUID(str(who)), "bench", UserRole.ADMIN)
    begun, server = time.process_time(), backend_cpu()
    with path.open("rb") as file:
        batch = await service.stage(actor, file, path.name)
    counts = await service.apply(batch.id)
    used = time.process_time() - begun + backend_cpu() - server
    async with database.reading() as session:
        made = (await session.execute(text(
            "SELECT (SELECT count(*) FROM transactions.orders), (SELECT count(*) FROM transactions.order_status_history),"
            " (SELECT count(*) FROM transactions.order_fees WHERE kind = 'transaction'),"
            " (SELECT count(*) > 300 FROM products.products), (SELECT count(*) > 15 FROM core.sizes)"
        ))).one()  # fmt: skip
    await database.close()
    assert counts == {"applied": REPORT}, counts
    assert tuple(made) == (REPORT, REPORT, REPORT, True, True), made
    return used


def imports(folder: str, *, with_floor: bool = False) -> dict[str, float]:
    """Race the import against the bare copy, nine times (three told as little as a die); return medians."""
    import asyncio

    from cli.sample import write_stockx

    path = Path(folder) / "report.csv"
    write_stockx(path, REPORT)
    bare, ours, floors = [], [], []
    for _ in range(9):
        bare.append(bare_copy(path))
        if with_floor:
            floors.append(floor())
        ours.append(asyncio.run(one_import(path)))
    parts = {f"floor_{name}": statistics.median(each[name] for each in floors) for name in FLOOR} if floors else {}
    return {"bare": statistics.median(bare), "ours": statistics.median(ours), **parts}


def main() -> None:
    """Run every part; the last line is one JSON object."""
    from localservices import ensure_services, read_services, stop_services

    was_up = bool(read_services(ROOT))
    os.environ.update(ensure_services(ROOT).environment())
    os.environ |= {"DB_NAME": DATABASE, "RATE_LIMIT_REQUESTS": "1000000", "LOG_LEVEL": "WARNING"}
    os.environ.pop("DATABASE_URL", None)
    try:
        token = prepare()
        with tempfile.TemporaryDirectory() as folder:
            (Path(folder) / "bare_page.py").write_text(BARE)
            raced = pages(token, folder)
            small, large = streamed(token, folder, 1000), streamed(token, folder, ORDERS)
            imported = imports(folder, with_floor="--floor" in sys.argv[1:])
    finally:
        if not was_up:
            stop_services(ROOT)
    result: dict[str, Any] = {
        "page_cpu_to_bare": round(raced["ratio"], 2),
        "last_page_to_first": round(raced["depth"], 2),
        "stream_memory_growth": round(large / small, 3),
        "health_cpu_ms": round(raced["health"], 2),
        "page_cpu_ms": round(raced["page"], 2),
        "bare_cpu_ms": round(raced["bare"], 2),
        "import_ratio_to_copy": round(imported["bare"] / imported["ours"], 3),
        "import_cpu_s": round(imported["ours"], 2),
        "copy_cpu_s": round(imported["bare"], 2),
        "stream_peak_mb": round(large / 1024, 1),
    }
    floors = {name: round(value, 2) for name, value in imported.items() if name.startswith("floor_")}
    if floors:
        result |= {
            **floors,
            "floor_ratio_to_copy": round(imported["bare"] / (imported["bare"] + sum(floors.values())), 3),
        }
    print(json.dumps(result))


if __name__ == "__main__":
    main()
