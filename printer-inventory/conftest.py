"""The suite's database: migrated once, then copied for every test process and for later runs; each test's language."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from localservices.templates import Template, locked_template


@pytest.fixture(autouse=True)
def language_of_nobody(django_test_environment: None) -> None:
    """Begin every test as a new process does: a request in Russian leaves its thread speaking Russian until the next one."""
    from django.utils import translation

    translation.deactivate()


@pytest.fixture(scope="session")
def migrated(django_test_environment: None) -> Iterator[tuple[Template, ExitStack]]:
    """Yield the template and what holds its lock; who finds none makes it, and the others wait for that."""
    from django.apps import apps
    from django.conf import settings

    folders = [Path(app.path) / "migrations" for app in apps.get_app_configs()]
    with ExitStack() as held:
        template = held.enter_context(locked_template(settings.DATABASES["default"], "printers", folders))
        yield template, held


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings: None, migrated: tuple[Template, ExitStack]) -> None:
    """Let Django copy the template where there is one; `migrate` then finds nothing to do."""
    from django.db import connections

    template, _held = migrated
    if template.exists():
        connections["default"].settings_dict["TEST"]["TEMPLATE"] = template.name


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, migrated: tuple[Template, ExitStack], django_db_blocker: Any) -> None:
    """Keep what was migrated, for the next."""
    from django.db import connections

    template, held = migrated
    if not template.exists():
        with django_db_blocker.unblock():
            connections["default"].close()
        template.keep(connections["default"].settings_dict["NAME"])
    held.close()
