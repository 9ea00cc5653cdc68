"""Install the oldest supported Django beside the locked one, for `test_matrix`.

    .venv/bin/python eztaskmanager/matrix/install.py

It goes to `.local/matrix/django-4.2`; hashes are checked. A second call does nothing.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
TARGET = ROOT / ".local" / "matrix" / "django-4.2"
PINS = Path(__file__).resolve().parent / "django-4.2.txt"

if __name__ == "__main__":
    sys.path.insert(0, str(ROOT / "tools"))
    from bootstrap import find_uv

    if not (TARGET / "django").exists():
        subprocess.run(
            [
                *(find_uv(), "pip", "install", "--quiet", "--no-deps"),
                *("--python", sys.executable, "--require-hashes"),
                *("--target", str(TARGET), "-r", str(PINS)),
            ],
            check=True,
        )
