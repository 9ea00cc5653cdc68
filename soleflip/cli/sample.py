"""`sample`: files to try imports with; every person and number in them is invented."""

from __future__ import annotations

import csv
import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(no_args_is_help=True, help="Files to try imports with")

COLUMNS = (
    "Seller Name", "Seller Address (Billing)", "Seller VAT Number", "Sold To Name", "Sold To address", "Sold to VAT Number",
    "Fiscal Representative Name", "Fiscal Representative Address", "StockX Destination Address", "Payout date",
    "Invoice Date", "Invoice Number", "Item", "Sku Name", "Sku Size", "Style", "Order Number", "Sale Date",
    "Seller Tracking Number", "Buyer Destination Country", "Buyer Destination City", "Buyer Tracking Number", "Quantity",
    "Ship From Address", "Ship To Address", "Seller Fee", "Seller Fee Currency", "Payment Processing",
    "Payment Processing Currency", "Shipping Fee", "Shipping Fee Currency", "VAT Rate",
    "Total Net Amount (Payout Excluding VAT)", "Total Net Amount (Payout Excluding VAT) Currency", "Listing Price",
    "Listing Price Currency", "Total Gross Amount (Total Payout)", "Total Gross Amount (Total Payout) Currency",
    "Total VAT Amount", "Total VAT Amount Currency", "Payout ID", "Special references", "Provider Transaction ID",
    "Total Invoice Amount",
)  # fmt: skip
"""The columns of StockX's historical seller sales report."""
MODELS = (
    ("Nike", "Dunk Low"), ("Jordan", "1 Retro High OG"), ("adidas", "Yeezy Boost 350 V2"), ("New Balance", "550"),
    ("ASICS", "Gel-Kayano 14"), ("Puma", "Suede"), ("Salomon", "XT-6"), ("Crocs", "Pollex Clog"),
)  # fmt: skip
COLOURS = ("Reverse Panda", "Chicago", "Bred", "Bone White", "Orange Purple", "Cream Black", "University Blue", "Olive",
           "Triple Black", "Sail Gum")  # fmt: skip
SIZES = ("N/A", *(f"{6 + step / 2:g}" for step in range(17)), "8W", "5.5Y", "M")
PLACES = (("United States", "Springfield"), ("Germany", "Musterstadt"), ("France", "Lyon"), ("Italy", "Torino"))
SELLER = "Example Trading GmbH 1 Musterstrasse Musterstadt 00000 DE"
HUB = "27 STOCKX LLC C/O StockX MP NL B.V. Veldhoven Veldhoven 5503 LS NL"
CLAUSE = "1) Intra-EU supply of goods in accordance with article 138 Council Directive 2006/112/EC\n2) Self-billing"


def stockx_rows(
    count: int, seed: int = 7, wrong: float = 0, start: datetime = datetime(2025, 1, 1, tzinfo=UTC)
) -> Iterator[list[str]]:
    """Yield lines of a report: `wrong` percent of them with a cell that cannot be read, sales 97 minutes apart."""
    chance = random.Random(seed)  # noqa: S311 -- a sample, no secret
    products = [
        (
            f"{brand} {model} {colour}{year}",
            colour,
            f"{chance.choice('ABCDFH')}{chance.choice('BDJQVZ')}{1000 + n}-{n % 1000:03d}",
        )
        for n, (brand, model, colour, year) in enumerate(
            (brand, model, colour, year)
            for brand, model in MODELS
            for colour in COLOURS
            for year in ("", " 2023", " 2024", " 2025")
        )
    ]
    for number in range(count):
        row = _line(chance, products, number, start)
        if chance.random() * 100 < wrong:
            row[chance.choice((12, 16, 17, 34))] = chance.choice(("", "abc", "31/31/2025"))
            if row[16] == "abc":
                row[16] = ""
            if row[12] == "abc":
                row[12] = ""
        yield row


def _line(chance: random.Random, products: list[tuple[str, str, str]], number: int, start: datetime) -> list[str]:
    name, colour, style = chance.choice(products)
    sold = start + timedelta(minutes=number * 97 + chance.randrange(90))
    paid = sold + timedelta(days=6)
    price = chance.randint(40, 450)
    fee, payment = round(price * 0.09, 2), round(price * 0.03, 2)
    shipping = chance.choice((0.0, 0.0, 0.83, 5.0, 1.25, 4.5))
    net = f"{price - fee - payment - shipping:.2f}"
    country, city = chance.choice(PLACES)
    order = f"{30_000_000 + number}-{29_900_000 + number}"
    day = f"{paid:%Y-%m-%d %H:%M:%S} +00"
    return [
        "Example Trading GmbH", SELLER, "DE000000000", "StockX LLC", "1046 Woodward Ave Detroit MI 48226", "NL000000000B01",
        "StockX Marketplace NL BV", "De Run 4312, 5503LN, Veldhoven, Netherlands", HUB, day, day,
        f"25000000-{29_900_000 + number}", name, colour, chance.choice(SIZES), style if number % 97 else "N/A", order,
        f"{sold:%Y-%m-%d %H:%M:%S} +00", f"1Z{chance.randrange(10**14):016d}", country, city, str(chance.randrange(10**10)),
        "1", SELLER, HUB, f"{fee:.2f}", "EUR", f"{payment:.2f}", "EUR", f"{shipping:.2f}" if shipping else "", "EUR", "",
        net, "EUR", str(price), "EUR", net, "EUR", "", "", f"PO-{paid:%Y%W}", CLAUSE, f"{chance.getrandbits(64):016x}", net,
    ]  # fmt: skip


def write_stockx(path: Path, count: int, seed: int = 7, wrong: float = 0) -> None:
    """Write a report."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        writer.writerows(stockx_rows(count, seed, wrong))


@app.command()
def report(
    path: Path,
    rows: int = 1000,
    seed: int = 7,
    wrong: Annotated[float, typer.Option(help="percent of lines with an error")] = 0,
) -> None:
    """Write a StockX sales report of 44 columns."""
    write_stockx(path, rows, seed, wrong)
    typer.echo(f"{path}: {rows} sales")
