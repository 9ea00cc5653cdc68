"""Pages: files in, with their rows looked through before anything changes; settings with the connection to StockX."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, File, Form, Query, Request, UploadFile
from fastapi.responses import RedirectResponse, Response

from domains.integration.api.stockx import callback_uri
from domains.integration.repositories.import_repository import ImportRepository
from domains.integration.services.import_service import ImportService
from domains.integration.services.profiles import PROFILES
from domains.integration.services.stockx_service import StockXService
from shared.api.dependencies import DatabaseDep, SettingsDep
from shared.auth.principal import Need, Principal
from shared.database.words import RowVerdict
from shared.error_handling.exceptions import SoleFlipException
from shared.repositories.jobs import JobRepository
from shared.repositories.sync_state import SyncStates
from shared.translation import gettext_noop as _
from shared.web.pages import Looking, render, to_login

router = APIRouter(include_in_schema=False)
SHOWN = 100
SYNCS = ("orders.sync_stockx", "inventory.sync_listings")
OUTCOMES = {
    "connected": _("StockX is connected."),
    "failed": _("StockX was not connected; begin again, and check the credentials if it happens twice."),
    "asked": _("A worker pulls orders and listings; look again in a moment."),
    "refused": _("You did not accept at StockX; nothing was connected."),
}


@router.get("/imports")
async def imports(request: Request, looking: Looking, database: DatabaseDep) -> Response:
    """What was uploaded, and the form."""
    return to_login() if looking is None else await _imports(request, looking, database)


async def _imports(
    request: Request, looking: Principal, database: DatabaseDep, status: int = 200, **more: Any
) -> Response:
    async with database.reading() as session:
        batches = await ImportRepository(session).latest(50)
    return render(request, "imports.html", looking, status, batches=batches, may_write=looking.may(Need.WRITE), **more)


@router.post("/imports")
async def upload(
    request: Request, looking: Looking, database: DatabaseDep, file: Annotated[UploadFile, File()]
) -> Response:
    """Read a file and judge its rows."""
    if looking is None:
        return to_login()
    looking.require(Need.WRITE)
    try:
        batch = await ImportService(database).stage(looking, file.file, file.filename or "file")
    except SoleFlipException as error:
        return await _imports(request, looking, database, error.status_code, message=error.message)
    return RedirectResponse(f"/imports/{batch.id}", 303)


@router.get("/imports/{batch_id}")
async def one_import(request: Request, batch_id: uuid.UUID, looking: Looking, database: DatabaseDep) -> Response:
    """A file's rows by verdict; those with errors can be mended here."""
    return to_login() if looking is None else await _one(request, batch_id, looking, database)


async def _one(
    request: Request, batch_id: uuid.UUID, looking: Principal, database: DatabaseDep, **more: Any
) -> Response:
    batch = await ImportService(database).get(batch_id)
    async with database.reading() as session:
        found = ImportRepository(session)
        rows = [
            *await found.rows(batch_id, RowVerdict.ERROR, 0, SHOWN),
            *await found.rows(batch_id, RowVerdict.CONFLICT, 0, SHOWN),
        ]
    needed = PROFILES[batch.profile].required if batch.profile in PROFILES else ()
    return render(
        request,
        "import.html",
        looking,
        batch=batch,
        rows=rows,
        needed=needed,
        may_write=looking.may(Need.WRITE),
        **more,
    )


@router.post("/imports/{batch_id}/apply")
async def apply(batch_id: uuid.UUID, looking: Looking, database: DatabaseDep) -> Response:
    """Let a worker apply what is good."""
    if looking is None:
        return to_login()
    looking.require(Need.WRITE)
    await ImportService(database).ask_apply(looking, batch_id)
    return RedirectResponse(f"/imports/{batch_id}", 303)


@router.post("/imports/{batch_id}/rows/{row_number}")
async def mend(
    request: Request,
    batch_id: uuid.UUID,
    row_number: int,
    looking: Looking,
    database: DatabaseDep,
    column: Annotated[str, Form(max_length=100)],
    value: Annotated[str, Form(max_length=1000)],
) -> Response:
    """Mend a cell of a row."""
    if looking is None:
        return to_login()
    looking.require(Need.WRITE)
    found = await ImportService(database).mend(looking, batch_id, row_number, {column: value})
    if found["problems"]:
        return await _one(
            request, batch_id, looking, database, message=f"Row {row_number}: {'; '.join(found['problems'])}"
        )
    return RedirectResponse(f"/imports/{batch_id}", 303)


@router.get("/settings")
async def settings_page(
    request: Request,
    looking: Looking,
    database: DatabaseDep,
    settings: SettingsDep,
    stockx: Annotated[str | None, Query(max_length=20)] = None,
) -> Response:
    """How StockX is connected."""
    if looking is None:
        return to_login()
    return await _settings(request, looking, database, settings, message=OUTCOMES.get(stockx or ""))


async def _settings(
    request: Request, looking: Principal, database: DatabaseDep, settings: SettingsDep, **more: Any
) -> Response:
    service = StockXService(settings, database)
    stored = {row["key"]: row["has_value"] for row in await service.credentials()}
    async with database.reading() as session:
        syncs = [row for _, row in sorted((await SyncStates(session).all()).items())]
    return render(
        request, "settings.html", looking, 200, connection=await service.status(datetime.now(UTC)), stored=stored,
        callback=callback_uri(settings.base_url), may_admin=looking.may(Need.ADMIN),
        may_write=looking.may(Need.WRITE), syncs=syncs, **more,
    )  # fmt: skip


@router.post("/settings/stockx")
async def connect(request: Request, looking: Looking, database: DatabaseDep, settings: SettingsDep) -> Response:
    """Begin the sign-in at StockX."""
    if looking is None:
        return to_login()
    looking.require(Need.ADMIN)
    try:
        url = await StockXService(settings, database).session.authorize_url(
            looking.user_id, callback_uri(settings.base_url)
        )
    except SoleFlipException as error:
        return await _settings(request, looking, database, settings, message=error.message)
    return await _settings(request, looking, database, settings, authorize_url=url)


@router.post("/settings/sync")
async def sync_now(looking: Looking, database: DatabaseDep) -> Response:
    """Pull StockX's orders and listings in a worker."""
    if looking is None:
        return to_login()
    looking.require(Need.WRITE)
    async with database.unit() as session:
        for kind in SYNCS:
            await JobRepository(session).ask_once(kind, {}, looking.user_id)
    return RedirectResponse("/settings?stockx=asked", 303)


@router.post("/settings/credentials")
async def credentials(
    looking: Looking,
    database: DatabaseDep,
    settings: SettingsDep,
    client_id: Annotated[str, Form(max_length=200)] = "",
    client_secret: Annotated[str, Form(max_length=500)] = "",
    api_key: Annotated[str, Form(max_length=500)] = "",
) -> Response:
    """Store what was typed; empty fields stay as they are."""
    if looking is None:
        return to_login()
    looking.require(Need.ADMIN)
    told = {"stockx_client_id": client_id, "stockx_client_secret": client_secret, "stockx_api_key": api_key}
    await StockXService(settings, database).keep_credentials(
        looking, {name: value for name, value in told.items() if value}
    )
    return RedirectResponse("/settings", 303)
