"""Let `manage.py test` run the tests, which are written for pytest."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from django.test.runner import DiscoverRunner

ROOT = Path(__file__).resolve().parent.parent


class Runner(DiscoverRunner):
    """Hands labels such as `main.tests`, `main.tests.test_models` or `main.tests.ModelTestCase` to pytest."""

    def run_tests(self, test_labels: list[str], **kwargs: Any) -> int:  # noqa: ARG002 -- as Django declares it
        """Return 0 when all passed. Without labels the fast tests run; `--keepdb` is pytest-django's `--reuse-db`."""
        arguments = ["-v"] if self.verbosity > 1 else ["-q"]
        arguments += ["--reuse-db"] if self.keepdb else []
        names = []
        for label in test_labels:
            path, name = _place(label)
            arguments.append(str(path))
            names += [name] if name else []
        if names:
            arguments += ["-k", " or ".join(names)]
        elif not test_labels:
            arguments += ["-m", "not slow"]
        # A process of its own: these settings are loaded already, and the tests have theirs.
        environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "main.tests.settings"}
        command = [sys.executable, "-m", "pytest", *arguments]
        return subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode


def _place(label: str) -> tuple[Path, str]:
    """Return the file or folder that a label names, and what is left of it: a class or a test."""
    parts = label.split(".")
    for length in range(len(parts), 0, -1):
        path = ROOT.joinpath(*parts[:length])
        if path.is_dir():
            return path, ".".join(parts[length:])
        if path.with_suffix(".py").is_file():
            return path.with_suffix(".py"), ".".join(parts[length:])
    return ROOT / label, ""
