"""Bring `.venv` in line with `locks/`: the one step every make target starts with.

Standard library only, Python 3.11 or newer. A stamp makes the second call free; a file lock lets two targets run side
by side. uv is taken from PATH or installed from `locks/uv.txt` into `.local/uv`.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LOCAL = ROOT / ".local"
ENVIRONMENT = ROOT / ".venv"
LOCK = ROOT / "locks" / "all.txt"


def installable_members() -> list[Path]:
    """Return the folders that are installed (editable) into the environment."""
    members = sorted(path.parent for path in (ROOT / "packages").glob("*/pyproject.toml"))
    if (ROOT / "eztaskmanager" / "pyproject.toml").exists():
        members.append(ROOT / "eztaskmanager")
    return members


def wanted_stamp() -> str:
    """Return a digest of everything that decides what is installed."""
    digest = hashlib.sha256(f"{sys.version_info[:3]} {ROOT}".encode())
    for path in [LOCK, *(member / "pyproject.toml" for member in installable_members())]:
        digest.update(path.read_bytes())
    return digest.hexdigest()


def find_uv() -> str:
    """Return a uv executable, installing the locked one when PATH has none."""
    if found := shutil.which("uv"):
        return found
    folder = LOCAL / "uv"
    executable = folder / "bin" / "uv"
    if not executable.exists():
        print("bootstrap: installing uv", flush=True)
        venv.create(folder, with_pip=True)
        run(
            [
                str(folder / "bin" / "pip"),
                "install",
                "--quiet",
                "--require-hashes",
                "-r",
                str(ROOT / "locks" / "uv.txt"),
            ]
        )
    return str(executable)


def run(command: list[str]) -> None:
    """Run a command; on failure stop with its name and exit code."""
    result = subprocess.run(command, check=False, env={**os.environ, "VIRTUAL_ENV": str(ENVIRONMENT)})
    if result.returncode:
        sys.exit(f"bootstrap: {' '.join(command[:4])} ... failed with exit code {result.returncode}")


def install() -> None:
    """Create the environment when missing and make it hold exactly what the lock says."""
    uv = find_uv()
    python = str(ENVIRONMENT / "bin" / "python")
    if not Path(python).exists():
        run([uv, "venv", "--quiet", "--python", sys.executable, str(ENVIRONMENT)])
    print("bootstrap: installing the locked environment", flush=True)
    run([uv, "pip", "sync", "--quiet", "--python", python, "--require-hashes", "--compile-bytecode", str(LOCK)])
    editable = [argument for member in installable_members() for argument in ("-e", str(member))]
    run([uv, "pip", "install", "--quiet", "--python", python, "--no-deps", "--no-build-isolation", *editable])


def main() -> None:
    """Install unless the stamp says that nothing has changed."""
    if sys.version_info < (3, 11):  # noqa: UP036 - an older Python must be told, not crash
        sys.exit("bootstrap: Python 3.11 or newer is needed; run make with PYTHON=/path/to/python3.11")
    LOCAL.mkdir(mode=0o700, exist_ok=True)
    stamp = ENVIRONMENT / ".quartermaster-stamp"
    with (LOCAL / "bootstrap.lock").open("w") as guard:
        fcntl.flock(guard, fcntl.LOCK_EX)
        if stamp.exists() and stamp.read_text() == wanted_stamp():
            return
        install()
        stamp.write_text(wanted_stamp())


if __name__ == "__main__":
    main()
