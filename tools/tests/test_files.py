"""Secrets, links, locks, `.env.example` and contracts: each check is shown failing on a bad input."""

from __future__ import annotations

import secrets
import string
import subprocess
from pathlib import Path

import pytest

from housecheck.contracts import check_contracts_cover
from housecheck.environment import check_environment
from housecheck.links import check_links
from housecheck.locks import check_locks
from housecheck.outcome import files
from housecheck.secrets import check_private_keys, check_secrets

from .conftest import Put

# Put together here, so that this file itself holds none.
KEY = "-----BEGIN {}PRIVATE " + "KEY-----"
RANDOM = "".join(secrets.choice(string.ascii_letters + string.digits) for _ in range(30)) + "a1"


@pytest.mark.parametrize("kind", ["", "RSA ", "EC ", "OPENSSH ", "ENCRYPTED "])
def test_a_private_key_is_refused_even_in_tests(kind: str, house: Path, put: Put) -> None:
    put("shop/tests/key.pem", f"x\n{KEY.format(kind)}\n")
    assert check_private_keys(house).problems == [
        "shop/tests/key.pem:2: a private key; remove it, and replace the key pair"
    ]


@pytest.mark.parametrize(
    "line",
    [
        "AK" + "IA" + "ABCDEFGHIJKLMNOP",
        "url = 'gh" + "p_" + "a1" * 20 + "'",
        "https://hooks." + "slack.com/services/T12345678/B12345678/abcdefghijklmnop1234",
        "xox" + "b-" + "123456789012-abcdefghijkl",
        f"PASSWORD = '{RANDOM}'",
        f'"api_key": "{RANDOM}"',
        f"SECRET_KEY={RANDOM}",
        f"client_secret: {RANDOM}",
    ],
)
def test_a_secret_is_refused(line: str, house: Path, put: Put) -> None:
    put("shop/a.txt", f"first\n{line}\n")
    problems = check_secrets(house).problems
    assert len(problems) == 1
    assert problems[0].startswith("shop/a.txt:2: ")
    assert RANDOM not in problems[0]


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("shop/a.py", "password = env.str('DB_PASSWORD', default='')"),
        ("shop/a.py", "SECRET_KEY = 'for-development-only'"),
        ("shop/a.py", "token = secrets.token_urlsafe(32)"),
        ("shop/a.yml", "password: ${DB_PASSWORD_OF_KEYCLOAK_1}"),
        ("shop/.env.example", f"SECRET_KEY={RANDOM}"),
        ("shop/tests/test_a.py", f"password = '{RANDOM}'"),
    ],
)
def test_what_is_no_secret_passes(name: str, line: str, house: Path, put: Put) -> None:
    put(name, line)
    assert check_secrets(house).problems == []


def test_ignored_files_are_not_looked_at_and_untracked_ones_are(house: Path, put: Put) -> None:
    put(".gitignore", ".env\n")
    put(".env", KEY.format(""))
    put("new.txt", KEY.format(""))
    assert house / ".env" not in files(house)
    assert len(check_private_keys(house).problems) == 1


def test_links_have_to_lead_somewhere(house: Path, put: Put) -> None:
    put("docs/b.md", "# The house, again\n```\n# no heading\n```\n")
    put(
        "docs/a.md",
        "[ok](b.md) [ok](b.md#the-house-again) [ok](../shop/manage.py) [ok](https://x.example/none)\n"
        "[gone](c.md)\n![gone](p.webp)\n[gone](b.md#no-heading)\n[out](../../secret)\n`[code](none.md)`\n"
        '<img src="none.webp">\n',
    )
    assert check_links(house).problems == [
        "docs/a.md:2: link to c.md: nothing is there",
        "docs/a.md:3: link to p.webp: nothing is there",
        "docs/a.md:4: link to b.md#no-heading: no such heading",
        "docs/a.md:5: link to ../../secret: it leads out of the repository",
        "docs/a.md:7: link to none.webp: nothing is there",
    ]


def test_the_environment_example_is_compared_both_ways(house: Path, put: Put) -> None:
    put(
        "shop/settings.py",
        "A = env('A')\nB = env.int('B', default=1)\nimport os\nC = os.environ['C']\nD = os.getenv('D')\n",
    )
    put("shop/tests/test_a.py", "env('ONLY_IN_TESTS')\n")
    put("shop/.env.example", "A=1\n# B=2\n#C=\nOLD=1\n")
    assert check_environment(house).problems == [
        "shop/.env.example:1: D is read in shop/settings.py but not listed",
        "shop/.env.example:1: OLD is listed but nothing reads it",
    ]


def test_an_environment_example_has_to_exist_when_something_is_read(house: Path, put: Put) -> None:
    assert check_environment(house).problems == []
    put("shop/settings.py", "A = env.str('A')\n")
    assert check_environment(house).problems == ["shop/.env.example:1: is missing, but 1 variables are read"]


LOCK = "# Written\ndjango==5.2.1 ; python_version >= '3.11' \\\n    --hash=sha256:aa \\\n    --hash=sha256:bb\n"
MEMBER = '[project]\nname = "shop"\ndependencies = ["Django>=5", "face"]\n[tool.uv]\npackage = false\n'


@pytest.fixture
def locked(house: Path, put: Put) -> Path:
    put("locks/all.txt", LOCK)
    put("packages/face/pyproject.toml", '[project]\nname = "face"\n')
    put("shop/pyproject.toml", MEMBER)
    put("shop/requirements.txt", "-e ../packages/face\ndjango==5.2.1\n")
    return house


def test_good_locks_pass(locked: Path) -> None:
    assert check_locks(locked).problems == []


@pytest.mark.parametrize(
    ("name", "text", "problem"),
    [
        ("locks/uv.txt", "uv==1\n", "locks/uv.txt:1: has no hash"),
        ("locks/uv.txt", "uv>=1 --hash=sha256:aa\n", "locks/uv.txt:1: is not pinned"),
        ("locks/uv.txt", "uv @ https://x.example/uv.whl --hash=sha256:aa\n", "locks/uv.txt:1: holds an address"),
        ("locks/uv.txt", "--index-url https://x.example\n", "locks/uv.txt:1: holds an address"),
        ("shop/requirements.txt", "-e ../packages/face\ndjango==5.2.0\n", "django differs"),
        ("shop/requirements.txt", "-e ../packages/face\n", "django is missing"),
        ("shop/requirements.txt", "django==5.2.1\n", "our package face is missing"),
        ("shop/pyproject.toml", MEMBER.replace("face", 'face", "lxml>=6'), "lxml is not in locks/all.txt"),
    ],
)
def test_bad_locks_are_refused(name: str, text: str, problem: str, locked: Path, put: Put) -> None:
    put(name, text)
    assert problem in "\n".join(check_locks(locked).problems)


def test_a_tracked_uv_lock_is_refused(locked: Path, put: Put) -> None:
    put("uv.lock", "x")
    assert check_locks(locked).problems == []
    subprocess.run(["git", "add", "uv.lock"], cwd=locked, check=True)
    assert check_locks(locked).problems == ["uv.lock:1: spells out addresses; keep it out of git"]


def test_every_package_and_app_has_to_be_under_contract(house: Path, put: Put) -> None:
    put(".importlinter", "[importlinter]\nroot_packages =\n    face\n    gone\n    orders\n")
    put("packages/face/src/face/__init__.py", "")
    put("packages/new/src/new/__init__.py", "")
    put("shop/orders/__init__.py", "")
    put("shop/billing/__init__.py", "")
    assert [problem.split(" ")[1] for problem in check_contracts_cover(house).problems] == ["billing", "new", "gone"]
