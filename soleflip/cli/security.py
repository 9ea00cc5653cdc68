"""`security`: known weaknesses of what is installed. What the advisory service did not say is not counted as good."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import typer

app = typer.Typer(help="Known weaknesses of installed packages")


@app.callback(invoke_without_command=True)
def run() -> None:
    """Ask pip-audit's advisory service; exit code 1 for a weakness, and for a service out of reach words and 0."""
    command = [sys.executable, "-m", "pip_audit", "--format=json", "--progress-spinner=off", "--timeout=10"]
    found = subprocess.run(command, capture_output=True, text=True, check=False)
    try:
        packages = json.loads(found.stdout)["dependencies"]
    except (ValueError, KeyError, TypeError):
        typer.echo(f"NOT CHECKED: the advisory service is out of reach ({found.stderr.strip()[-300:]})")
        return
    code, lines = verdict(packages)
    typer.echo("\n".join(lines))
    raise typer.Exit(code)


def verdict(packages: list[dict[str, Any]]) -> tuple[int, list[str]]:
    """Return exit code and lines for pip-audit's: `name`, `version`, `vulns`, or `skip_reason` where it knows nothing."""
    lines = [
        f"{each['name']} {each['version']}: {weakness['id']}, mended in {', '.join(weakness['fix_versions']) or 'no version yet'}"
        for each in packages
        for weakness in each.get("vulns", ())
    ]
    code = 1 if lines else 0
    unknown = [each["name"] for each in packages if "skip_reason" in each]
    checked = len(packages) - len(unknown)
    lines.append(f"{checked} of {len(packages)} packages were checked, {len(lines)} weaknesses are known")
    if unknown and not checked:
        lines.append("NOT CHECKED: the advisory service is out of reach, or knows none of our packages")
    elif unknown:
        lines.append(f"NOT CHECKED: {', '.join(unknown)}")
    return code, lines
