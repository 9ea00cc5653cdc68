"""The API's reference as a page: read from the OpenAPI document, drawn here, without a script or an address elsewhere."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import face
from fastapi import APIRouter, FastAPI, Request
from fastapi.responses import HTMLResponse
from starlette.staticfiles import StaticFiles

from shared.config.settings import VERSION
from shared.web.pages import templates

METHODS: Final = ("get", "post", "put", "patch", "delete")


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation of the document; `needs` says whether somebody must have signed in."""

    method: str
    path: str
    text: str
    needs: bool
    parameters: tuple[str, ...]


def operations_of(document: dict[str, Any]) -> dict[str, list[Operation]]:
    """Return the operations of an OpenAPI 3.1 document by their first tag, in the document's order."""
    groups: dict[str, list[Operation]] = {}
    for path, verbs in document["paths"].items():
        for method in METHODS:
            if (found := verbs.get(method)) is None:
                continue
            words = str(found.get("description") or found.get("summary") or "").split("\n", 1)[0]
            names = tuple(one["name"] for one in found.get("parameters", ()) if "name" in one)
            operation = Operation(method.upper(), path, words, bool(found.get("security")), names)
            groups.setdefault(str(next(iter(found.get("tags", ())), "other")), []).append(operation)
    return groups


def install(app: FastAPI) -> None:
    """Serve the house's look under `/static/`, and the reference at `/docs` and `/redoc` where the document is served."""
    app.mount("/static", StaticFiles(directory=face.static_dir()), name="static")
    router = APIRouter(include_in_schema=False)

    @router.get("/docs")
    @router.get("/redoc")
    async def reference(request: Request) -> HTMLResponse:
        """Every operation that is served."""
        groups = operations_of(request.app.openapi())
        page = (
            templates(request, None)
            .get_template("reference.html")
            .render(
                title=request.app.title,
                summary=request.app.summary,
                version=VERSION,
                groups=groups,
                count=sum(map(len, groups.values())),
                styles=[face.vendored_path("bootstrap.css"), face.vendored_path("icons.css"), *face.STYLES],
                boot=face.BOOT_SCRIPT,
            )
        )
        return HTMLResponse(page)

    if app.openapi_url is not None:
        app.include_router(router)
