"""SoleFlip's house rules that no linter knows."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
COMMITS = ROOT / "shared" / "database" / "connection.py"
QUERIES = {"select", "insert", "update", "delete", "text"}
PUBLIC = {
    ("POST", "/auth/login"),
    ("POST", "/auth/refresh"),
    ("POST", "/auth/register"),
    ("GET", "/health"),
    ("GET", "/health/ready"),
    ("GET", "/health/live"),
    ("GET", "/metrics"),
    ("GET", "/api/v1/integration/stockx/callback"),
}
"""Operations that anybody may ask for; each checks what it has to by itself."""


def sources() -> Iterator[tuple[Path, ast.Module]]:
    for room in ("domains", "shared", "cli"):
        for path in sorted((ROOT / room).rglob("*.py")):
            yield path, ast.parse(path.read_text(encoding="utf-8"))


def test_one_place_commits() -> None:
    found = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path, tree in sources()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "commit"
        if path != COMMITS
    ]
    assert not found


def test_services_and_routes_write_no_query() -> None:
    found = []
    for path, tree in sources():
        if not {"api", "services", "events"} & set(path.relative_to(ROOT).parts[2:-1]) and path.parts[-3:-1] != (
            "shared",
            "api",
        ):
            continue
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("sqlalchemy"):
                found += [f"{path}:{node.lineno} {each.name}" for each in node.names if each.name in QUERIES]
    assert not found


@pytest.mark.parametrize(
    "domain", sorted(path.name for path in (ROOT / "domains").iterdir() if path.is_dir() and path.name[0] != "_")
)
def test_every_domain_has_the_same_rooms(domain: str) -> None:
    rooms = {path.name for path in (ROOT / "domains" / domain).iterdir() if (path / "__init__.py").exists()}
    assert rooms >= {"api", "services", "repositories", "events"}
