"""How exceptions become answers: one shape everywhere, problem details (RFC 9457) that also hold the documented envelope.

`{"type", "title", "status", "detail", "instance", "problem_id", "error": {"code", "message", "details", "timestamp",
"request_id"}}`, as `application/problem+json`.
"""

from __future__ import annotations

from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, OperationalError
from starlette.exceptions import HTTPException

from shared.error_handling.error_codes import STATUS, ErrorCode
from shared.error_handling.exceptions import SoleFlipException
from shared.logging.context import request_id

logger = structlog.get_logger(__name__)

CODES = {
    400: ErrorCode.INVALID_INPUT,
    401: ErrorCode.UNAUTHORIZED,
    403: ErrorCode.FORBIDDEN,
    404: ErrorCode.ENDPOINT_NOT_FOUND,
    413: ErrorCode.REQUEST_TOO_LARGE,
    429: ErrorCode.RATE_LIMIT_EXCEEDED,
}


def problem(
    path: str,
    status: int,
    code: str,
    message: str,
    details: dict[str, Any] | None = None,
    headers: dict[str, str] | None = None,
) -> JSONResponse:
    """Return an error's answer."""
    number = request_id.get()
    try:
        title = HTTPStatus(status).phrase
    except ValueError:
        title = "Error"
    body = {
        "type": "about:blank",
        "title": title,
        "status": status,
        "detail": message,
        "instance": path,
        "problem_id": number,
        "error": {
            "code": code,
            "message": message,
            "details": details or None,
            "timestamp": datetime.now(UTC).isoformat(),
            "request_id": number,
        },
    }
    return JSONResponse(body, status, headers, media_type="application/problem+json")


async def known(request: Request, error: Exception) -> JSONResponse:
    """Answer an exception that a service raised."""
    assert isinstance(error, SoleFlipException)  # noqa: S101 -- registered for this class only
    if error.status_code >= 500:
        logger.warning("request_failed", code=error.error_code, message=error.message)
    return problem(
        request.url.path, error.status_code, error.error_code, error.message, error.details, error.headers or None
    )


async def invalid(request: Request, error: Exception) -> JSONResponse:
    """Answer a request whose parameters or body do not fit: 422 with `field_errors`, nothing of what was sent repeated."""
    assert isinstance(error, RequestValidationError)  # noqa: S101 -- registered for this class only
    fields = {".".join(str(part) for part in each["loc"]): str(each["msg"]) for each in error.errors()}
    first = next(iter(fields.items()), ("request", "is not valid"))
    message = f"{first[0]}: {first[1]}" + (f" (and {len(fields) - 1} more)" if len(fields) > 1 else "")
    return problem(request.url.path, 422, ErrorCode.VALIDATION_ERROR, message, {"field_errors": fields})


async def http(request: Request, error: Exception) -> JSONResponse:
    """Answer what the framework refuses: unknown paths, methods, media types."""
    assert isinstance(error, HTTPException)  # noqa: S101 -- registered for this class only
    code = CODES.get(error.status_code, f"HTTP_{error.status_code}")
    return problem(
        request.url.path,
        error.status_code,
        code,
        str(error.detail),
        headers=dict(error.headers) if error.headers else None,
    )


async def database(request: Request, error: Exception) -> JSONResponse:
    """Answer what the database refused: a constraint is a conflict, a value out of range is the sender's, the rest ours."""
    assert isinstance(error, DBAPIError)  # noqa: S101 -- registered for this class only
    state = str(getattr(error.orig, "sqlstate", "") or "")
    if isinstance(error, IntegrityError):
        name = getattr(getattr(error.orig, "diag", None), "constraint_name", None) or "a rule of the database"
        code = ErrorCode.DUPLICATE_RESOURCE if state == "23505" else ErrorCode.BUSINESS_RULE_VIOLATION
        logger.info("constraint_refused", constraint=name, sqlstate=state)
        return problem(request.url.path, 409, code, f"This contradicts what is stored ({name})", {"constraint": name})
    if state.startswith("22") or isinstance(error, DataError):  # the driver refuses a NUL before the database sees it
        logger.info("value_refused", sqlstate=state)
        return problem(
            request.url.path, 422, ErrorCode.INVALID_INPUT, "A value is too long, too large or not of its kind"
        )
    logger.error("database_error", sqlstate=state, exc_info=error)
    if isinstance(error, OperationalError):
        message = "The database does not answer; try again in a moment"
        return problem(request.url.path, 503, ErrorCode.SERVICE_UNAVAILABLE, message, headers={"Retry-After": "5"})
    return problem(request.url.path, 500, ErrorCode.DATABASE_ERROR, "The database refused this; it is in the log")


def unexpected(path: str) -> JSONResponse:
    """Answer what nobody foresaw; the middleware has logged it."""
    message = "Something broke on our side; it is in the log under this problem_id"
    return problem(path, STATUS[ErrorCode.INTERNAL_SERVER_ERROR], ErrorCode.INTERNAL_SERVER_ERROR, message)


def install(app: FastAPI) -> None:
    """Register every handler."""
    app.add_exception_handler(SoleFlipException, known)
    app.add_exception_handler(RequestValidationError, invalid)
    app.add_exception_handler(HTTPException, http)
    app.add_exception_handler(DBAPIError, database)
