"""Finds what StockX calls a product of ours."""

from __future__ import annotations

from collections.abc import Sequence

from shared.error_handling.exceptions import ResourceNotFoundException
from shared.stockx.client import StockX
from shared.translation import phrase


async def find_product(client: StockX, codes: Sequence[str | None]) -> str:
    """Return StockX's id of the product with one of our codes (style code, SKU); raises ResourceNotFoundException."""
    told = [code for code in codes if code]
    wanted = {code.lower() for code in told}
    for code in dict.fromkeys(told):
        for each in (await client.search(code))["products"]:
            if each.style_id and {part.strip().lower() for part in each.style_id.split("/")} & wanted:
                found: str = each.id
                return found
    raise ResourceNotFoundException(
        phrase(
            "StockX knows no product %(value)s; give the product its style code and try again",
            value=told[-1] if told else "without a code",
        )
    )
