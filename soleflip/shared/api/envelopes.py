"""The shapes of answers: one thing, a page of things, a bulk action."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Generic, TypeVar

from pydantic import BaseModel, Field

from shared.logging.context import request_id

T = TypeVar("T")


def _now() -> datetime:
    return datetime.now(UTC)


def current_id() -> str:
    """Return the id of the request under way."""
    return request_id.get()


class Envelope(BaseModel):
    """What every answer carries."""

    timestamp: datetime = Field(default_factory=_now)
    request_id: str = Field(default_factory=current_id)


class Success(Envelope, Generic[T]):
    """An action that was done."""

    success: bool = True
    message: str = ""
    data: T | None = None


class Pagination(BaseModel):
    """Where a page stands; `next_cursor` leads to the next one at the same cost."""

    skip: int
    limit: int
    total: int
    has_more: bool
    page: int
    total_pages: int
    next_cursor: str | None = None


class Paginated(Envelope, Generic[T]):
    """A page of a list."""

    items: list[T]
    pagination: Pagination
    filters: dict[str, Any] = Field(default_factory=dict)


class BulkResult(Envelope):
    """An action on many things, with what went wrong."""

    operation: str
    total_items: int
    successful_items: int
    failed_items: int
    errors: list[dict[str, Any]] = Field(default_factory=list)
    processing_time_seconds: float = 0


class SyncResult(Envelope):
    """A synchronisation with somebody else's service."""

    operation: str
    service_name: str
    items_synced: int = 0
    items_created: int = 0
    items_updated: int = 0
    items_skipped: int = 0
    sync_duration_seconds: float = 0
    last_sync_timestamp: datetime | None = None
    next_sync_timestamp: datetime | None = None


def pagination(skip: int, limit: int, total: int, shown: int, next_cursor: str | None = None) -> Pagination:
    """Return where a page stands."""
    return Pagination(
        skip=skip,
        limit=limit,
        total=total,
        has_more=next_cursor is not None or skip + shown < total,
        page=skip // limit + 1,
        total_pages=-(-total // limit),
        next_cursor=next_cursor,
    )


def paginated(items: Sequence[T], place: Pagination, filters: dict[str, Any] | None = None) -> Paginated[T]:
    """Return a page's answer."""
    return Paginated(items=list(items), pagination=place, filters=filters or {})
