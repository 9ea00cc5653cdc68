"""The entry point, and the checks that are other programs, on small bad inputs."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import check
from housecheck import commands
from housecheck.outcome import Outcome

from .conftest import Put

RUFF = "[tool.ruff.lint]\nselect = ['F']\n"


def test_the_exit_code_counts_failures(house: Path, put: Put, capsys: pytest.CaptureFixture[str]) -> None:
    put("shop/a.py", "print('x')\n")
    assert check.run_checks(house, ["rules", "links"]) == 1
    printed = capsys.readouterr().out
    assert "FAIL  rules" in printed
    assert "shop/a.py:1: `print()` in a system" in printed
    assert "ok    links" in printed


def test_a_file_that_does_not_parse_is_a_failure(house: Path, put: Put, capsys: pytest.CaptureFixture[str]) -> None:
    put("shop/a.py", "def (:\n")
    assert check.run_checks(house, ["rules"]) == 1
    assert "invalid syntax" in capsys.readouterr().out


def test_names_are_listed_and_unknown_ones_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert check.main(["--list"]) == 0
    assert capsys.readouterr().out.split() == list(check.CHECKS)
    with pytest.raises(SystemExit) as stopped:
        check.main(["no-such-check"])
    assert stopped.value.code == 2


def test_a_long_list_is_cut(house: Path, put: Put, capsys: pytest.CaptureFixture[str]) -> None:
    put("shop/a.py", "print('x')\n" * 70)
    check.run_checks(house, ["rules"])
    assert "and 10 more" in capsys.readouterr().out


def test_lint_and_format(house: Path, put: Put) -> None:
    put("pyproject.toml", RUFF)
    put("shop/a.py", '"""A."""\n')
    assert (commands.check_ruff(house), commands.check_format(house)) == (Outcome(), Outcome())
    put("shop/a.py", "import os\nx = 'a'\n")
    assert "F401" in "\n".join(commands.check_ruff(house).problems)
    assert "a.py" in "\n".join(commands.check_format(house).problems)


def test_import_contracts(house: Path, put: Put) -> None:
    put("shop/high/__init__.py", "")
    put("shop/low/__init__.py", "")
    layers = "[importlinter:contract:a]\nname = Downwards\ntype = layers\nlayers =\n    high\n    low\n"
    put(".importlinter", f"[importlinter]\nroot_packages =\n    high\n    low\n{layers}")
    assert commands.check_imports(house).problems == []
    put("shop/low/a.py", "import high\n")
    assert any("low.a -> high" in line for line in commands.check_imports(house).problems)


def test_types(house: Path, put: Put) -> None:
    put("pyproject.toml", "[tool.mypy]\nstrict = true\n")
    put("packages/p/src/p/__init__.py", "def double(x: int) -> int:\n    return x * 2\n")
    put("packages/p/tests/__init__.py", "")
    put("packages/p/tests/conftest.py", "from p import double\n\nX = double(1)\n")
    put("packages/q/tests/__init__.py", "")
    put("packages/q/tests/conftest.py", "X = 1\n")
    assert commands.check_types(house).problems == []
    put("packages/p/tests/conftest.py", "from p import double\n\nX = double('1')\n")
    assert "arg-type" in "\n".join(commands.check_types(house).problems)


def test_a_benchmark_is_checked_with_the_system_it_imports(house: Path, put: Put) -> None:
    put("pyproject.toml", "[tool.mypy]\nstrict = true\n")
    put("shop/pyproject.toml", "[tool.mypy]\nstrict = true\n")
    put("shop/orders/__init__.py", "def count() -> int:\n    return 1\n")
    put("bench/support.py", "from orders import count\n\nX = count()\n")
    put("bench/sweep.py", "import support\n\nY: int = support.X\n")
    put("bench/alone.py", "Z: int = 1\n")
    assert [path.name for path in commands.benches_of(house, house / "shop")] == ["support.py", "sweep.py"]
    assert commands.check_types(house).problems == []
    assert commands.check_django_types(house).problems == []
    put("bench/shop.py", "from orders import count\n\nX: str = count()\n")  # called like its system
    assert [line for line in commands.check_django_types(house).problems if "shop.py:3" in line]
    put("bench/sweep.py", "import support\n\nY: str = support.X\n")
    put("bench/alone.py", "Z: int = ''\n")
    assert "sweep.py:3" in "\n".join(commands.check_django_types(house).problems)
    assert "alone.py:1" in "\n".join(commands.check_types(house).problems)


MANAGE = "import sys\nprint(sys.argv[1:])\nsys.exit({code})\n"


@pytest.mark.parametrize("run", [commands.check_django, commands.check_migrations])
def test_django_runs_in_every_system_and_its_words_are_shown(
    run: Callable[[Path], Outcome], house: Path, put: Put
) -> None:
    put("shop/manage.py", MANAGE.format(code=0))
    assert run(house).problems == []
    put("shop/manage.py", MANAGE.format(code=1))
    assert run(house).problems[0].startswith("shop: ['")


def test_a_published_app_is_checked_through_its_demo_project(house: Path, put: Put) -> None:
    put("plugin/plugin/__init__.py", "")
    put("plugin/demoproject/manage.py", MANAGE.format(code=1))
    assert commands.check_django(house).problems == ["plugin: ['check', '--fail-level', 'WARNING']"]


def test_without_a_django_system_the_check_says_that_it_is_skipped(tmp_path: Path) -> None:
    assert commands.check_django(tmp_path) == Outcome(notes=["skipped: no system with a manage.py yet"])


def test_vendored_files(house: Path, put: Put) -> None:
    assert commands.check_vendored(house).notes == ["skipped: tools/vendor.py does not exist yet"]
    put("tools/vendor.py", "import sys\nprint('htmx.js differs')\nsys.exit('--check' in sys.argv)\n")
    assert commands.check_vendored(house).problems == ["htmx.js differs"]


def test_a_program_that_says_nothing_is_named(tmp_path: Path) -> None:
    outcome = commands.run(tmp_path, [sys.executable, "-c", "raise SystemExit(3)"])
    assert outcome.problems == [f"{Path(sys.executable).name} ended with exit code 3"]
