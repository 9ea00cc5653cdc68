"""Finds the routers of the domains: `domains/<name>/api/<module>.py` with `router`, whose prefix is its own
(so that metrics know a route by its whole path).

A module is a room of its own: who adds one need not edit a list that others edit too.
"""

from __future__ import annotations

import importlib
import pkgutil

from fastapi import APIRouter, FastAPI
from fastapi.routing import APIRoute

import domains
from shared.api import idempotency


def router_modules() -> list[str]:
    """Return the names of all modules in the domains' api rooms, sorted."""
    found = []
    for domain in pkgutil.iter_modules(domains.__path__):
        room = importlib.import_module(f"domains.{domain.name}.api")
        found += [f"{room.__name__}.{module.name}" for module in pkgutil.iter_modules(room.__path__)]
    return sorted(found)


def include_domains(app: FastAPI) -> None:
    """Mount every domain's routers; event handlers are subscribed by importing `domains.<name>.events.handlers`."""
    for name in router_modules():
        module = importlib.import_module(name)
        router = getattr(module, "router", None)
        if isinstance(router, APIRouter):
            include(app, router)


def include(app: FastAPI, router: APIRouter) -> None:
    """Mount a router; its POSTs keep their answers for an `Idempotency-Key`."""
    for route in router.routes:
        if isinstance(route, APIRoute) and idempotency.takes_keys(route):
            idempotency.keep_answers(route)
    app.include_router(router)


def subscribe_handlers() -> None:
    """Import every domain's event handlers, which subscribe themselves to the bus."""
    for domain in pkgutil.iter_modules(domains.__path__):
        room = importlib.import_module(f"domains.{domain.name}.events")
        if any(module.name == "handlers" for module in pkgutil.iter_modules(room.__path__)):
            importlib.import_module(f"{room.__name__}.handlers")


def load_jobs() -> None:
    """Import every domain's services, whose jobs register themselves."""
    for domain in pkgutil.iter_modules(domains.__path__):
        room = importlib.import_module(f"domains.{domain.name}.services")
        for module in pkgutil.iter_modules(room.__path__):
            importlib.import_module(f"{room.__name__}.{module.name}")
