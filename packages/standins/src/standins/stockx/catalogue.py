"""The catalogue of the stand-in: invented market figures around real style codes, the same on every start."""

from __future__ import annotations

import random
import uuid
from dataclasses import dataclass, field
from typing import Any

MODELS = (
    ("DD1391-100", "Nike", "Nike Dunk Low Retro White Black Panda", 110, 118, "2021-03-10"),
    ("555088-063", "Jordan", "Jordan 1 Retro High OG Patent Bred", 170, 214, "2021-12-30"),
    ("DZ5485-612", "Jordan", "Jordan 1 Retro High OG Chicago Lost and Found", 180, 389, "2022-11-19"),
    ("GW3773", "adidas", "adidas Yeezy Boost 350 V2 Bone", 230, 176, "2022-03-21"),
    ("BB550WT1", "New Balance", "New Balance 550 White Grey", 130, 139, "2021-06-15"),
    ("L41086600", "Salomon", "Salomon XT-6 Black Phantom", 180, 196, "2020-09-01"),
    ("1201A019-108", "ASICS", "ASICS Gel-Kayano 14 Cream Black", 150, 159, "2022-08-05"),
    ("B75806", "adidas", "adidas Samba OG Cloud White Core Black", 120, 104, "2018-01-01"),
)
SIZES = tuple(f"{7 + step / 2:g}" for step in range(13))
NAMESPACE = uuid.UUID("5f0c7a3e-9d1b-4c55-8a8b-1f2e3d4c5b6a")


def check_digit(digits: str) -> str:
    """Return the last digit of a GTIN-13 (GS1 General Specifications, 7.9)."""
    total = sum(int(digit) * (1, 3)[place % 2] for place, digit in enumerate(digits))
    return str(-total % 10)


@dataclass
class Variant:
    """A product in one size and its market in euros."""

    id: str
    size: str
    gtin: str
    lowest_ask: int
    highest_bid: int


@dataclass
class Product:
    """A product with its sizes."""

    id: str
    style: str
    brand: str
    title: str
    retail: int
    released: str
    variants: dict[str, Variant] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """Return it as the API shows it."""
        return {
            "productId": self.id,
            "brand": self.brand,
            "productType": "sneakers",
            "styleId": self.style,
            "urlKey": self.title.lower().replace(" ", "-"),
            "title": self.title,
            "productAttributes": {
                "gender": "men",
                "season": None,
                "releaseDate": self.released,
                "retailPrice": self.retail,
                "colorway": " ".join(self.title.split()[-2:]),
                "color": self.title.split()[-1].lower(),
            },
            "sizeChart": {"availableConversions": [{"name": "US M", "type": "us m"}], "defaultConversion": None},
            "isFlexEligible": False,
            "isDirectEligible": False,
        }

    def variant_json(self, variant: Variant) -> dict[str, Any]:
        """Return a size as the API shows it."""
        return {
            "productId": self.id,
            "variantId": variant.id,
            "variantName": f"{self.title}:{variant.size}",
            "variantValue": variant.size,
            "sizeChart": {
                "availableConversions": [{"size": f"US M {variant.size}", "type": "us m"}],
                "defaultConversion": {"size": variant.size, "type": "us m"},
            },
            "gtins": [{"type": "EAN-13", "identifier": variant.gtin}],
            "isFlexEligible": False,
            "isDirectEligible": False,
        }

    def market_json(self, variant: Variant, currency: str, rate: float) -> dict[str, Any]:
        """Return a size's market: amounts are texts in major units, None when nobody asks or bids."""
        ask, bid = (str(round(amount * rate)) for amount in (variant.lowest_ask, variant.highest_bid))
        faster, more = str(round(variant.lowest_ask * rate) - 1), str(round(variant.lowest_ask * rate) + 6)
        return {
            "productId": self.id,
            "variantId": variant.id,
            "currencyCode": currency,
            "lowestAskAmount": ask,
            "highestBidAmount": bid,
            "sellFasterAmount": faster,
            "earnMoreAmount": more,
            "flexLowestAskAmount": None,
            "standardMarketData": {
                "lowestAsk": ask,
                "highestBidAmount": bid,
                "sellFaster": faster,
                "earnMore": more,
                "beatUS": faster,
            },
            "flexMarketData": None,
            "directMarketData": None,
        }


def make_catalogue() -> dict[str, Product]:
    """Return the products by id."""
    chance = random.Random(550)  # noqa: S311 -- figures of a play, no secret
    found = {}
    for number, (style, brand, title, retail, price, released) in enumerate(MODELS):
        product = Product(str(uuid.uuid5(NAMESPACE, style)), style, brand, title, retail, released)
        for place, size in enumerate(SIZES):
            digits = f"4{number:05d}{place:06d}"
            ask = round(price * chance.uniform(0.92, 1.2))
            variant = Variant(
                str(uuid.uuid5(NAMESPACE, f"{style}:{size}")),
                size,
                digits + check_digit(digits),
                ask,
                round(ask * chance.uniform(0.82, 0.95)),
            )
            product.variants[variant.id] = variant
        found[product.id] = product
    return found
