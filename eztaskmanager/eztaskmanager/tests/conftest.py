"""Fixtures: a site with real processes, on SQLite and on PostgreSQL."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from eztaskmanager.databases import sqlite
from eztaskmanager.tests.site import (
    Site,
    connected,
    migrate,
    postgres_database,
    postgres_settings,
    url_of,
)


@pytest.fixture(scope="session")
def sqlite_template(
    tmp_path_factory: pytest.TempPathFactory, django_db_blocker: Any
) -> Path:
    """A migrated SQLite file, to copy."""
    file = tmp_path_factory.mktemp("template") / "db.sqlite3"
    with django_db_blocker.unblock(), connected(sqlite(str(file))):
        migrate()
    return file


@pytest.fixture(scope="session")
def postgres_template(django_db_blocker: Any) -> Iterator[str]:
    """A migrated PostgreSQL database, to copy."""
    with django_db_blocker.unblock(), postgres_database() as name:
        with connected(postgres_settings(name)):
            migrate()
        yield name


@pytest.fixture
def sqlite_site(
    tmp_path: Path, sqlite_template: Path, django_db_blocker: Any
) -> Iterator[Site]:
    """A site on a SQLite file."""
    file = tmp_path / "db.sqlite3"
    shutil.copy(sqlite_template, file)
    settings = sqlite(str(file))
    with django_db_blocker.unblock(), connected(settings):
        site = Site(url_of(settings), tmp_path)
        yield site
        site.close()


@pytest.fixture
def postgres_site(
    tmp_path: Path, postgres_template: str, django_db_blocker: Any
) -> Iterator[Site]:
    """A site on PostgreSQL."""
    with django_db_blocker.unblock(), postgres_database(postgres_template) as name:
        settings = postgres_settings(name)
        with connected(settings):
            site = Site(url_of(settings), tmp_path)
            yield site
            site.close()


@pytest.fixture(scope="session")
def sqlite_worker(
    tmp_path_factory: pytest.TempPathFactory,
    sqlite_template: Path,
    django_db_blocker: Any,
) -> Iterator[tuple[Site, dict[str, Any]]]:
    """A SQLite site whose worker stays for all tests."""
    folder = tmp_path_factory.mktemp("site")
    shutil.copy(sqlite_template, folder / "db.sqlite3")
    yield from _with_worker(sqlite(str(folder / "db.sqlite3")), folder)


@pytest.fixture(scope="session")
def postgres_worker(
    tmp_path_factory: pytest.TempPathFactory,
    postgres_template: str,
    django_db_blocker: Any,
) -> Iterator[tuple[Site, dict[str, Any]]]:
    """A PostgreSQL site whose worker stays for all tests."""
    with django_db_blocker.unblock(), postgres_database(postgres_template) as name:
        folder = tmp_path_factory.mktemp("site")
        yield from _with_worker(postgres_settings(name), folder)


def _with_worker(
    settings: dict[str, Any], folder: Path
) -> Iterator[tuple[Site, dict[str, Any]]]:
    site = Site(url_of(settings), folder)
    site.worker()
    yield site, settings
    site.close()


@pytest.fixture
def busy_sqlite(
    sqlite_worker: tuple[Site, dict[str, Any]], django_db_blocker: Any
) -> Iterator[Site]:
    """SQLite with a worker that other tests use too."""
    with django_db_blocker.unblock(), connected(sqlite_worker[1]):
        yield sqlite_worker[0]


@pytest.fixture
def busy_postgres(
    postgres_worker: tuple[Site, dict[str, Any]], django_db_blocker: Any
) -> Iterator[Site]:
    """PostgreSQL with a worker that other tests use too."""
    with django_db_blocker.unblock(), connected(postgres_worker[1]):
        yield postgres_worker[0]


@pytest.fixture(params=["sqlite", "postgres"])
def busy_site(request: pytest.FixtureRequest) -> Site:
    """A site on each database, with a worker that other tests use too."""
    found: Site = request.getfixturevalue(f"busy_{request.param}")
    return found


@pytest.fixture(params=["sqlite", "postgres"])
def site(request: pytest.FixtureRequest) -> Site:
    """A site on each database."""
    found: Site = request.getfixturevalue(f"{request.param}_site")
    return found
