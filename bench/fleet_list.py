"""The list of 10,000 printers: queries of a page of 100, and what page 100 costs against page 1.

The page is asked for over Django's HTTP face by an Inventory Viewer (not a superuser) and rendered in full. Page cost is wall
time, since the sorting is PostgreSQL's; both pages are measured alternately in one run.

The export is the same person's, streamed as Excel and CSV: queries for 10,000 rows, and the memory it takes for 10,000 rows
against 1,000 (peak of Python's allocations while the file flows by; the worse of the two kinds counts).
"""

from __future__ import annotations

import tracemalloc
from typing import Any

from support import cpu_of, printer_inventory, report, wall_of

PRINTERS = 10_000
REPEATS = 15


def fill() -> None:
    """Make 40 clients, 25 models and 10,000 printers with a state each, as a polled fleet has them."""
    from contracts.models import DeviceModel, Manufacturer
    from django.db import connection
    from inventory.models import Organization, Printer

    clients = Organization.objects.bulk_create([Organization(name=f"Client {number:02}") for number in range(40)])
    makers = Manufacturer.objects.bulk_create([Manufacturer(name=f"Maker {number}") for number in range(5)])
    models = DeviceModel.objects.bulk_create(
        [DeviceModel(manufacturer=makers[number % 5], name=f"Model {number}") for number in range(25)]
    )
    Printer.objects.bulk_create(
        [
            Printer(
                organization=clients[number % 40],
                device_model=models[number % 25],
                ip_address=f"10.{number // 62500}.{number // 250 % 250}.{number % 250 + 1}",
                serial_number=f"SN{number:07}",
                mac_address=f"02:00:00:{number // 65536:02X}:{number // 256 % 256:02X}:{number % 256:02X}",
                hostname=f"printer-{number}",
            )
            for number in range(PRINTERS)
        ],
        batch_size=1000,
    )
    with connection.cursor() as cursor:
        cursor.execute(STATE_SQL)
        cursor.execute("ANALYZE")


STATE_SQL = """
UPDATE inventory_printerstate SET
    last_attempt_at = now() - make_interval(secs => printer_id %% 3600), last_success_at = now(), last_verdict = 'SUCCESS',
    total_pages = printer_id * 37, bw_a4 = printer_id * 37, lowest_percent = printer_id %% 100,
    supplies = (SELECT jsonb_agg(jsonb_build_object('index', '1.' || n, 'description', 'Toner ' || n, 'kind', 'toner',
        'color', (ARRAY['black', 'cyan', 'magenta', 'yellow'])[n], 'level', printer_id %% 100, 'capacity', 100,
        'percent', printer_id %% 100, 'state', 'level', 'unit', 'percent', 'part_number', '', 'serial', '',
        'is_receptacle', false)) FROM generate_series(1, 4) n)
""".replace("%%", "%")


def export_figures(client: Any) -> dict[str, float]:
    """Export 10,000 and 1,000 rows as Excel and CSV; return queries, memory growth (of the worse kind too) and seconds."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext
    from inventory.models import Organization

    clients = list(Organization.objects.order_by("pk").values_list("pk", flat=True)[: 1_000 * 40 // PRINTERS])

    def peak_of(kind: str, rows: int) -> int:
        """Fetch a file and throw its pieces away; return the most bytes that were allocated meanwhile."""
        tracemalloc.start()
        answer = client.get("/inventory/export/", {"format": kind, "org": clients if rows == 1_000 else []})
        lines = sum(piece.count(b"\r\n") for piece in answer.streaming_content)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert kind == "xlsx" or lines == rows + 1, lines
        return peak

    growths, queries = {}, []
    for kind in ("xlsx", "csv"):
        peak_of(kind, 1_000)  # imports and caches are nobody's rows
        with CaptureQueriesContext(connection) as captured:
            many = peak_of(kind, PRINTERS)
        queries.append(len(captured))
        growths[f"export_memory_growth_{kind}"] = many / peak_of(kind, 1_000)
    seconds = wall_of(lambda: sum(map(len, client.get("/inventory/export/").streaming_content)), 1)
    return {
        "export_queries": max(queries),
        "export_memory_growth": max(growths.values()),
        **growths,
        "export_10000_xlsx_seconds": seconds,
    }


def main() -> None:
    """Measure and print."""
    with printer_inventory("fleet_list"):
        from django.contrib.auth.models import Group, User
        from django.db import connection
        from django.test import Client
        from django.test.utils import CaptureQueriesContext

        fill()
        user = User.objects.create_user("viewer")
        user.groups.set(Group.objects.filter(name="Inventory Viewer"))
        client = Client(headers={"host": "localhost"})
        client.force_login(user)

        def page(number: int, **more: Any) -> None:
            answer = client.get("/inventory/", {"page": number, "per_page": 100, **more})
            assert answer.status_code == 200, answer.status_code
            assert answer.content.count(b"<tr data-id=") == 100, answer.content.count(b"<tr data-id=")

        page(1)
        queries = []
        for number, sort in ((1, "address"), (100, "address"), (50, "-total"), (3, "organization"), (7, "supplies")):
            with CaptureQueriesContext(connection) as captured:
                page(number, sort=sort)
            queries.append(len(captured))
        first, last = wall_of(lambda: page(1), REPEATS), wall_of(lambda: page(100), REPEATS)
        first, last = min(first, wall_of(lambda: page(1), REPEATS)), min(last, wall_of(lambda: page(100), REPEATS))
        exported = export_figures(client)
        report(
            queries_per_page=max(queries),
            page_100_to_page_1=last / first,
            page_1_ms=first * 1000,
            page_100_ms=last * 1000,
            page_1_cpu_ms=cpu_of(lambda: page(1), REPEATS) * 1000,
            **exported,
            printers=PRINTERS,
        )


if __name__ == "__main__":
    main()
