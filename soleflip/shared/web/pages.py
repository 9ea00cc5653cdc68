"""Pages drawn here with the house's look: who looks at them, the frame around them, how amounts and days are written."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Final

import face
from fastapi import Depends, Request
from fastapi.responses import HTMLResponse, RedirectResponse
from jinja2 import Environment, FileSystemLoader

from shared.api.dependencies import SessionDep, SettingsDep, get_principal
from shared.auth.principal import Principal
from shared.error_handling.exceptions import AuthenticationException, ForbiddenException
from shared.rules import changing_hands, field_problems, history_reasons
from shared.rules.import_problems import recognised
from shared.translation import AUTOMATIC, LANGUAGES, Speech, choose, phrase, speech
from shared.translation import gettext_noop as _
from shared.web.words import CHANGES, WORDS

SECTIONS: Final = (
    ("/", "speedometer2", _("Dashboard")),
    ("/inventory", "box-seam", _("Inventory")),
    ("/listings", "tags", _("Listings")),
    ("/orders", "receipt", _("Orders")),
    ("/pricing", "currency-euro", _("Pricing")),
    ("/opportunities", "lightning-charge", _("Deals")),
    ("/forecasts", "graph-up", _("Forecasts")),
    ("/money", "cash-stack", _("Money")),
    ("/suppliers", "shop", _("Suppliers")),
    ("/consignors", "people", _("Consignors")),
    ("/imports", "upload", _("Imports")),
    ("/settings", "gear", _("Settings")),
    ("/docs", "code-slash", _("API")),
)
STATES: Final = {
    "queued": "hourglass-split", "running": "arrow-repeat", "done": "check-circle", "failed": "x-circle",
    "stopped": "stop-circle", "lost": "question-circle",
}  # fmt: skip
"""The house's job words with their icons."""


def _environment(language: str) -> Environment:
    """Return the templates in a language: texts are looked up in its catalog, numbers and days written as it does."""
    said = speech(language)
    made = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"), autoescape=True, extensions=["jinja2.ext.i18n"]
    )
    made.install_gettext_callables(said.gettext, said.ngettext, newstyle=False)  # type: ignore[attr-defined]  # the extension's
    made.globals |= {
        "_": said.gettext,
        "language": language,
        "languages": LANGUAGES,
        "speech": said,
        "words": {name: said.gettext(text) for name, text in WORDS.items()},
        "changes_of_listings": CHANGES,
    }
    made.filters |= said.filters | {
        "row_problem": lambda problem: said.gettext(recognised(problem)),
        "field_problem": lambda problem: said.gettext(field_problems.recognised(problem)),
        "reason": lambda reason: said.gettext(history_reasons.recognised(reason)) if reason else "",
        "line_text": lambda line: said.gettext(changing_hands.recognised(line.kind, line.text)),
    }
    return made


_environments: Final = {language: _environment(language) for language in LANGUAGES}


def language_of(request: Request, principal: Principal | None) -> str:
    """Return the language somebody gets: their setting, else their browser's."""
    told = principal.language if principal else AUTOMATIC
    return choose(told, request.headers.get("accept-language", ""))


def said(request: Request, principal: Principal | None) -> Speech:
    """Return the language somebody gets, for what a page's Python says (plots)."""
    return speech(language_of(request, principal))


def templates(request: Request, principal: Principal | None) -> Environment:
    """Return the templates in the language somebody gets."""
    return _environments[language_of(request, principal)]


async def looking(request: Request, session: SessionDep, settings: SettingsDep) -> Principal | None:
    """Return who looks at a page, None when nobody has signed in."""
    try:
        found = await get_principal(request, session, settings)
    except AuthenticationException:
        return None
    if found.must_change_password:
        raise ForbiddenException(phrase("Change your password first (POST /auth/change-password)"))
    return found


Looking = Annotated[Principal | None, Depends(looking, scope="function")]


def to_login() -> RedirectResponse:
    """Send somebody to sign in."""
    return RedirectResponse("/login", 303)


def render(
    request: Request, template: str, principal: Principal | None, status: int = 200, **context: Any
) -> HTMLResponse:
    """Draw a page."""
    page = (
        templates(request, principal)
        .get_template(template)
        .render(
            principal=principal,
            path=request.url.path,
            sections=SECTIONS,
            states=STATES,
            styles=[face.vendored_path("bootstrap.css"), face.vendored_path("icons.css"), *face.STYLES],
            scripts=[face.vendored_path("bootstrap.js"), *face.SCRIPTS],
            line_scripts=[face.vendored_path("uplot.js"), "face/js/charts.js"],
            line_style=face.vendored_path("uplot.css"),
            chart_scripts=[face.vendored_path("chart.js"), "face/js/charts.js"],
            boot=face.BOOT_SCRIPT,
            **context,
        )
    )
    return HTMLResponse(page, status)
