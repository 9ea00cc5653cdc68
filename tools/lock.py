"""Resolve the workspace and export the locks: `make lock`.

Writes `locks/all.txt` and `locks/uv.txt` (hash-pinned, without download addresses) and each service's plain
`requirements.txt` for people who install with pip.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from bootstrap import ROOT, find_uv
from housecheck.locks import installable

HEADER = "# Written by `make lock`; do not edit.\n"


def export(*arguments: str) -> str:
    """Return what `uv export` prints, without its comment lines and without our own packages."""
    command = [find_uv(), "export", "--quiet", "--no-emit-workspace", "--no-annotate", "--no-header", *arguments]
    return subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout


def services() -> list[Path]:
    """Return the members that are run from their folder instead of being installed."""
    return [
        path.parent
        for path in sorted(ROOT.glob("*/pyproject.toml"))
        if tomllib.loads(path.read_text()).get("tool", {}).get("uv", {}).get("package") is False
    ]


def own_packages(member: Path, seen: dict[str, Path] | None = None) -> dict[str, Path]:
    """Return the workspace packages that a member needs, directly or through another one."""
    seen = {} if seen is None else seen
    for requirement in tomllib.loads((member / "pyproject.toml").read_text())["project"]["dependencies"]:
        name = re.split(r"[\s\[<>=~!;]", requirement, maxsplit=1)[0]
        folder = installable(ROOT).get(name)
        if folder and name not in seen:
            seen[name] = folder
            own_packages(folder, seen)
    return seen


def main() -> None:
    """Write every lock file."""
    subprocess.run([find_uv(), "lock", "--upgrade"], cwd=ROOT, check=True)
    locks = ROOT / "locks"
    (locks / "all.txt").write_text(HEADER + export("--all-packages", "--all-groups"))
    for member in services():
        pins = export("--package", member.name, "--no-default-groups", "--no-hashes")
        own = "".join(f"-e ../{path.relative_to(ROOT)}\n" for path in own_packages(member).values())
        (member / "requirements.txt").write_text(HEADER + own + pins)
    compile_uv = [find_uv(), "pip", "compile", "--quiet", "--generate-hashes", "--no-annotate", "--no-header", "-"]
    pinned = subprocess.run(compile_uv, cwd=ROOT, check=True, capture_output=True, text=True, input="uv\n").stdout
    (locks / "uv.txt").write_text(HEADER + pinned)


if __name__ == "__main__":
    main()
