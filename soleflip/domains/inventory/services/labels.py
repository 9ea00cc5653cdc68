"""Labels to print and stick onto a box."""

from __future__ import annotations

from xml.sax.saxutils import escape

import segno
from barcode.codex import Code128

WIDTH, HEIGHT = 360, 160
BARS_TOP, BARS_HEIGHT = 92, 44


def label(number: int, name: str, size: str, sku: str) -> str:
    """Return a label of 90 by 40 mm as SVG: name, size, SKU, the number as Code 128 and as a QR code."""
    bars = Code128(str(number)).build()[0]
    unit = 220 / len(bars)
    lines = "".join(
        f'<rect x="{12 + index * unit:.2f}" y="{BARS_TOP}" width="{unit:.2f}" height="{BARS_HEIGHT}"/>'
        for index, bit in enumerate(bars)
        if bit == "1"
    )
    matrix = segno.make(f"SF{number}", micro=False, error="m").matrix
    cell = 100 / len(matrix)
    dots = "".join(
        f'<rect x="{248 + x * cell:.2f}" y="{12 + y * cell:.2f}" width="{cell:.2f}" height="{cell:.2f}"/>'
        for y, row in enumerate(matrix)
        for x, dark in enumerate(row)
        if dark
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="90mm" height="40mm" viewBox="0 0 {WIDTH} {HEIGHT}" '
        f'font-family="sans-serif"><rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>'
        f'<text x="12" y="28" font-size="15">{escape(name[:30])}</text>'
        f'<text x="12" y="58" font-size="26" font-weight="bold">{escape(size)}</text>'
        f'<text x="12" y="80" font-size="13">{escape(sku[:34])}</text>'
        f'{lines}<text x="12" y="152" font-size="13">#{number}</text>{dots}</svg>'
    )
