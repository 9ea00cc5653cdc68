"""What reading printers from their web pages costs, against fetching and parsing the same pages bare.

The stand-in printers serve from a process of their own. One round reads every printer once: ours through `WebEngine` (the device
policy of safehttp, limits, threads), the rules and the reading; the peer with one shared httpx2 client, lxml and the same XPath,
in as many threads, and stops there. Both are timed by CPU of this process, alternately; the values are compared before.

    ratio_to_bare          CPU of the bare peer / CPU of ours, per poll              gate 0.5
    ratio_with_storing     the same with leasing, judging and storing in PostgreSQL counted in (a whole sweep)
    polls_per_cpu_second   ours, without a browser
    pooled_browser_gain    a browser per poll / the pooled browser, CPU of the whole family of processes    gate 3
    pooled_browser_gain_wall   the same by wall clock

`python bench/web_poll.py --printers 40 --rounds 3 --browser-polls 4` is for a quick look.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from statistics import median
from typing import Any, Final, cast

import httpx2
from lxml import etree
from standins.printers import PrinterAddress, PrinterFleet
from support import printer_inventory, report

PATHS: Final = ("/status", "/counters")
PLACES: Final = {
    "serial_number": ("/status", "serial"),
    "mac_address": ("/status", "mac"),
    "counter": ("/counters", "total"),
}
DEVICES: Final = ("hp-laserjet-m507", "hp-color-laserjet-m578", "brother-hl-l6400dw", "oki-mc853")


def config() -> list[dict[str, str]]:
    """Return the rules both sides follow, as JSON."""
    return [{"field": field, "path": path, "xpath": f"//*[@id='{name}']"} for field, (path, name) in PLACES.items()]


def bare(printers: list[PrinterAddress], workers: int) -> dict[str, str]:
    """Fetch and parse each printer's pages and look the three values up; return the totals by address."""
    xpaths = {
        path: [(field, etree.XPath(f"//*[@id='{name}']")) for field, (where, name) in PLACES.items() if where == path]
        for path in PATHS
    }

    def one(printer: PrinterAddress) -> tuple[str, str]:
        found: dict[str, str] = {}
        for path, places in xpaths.items():
            answer = client.get(f"http://{printer.address}:{printer.web_port}{path}")
            root = etree.fromstring(answer.content, etree.HTMLParser())
            found |= {field: "".join(cast("Any", find(root))[0].itertext()).strip() for field, find in places}
        return printer.address, found["counter"]

    with httpx2.Client(trust_env=False) as client, ThreadPoolExecutor(workers) as pool:
        return dict(pool.map(one, printers))


def ours(printers: list[PrinterAddress], workers: int) -> dict[str, str]:
    """Read each printer through the engine and the rules; return the totals by address."""
    from inventory.polling.web.engine import WebEngine
    from inventory.polling.web.pages import WebTarget
    from inventory.polling.web.policy import WebRules
    from inventory.web_parser import evaluate, rules

    taught = rules.load(config())
    pages = rules.pages_of(taught)
    targets = [WebTarget(place, one.address, one.web_port, pages=pages) for place, one in enumerate(printers)]
    engine = WebEngine(WebRules(("127.42.0.0/16",), (("10.0.0.1", 5432), ("10.0.0.1", 6379))), workers=workers)
    totals = {}
    for target, fetched in engine.poll(targets):
        reading = evaluate.reading_of(evaluate.evaluate(taught, fetched))
        totals[target.address] = str(reading.counters["total"])
    return totals


def cpu(work: Callable[[], Any]) -> tuple[float, Any]:
    """Return the CPU seconds of this process for one call, and what it returned."""
    began = time.process_time()
    found = work()
    return time.process_time() - began, found


def family_cpu() -> float:
    """Return the CPU seconds of this process and all below it, those that have ended included (proc(5))."""
    parents: dict[int, int] = {}
    used: dict[int, int] = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                fields = (folder / "stat").read_text().rsplit(")", 1)[1].split()
            except OSError:
                continue
            parents[int(folder.name)], used[int(folder.name)] = int(fields[1]), sum(map(int, fields[11:15]))
    total, layer = 0, [os.getpid()]
    while layer:
        total += sum(used.get(pid, 0) for pid in layer)
        layer = [pid for pid, parent in parents.items() if parent in layer]
    return total / os.sysconf("SC_CLK_TCK")


