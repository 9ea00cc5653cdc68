"""The suite's database: migrated once, then copied for every test process and for later runs, on either database."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from localservices.templates import FileTemplate, Template, locked_file_template, locked_template
from localservices.testing import find_root

Held = tuple[Template | FileTemplate, ExitStack]


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """On PostgreSQL run what asks a database; the rest has been run already and would say the same."""
    if os.environ.get("ART_TEST_DATABASE") != "postgres":
        return
    asking = [item for item in items if _asks_a_database(item)]
    config.hook.pytest_deselected(items=[item for item in items if item not in set(asking)])
    items[:] = asking


def _asks_a_database(item: pytest.Item) -> bool:
    from django.test import TransactionTestCase

    found = getattr(item, "cls", None)
    if isinstance(found, type) and issubclass(found, TransactionTestCase):
        return True
    names = set(getattr(item, "fixturenames", ()))
    return bool(names & {"db", "transactional_db"}) or item.get_closest_marker("django_db") is not None


@pytest.fixture(scope="session")
def migrated(django_test_environment: None) -> Iterator[Held]:
    """Yield the template and what holds its lock; who finds none makes it, and the others wait for that."""
    from django.apps import apps
    from django.conf import settings

    folders = [Path(app.path) / "migrations" for app in apps.get_app_configs()]
    database = settings.DATABASES["default"]
    template: Template | FileTemplate
    with ExitStack() as held:
        if database["ENGINE"].endswith("sqlite3"):
            root = find_root(Path(__file__).resolve().parent)
            template = held.enter_context(locked_file_template(root, "art", folders))
        else:
            template = held.enter_context(locked_template(database, "art", folders))
        yield template, held


@pytest.fixture(scope="session")
def django_db_keepdb(django_db_keepdb: bool, migrated: Held) -> bool:
    """Let Django use the file that lies there already, instead of emptying it."""
    template, _held = migrated
    return django_db_keepdb or (isinstance(template, FileTemplate) and template.exists())


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings: None, migrated: Held) -> None:
    """Copy the template where there is one, or let Django copy it; `migrate` then finds nothing to do."""
    from django.db import connections

    template, _held = migrated
    asked = connections["default"].settings_dict["TEST"]
    if not template.exists():
        return
    if isinstance(template, Template):
        asked["TEMPLATE"] = template.name
    else:
        template.copy_to(Path(asked["NAME"]))


@pytest.fixture(scope="session")
def django_db_setup(
    django_db_setup: None, django_db_keepdb: bool, migrated: Held, django_db_blocker: Any
) -> Iterator[None]:
    """Keep what was migrated, for the next; leave no copy behind."""
    from django.db import connections

    template, held = migrated
    name = connections["default"].settings_dict["NAME"]
    if not template.exists():
        with django_db_blocker.unblock():
            connections["default"].close()
        if isinstance(template, Template):
            template.keep(name)
        else:
            template.keep(Path(name))
    held.close()
    yield
    if isinstance(template, FileTemplate) and django_db_keepdb:
        with django_db_blocker.unblock():
            connections["default"].close()
        for ending in ("", "-wal", "-shm"):
            Path(name + ending).unlink(missing_ok=True)
