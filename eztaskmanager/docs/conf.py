"""Sphinx settings."""

import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "demoproject"), str(ROOT)]
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "demoproject.settings")

import django  # noqa: E402 - the path comes first

django.setup()

from eztaskmanager import __version__  # noqa: E402 - after setup

project = "django-eztaskmanager"
release = version = __version__
extensions = ["sphinx.ext.autodoc"]
exclude_patterns = ["_build"]
html_theme = "furo"
autodoc_typehints = "none"
nitpicky = False