def browser_polls(printers: list[PrinterAddress], *, pooled: bool) -> tuple[float, float]:
    """Read pages that build themselves, one after another; return the CPU and wall seconds a poll takes."""
    from inventory.polling.web.browser import BrowserPool
    from inventory.polling.web.pages import PageRequest, Step, WebTarget
    from inventory.polling.web.policy import WebRules

    page = PageRequest("http", "/counters", (Step("click", "#show"),), browser=True)
    rules = WebRules(("127.42.0.0/16",), seconds=60)
    pool = BrowserPool()
    if pooled:  # the pool is warm, as it is from a worker's second poll on
        pool.fetch(WebTarget(0, printers[0].address, printers[0].web_port), [page], rules)
    spent, began = 0.0, time.perf_counter()
    for printer in printers:
        before = family_cpu()
        fetched = pool.fetch(WebTarget(0, printer.address, printer.web_port), [page], rules)
        # Before it is closed: what a killed child has used is lost with it, and would make the browser per poll look cheap.
        spent += family_cpu() - before
        assert fetched.documents, fetched.errors
        if not pooled:
            pool.close()
            pool = BrowserPool()
    wall = time.perf_counter() - began
    pool.close()
    return spent / len(printers), wall / len(printers)


def sweep_cpu(printers: list[PrinterAddress]) -> float:
    """Return the CPU seconds of this process for one whole sweep of the printers, stored rows checked."""
    from django.utils import timezone
    from inventory.models import InventoryTask, PollSchedule, Printer
    from inventory.services.sweeping import Sweep
    from inventory.services.web_rules import replace_rules
    from inventory.web_parser import rules

    taught = rules.load(config())
    for one in printers:
        row = Printer.objects.create(
            ip_address=one.address, snmp_port=one.snmp_port, web_port=one.web_port, polling_method="WEB"
        )
        replace_rules(row, taught, None, overwrite=True)
    Sweep(lane="web").run()
    spent = []
    for _ in range(3):
        PollSchedule.objects.update(due_at=timezone.now())
        spent.append(cpu(lambda: Sweep(lane="web").run())[0])
    done = InventoryTask.objects.filter(status="SUCCESS").count()
    assert done == 4 * len(printers), done
    return median(spent)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--printers", type=int, default=100)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--workers", type=int, default=16)
    parser.add_argument("--browser-polls", type=int, default=8)
    options = parser.parse_args()
    with (
        PrinterFleet(count=options.printers, devices=DEVICES, speed=0) as fleet,
        PrinterFleet(
            count=options.browser_polls, devices=("konica-bizhub-c258",), speed=0, network="127.42.64.0/24"
        ) as rich,
        printer_inventory("web_poll", PRINTER_NETWORKS="127.42.0.0/16"),
    ):
        printers = fleet.printers
        pairs = []
        assert ours(printers, options.workers) == bare(printers, options.workers)  # warm, and the same values
        for number in range(options.rounds):
            mine, _ = cpu(lambda: ours(printers, options.workers))
            peer, _ = cpu(lambda: bare(printers, options.workers))
            pairs.append((mine, peer))
            print(
                f"round {number + 1}: ours {mine / len(printers) * 1000:.2f} ms, {peer / len(printers) * 1000:.2f} ms bare",
                flush=True,
            )
        mine, peer = (median(one) for one in zip(*pairs, strict=True))
        whole = sweep_cpu(printers)
        pooled = browser_polls(rich.printers, pooled=True)
        alone = browser_polls(rich.printers, pooled=False)
        print(f"browser, CPU and wall seconds a poll: pooled {pooled}, one each {alone}", flush=True)
    report(
        ratio_to_bare=peer / mine,
        ratio_with_storing=peer / whole,
        polls_per_cpu_second=len(printers) / mine,
        pooled_browser_gain=alone[0] / pooled[0],
        pooled_browser_gain_wall=alone[1] / pooled[1],
    )


if __name__ == "__main__":
    main()
