"""Let `manage.py test` run the package's tests, which are written for pytest."""

from __future__ import annotations

import os
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from django.test.runner import DiscoverRunner


class Runner(DiscoverRunner):
    """Hands labels such as `eztaskmanager.tests.test_services` to pytest."""

    def run_tests(self, test_labels: list[str], **kwargs: Any) -> int:
        """Return 0 when all passed; without pytest, Django's own runner does it."""
        if find_spec("pytest") is None:
            return super().run_tests(test_labels, **kwargs)
        import pytest

        root = Path(__file__).resolve().parent.parent.parent
        paths = [str(root / label.replace(".", "/")) for label in test_labels]
        files = [path if Path(path).is_dir() else f"{path}.py" for path in paths]
        os.environ["DJANGO_SETTINGS_MODULE"] = "eztaskmanager.tests.settings"
        detail = ["-q"] if self.verbosity < 2 else ["-v"]
        selection = [] if test_labels else ["-m", "not slow"]
        return int(pytest.main(["--rootdir", str(root), *detail, *selection, *files]))
