"""Pages drawn here with the house's look: who looks at them, the frame around them, how amounts and days are written."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Final

import face
from fastapi import Depends, Request
from fastapi.responses import HTMLResponse, RedirectResponse
from jinja2 import Environment, FileSystemLoader

from shared.api.dependencies import SessionDep, SettingsDep, get_principal
from shared.auth.principal import Principal
from shared.error_handling.exceptions import AuthenticationException, ForbiddenException
from shared.web.words import WORDS

SECTIONS: Final = (
    ("/", "speedometer2", "Dashboard"),
    ("/inventory", "box-seam", "Inventory"),
    ("/listings", "tags", "Listings"),
    ("/orders", "receipt", "Orders"),
    ("/pricing", "currency-euro", "Pricing"),
    ("/opportunities", "lightning-charge", "Deals"),
    ("/forecasts", "graph-up", "Forecasts"),
    ("/money", "cash-stack", "Money"),
    ("/suppliers", "shop", "Suppliers"),
    ("/consignors", "people", "Consignors"),
    ("/imports", "upload", "Imports"),
    ("/settings", "gear", "Settings"),
    ("/docs", "code-slash", "API"),
)
STATES: Final = {
    "queued": "hourglass-split", "running": "arrow-repeat", "done": "check-circle", "failed": "x-circle",
    "stopped": "stop-circle", "lost": "question-circle",
}  # fmt: skip
"""The house's job words with their icons."""


def _money(value: Decimal | None, currency: str = "EUR") -> str:
    """Write an amount for people: 1,234.50 €; a dash for none."""
    if value is None:
        return "–"
    return f"{value:,.2f}\u00a0{'€' if currency == 'EUR' else currency}"


def _day(value: date | datetime | None) -> str:
    return f"{value:%d %b %Y}" if value else "–"


def _moment(value: datetime | None) -> str:
    return f"{value:%d %b %Y %H:%M} UTC" if value else "never"


_environment = Environment(loader=FileSystemLoader(Path(__file__).parent / "templates"), autoescape=True)
_environment.filters |= {
    "money": _money,
    "day": _day,
    "moment": _moment,
    "words": lambda text: str(text or "–").replace("_", " "),
}


async def looking(request: Request, session: SessionDep, settings: SettingsDep) -> Principal | None:
    """Return who looks at a page, None when nobody has signed in."""
    try:
        found = await get_principal(request, session, settings)
    except AuthenticationException:
        return None
    if found.must_change_password:
        raise ForbiddenException("Change your password first (POST /auth/change-password)")
    return found


Looking = Annotated[Principal | None, Depends(looking, scope="function")]


def to_login() -> RedirectResponse:
    """Send somebody to sign in."""
    return RedirectResponse("/login", 303)


def render(
    request: Request, template: str, principal: Principal | None, status: int = 200, **context: Any
) -> HTMLResponse:
    """Draw a page."""
    page = _environment.get_template(template).render(
        principal=principal,
        path=request.url.path,
        sections=SECTIONS,
        states=STATES,
        styles=[face.vendored_path("bootstrap.css"), face.vendored_path("icons.css"), *face.STYLES],
        scripts=[face.vendored_path("bootstrap.js"), *face.SCRIPTS],
        line_scripts=[face.vendored_path("uplot.js"), "face/js/charts.js"],
        line_style=face.vendored_path("uplot.css"),
        words=WORDS,
        chart_scripts=[face.vendored_path("chart.js"), "face/js/charts.js"],
        boot=face.BOOT_SCRIPT,
        **context,
    )
    return HTMLResponse(page, status)
