"""The package builds, installs alone, and its demo runs with nothing else around."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import venv
import zipfile
from importlib.metadata import distribution
from pathlib import Path

import pytest

from eztaskmanager.tests.site import ROOT

pytestmark = pytest.mark.slow
NEEDED = ("django", "asgiref", "sqlparse", "cronsim")


def run(*command: str | Path, **environment: str) -> str:
    """Run a program without the tests' own variables; return what it printed."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    done = subprocess.run(
        [str(part) for part in command],
        env=kept | environment,
        cwd="/",
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the wheel and the sdist, built from a copy."""
    folder = tmp_path_factory.mktemp("build")
    source = folder / "source"
    ignored = shutil.ignore_patterns("*.sqlite3*", "_build", "dist", ".*_cache")
    shutil.copytree(ROOT, source, ignore=ignored)
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-d", folder / "dist"],
        cwd=source,
        check=True,
        capture_output=True,
    )
    return folder


def test_the_wheel_holds_the_package_and_not_its_tests(built: Path) -> None:
    (wheel,) = (built / "dist").glob("*.whl")
    assert list((built / "dist").glob("*.tar.gz"))

    names = zipfile.ZipFile(wheel).namelist()

    assert "eztaskmanager/static/eztaskmanager/viewer.js" in names
    assert "eztaskmanager/templates/eztaskmanager/live_log.html" in names
    assert not any(
        "/tests/" in name or name.startswith("demoproject") for name in names
    )


def test_it_installs_alone_and_the_demo_runs(built: Path, tmp_path: Path) -> None:
    (wheel,) = (built / "dist").glob("*.whl")
    venv.create(tmp_path / "venv", with_pip=False)
    python = tmp_path / "venv" / "bin" / "python"
    target = Path(
        run(
            python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"
        ).strip()
    )
    zipfile.ZipFile(wheel).extractall(target)
    for name in NEEDED:
        for file in distribution(name).files or []:
            if ".." not in file.parts and file.suffix != ".pyc":
                (target / file).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(Path(str(file.locate())), target / file)
    demo = tmp_path / "demo"
    shutil.copytree(
        ROOT / "demoproject", demo, ignore=shutil.ignore_patterns("*.sqlite3*")
    )
    manage = demo / "manage.py"

    run(python, manage, "migrate")
    assert "Login: admin" in run(python, manage, "load_demo")
    run(python, manage, "ez", "run", "Check the project")
    run(python, manage, "ezworker", "--burst")

    shown = run(python, manage, "ez", "ps", "--all")
    assert shown.count("done") >= 3
    where = run(python, "-c", "import eztaskmanager; print(eztaskmanager.__file__)")
    assert where.startswith(str(tmp_path))
