"""The house's own import contracts, on a small house of the same shape: every one of them can break."""

from __future__ import annotations

import configparser
import shutil
from pathlib import Path

import pytest

from housecheck.commands import check_imports

from .conftest import Put

ROOT = Path(__file__).resolve().parents[2]
CONTRACTS = configparser.ConfigParser()
CONTRACTS.read(ROOT / ".importlinter")
PACKAGES = {path.parent.name for path in ROOT.glob("packages/*/src/*/__init__.py")}
DOMAINS = CONTRACTS["importlinter:contract:soleflip-rooms"]["containers"].split()
ROOMS = ["services", "models", "views", "tests"]
NAMED = {
    name
    for section in CONTRACTS.sections()
    for key in ("source_modules", "forbidden_modules")
    for name in CONTRACTS[section].get(key, "").split()
    if "." in name
}
"""Rooms that a contract names: each has to be there."""

BAD = [
    ("packages/safehttp/src/safehttp/bad.py", "import inventory", "packages-know-no-system"),
    ("packages/standins/src/standins/bad.py", "import inventory.models", "packages-know-no-system"),
    ("packages/face/src/face/bad.py", "import django", "packages-without-framework"),
    ("packages/localservices/src/localservices/bad.py", "import celery", "packages-without-framework"),
    ("packages/standins/src/standins/bad.py", "import safehttp", "packages-apart"),
    ("packages/webshell/src/webshell/bad.py", "import localservices", "webshell-over-face"),
    ("house/inventory/services/bad.py", "import standins", "standins-in-tests-only"),
    ("house/access/bad.py", "import domains", "no-other-system"),
    ("house/eztaskmanager/bad.py", "import safehttp", "published-alone"),
    ("house/access/bad.py", "import inventory", "apps-downwards"),
    ("house/inventory/bad.py", "import contracts", "apps-downwards"),
    ("house/outbox/bad.py", "import contracts", "apps-downwards"),
    ("house/contracts/bad.py", "import dashboard", "apps-downwards"),
    ("house/inventory/bad.py", "import outbox", "apps-downwards"),
    ("house/inventory/models/bad.py", "import inventory.services", "rooms"),
    ("house/inventory/services/bad.py", "import inventory.views", "rooms"),
    ("house/inventory/polling/bad.py", "import inventory.services", "rooms"),
    ("house/inventory/rules/bad.py", "import django", "pure-rules"),
    ("house/outbox/rules/bad.py", "import django", "pure-rules"),
    ("house/dashboard/rules/bad.py", "import django", "pure-rules"),
    ("house/billing/rules/bad.py", "import django", "pure-rules"),
    ("house/monthly_report/bad.py", "import billing", "apps-downwards"),
    ("house/inventory/profiles/bad.py", "import inventory.models", "pure-rules"),
    ("house/inventory/glpi_server/bad.py", "import django", "pure-rules"),
    ("house/inventory/glpi_server/bad.py", "import inventory.services", "rooms"),
    ("house/main/services/bad.py", "import inventory", "art-factory-apart"),
    ("house/main/services/bad.py", "import main.production", "art-factory-rooms"),
    ("house/main/expansion/bad.py", "import main.models", "art-factory-pure"),
    ("house/domains/orders/repositories/bad.py", "import domains.orders.services", "soleflip-rooms"),
    ("house/domains/orders/services/bad.py", "import domains.pricing.services", "soleflip-domains-apart"),
    ("house/shared/api/bad.py", "import domains.orders", "soleflip-shared-below"),
    ("house/shared/rules/bad.py", "import sqlalchemy", "soleflip-pure-rules"),
    ("house/cli/bad.py", "import standins", "soleflip-no-other-system"),
]


@pytest.fixture
def small(house: Path, put: Put) -> Path:
    shutil.rmtree(house / "shop")
    shutil.copy(ROOT / ".importlinter", house)
    for package in PACKAGES:
        put(f"packages/{package}/src/{package}/__init__.py", "")
    put("house/manage.py", "")
    for app in set(CONTRACTS["importlinter"]["root_packages"].split()) - PACKAGES:
        put(f"house/{app}/__init__.py", "")
    for room in (*NAMED, *(f"inventory.{room}" for room in ROOMS)):
        put(f"house/{room.replace('.', '/')}/__init__.py", "")
    for domain in DOMAINS:
        for room in ("", "api/", "events/", "services/", "repositories/"):
            put(f"house/{domain.replace('.', '/')}/{room}__init__.py", "")
    for room in ("rules", "api", "auth", "config", "repositories"):
        put(f"house/shared/{room}/__init__.py", "")
    return house


def test_a_house_in_order_passes_and_its_tests_may_import_what_they_like(small: Path, put: Put) -> None:
    put("house/inventory/tests/test_a.py", "import standins\nimport localservices\nimport inventory.views\n")
    put("house/inventory/views/a.py", "import inventory.services\nimport inventory.models\n")
    put("packages/webshell/src/webshell/a.py", "import django\nimport face\n")
    assert check_imports(small).problems == []


@pytest.mark.parametrize(("name", "source", "contract"), BAD)
def test_a_wrong_import_breaks_its_contract(name: str, source: str, contract: str, small: Path, put: Put) -> None:
    put(name, f"{source}\n")
    printed = " ".join(" ".join(check_imports(small).problems).split())
    title = CONTRACTS[f"importlinter:contract:{contract}"]["name"]
    assert f"{title} BROKEN" in printed


def test_every_contract_is_shown_breaking() -> None:
    declared = {section.rpartition(":")[2] for section in CONTRACTS.sections() if ":contract:" in section}
    assert declared == {contract for _name, _source, contract in BAD}
