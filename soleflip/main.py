"""SoleFlip's application: `uvicorn main:app`."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import structlog
from fastapi import FastAPI
from redis.asyncio import Redis
from starlette.middleware.cors import CORSMiddleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.middleware.trustedhost import TrustedHostMiddleware

from shared.api import jobs, operations
from shared.api.limiting import Limiter
from shared.api.middleware import Frame
from shared.api.routing import include, include_domains
from shared.config.settings import VERSION, Settings, get_settings, unknown_names
from shared.database.connection import Database, create_database
from shared.database.migrating import migrate
from shared.error_handling import handlers
from shared.logging.setup import set_up
from shared.monitoring.health import Health
from shared.monitoring.metrics import Metrics
from shared.web import reference

logger = structlog.get_logger(__name__)


def create_app(settings: Settings | None = None) -> FastAPI:
    """Return the application. A `state.database` set before it starts is used as it is and not migrated."""
    settings = settings or get_settings()
    metrics = Metrics()

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        set_up(settings)
        for name in unknown_names():
            logger.warning("unknown_setting", variable=name)
        given: Database | None = getattr(app.state, "database", None)
        if given is None and settings.auto_migrate:
            await asyncio.to_thread(migrate, settings)
        app.state.database = given or create_database(settings)
        app.state.redis = Redis.from_url(settings.redis_address) if settings.redis_enabled else None
        app.state.limiter = Limiter(settings)
        app.state.health = Health(settings, app.state.database, app.state.redis)
        yield
        await app.state.health.close()
        await app.state.limiter.close()
        if app.state.redis is not None:
            await app.state.redis.aclose()
        if given is None:
            await app.state.database.close()
            del app.state.database

    app = FastAPI(
        title=settings.api_title,
        version=VERSION,
        summary="A sneaker reseller's back office: stock, orders, prices, forecasts and taxes over every marketplace",
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        openapi_url="/openapi.json" if settings.api_docs and not settings.is_production else None,
    )
    app.state.settings = settings
    app.state.metrics = metrics
    handlers.install(app)
    app.include_router(operations.router)
    include(app, jobs.router)
    include_domains(app)
    reference.install(app)
    app.add_middleware(GZipMiddleware, minimum_size=1000, compresslevel=5)
    if settings.cors_origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=settings.cors_origins,
            allow_methods=settings.cors_methods,
            allow_headers=settings.cors_headers,
        )
    app.add_middleware(TrustedHostMiddleware, allowed_hosts=settings.allowed_hosts)
    app.add_middleware(Frame, metrics=metrics, max_bytes=settings.max_request_size, secure=settings.is_production)
    return app


app = create_app()
