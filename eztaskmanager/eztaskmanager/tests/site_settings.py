"""The demo's settings for processes that tests start: with the tests' own commands."""

from __future__ import annotations

import os

from demoproject.settings import *

SECRET_KEY = "tests-only"
INSTALLED_APPS = [*INSTALLED_APPS, "eztaskmanager.tests.probes"]
EZTASKMANAGER_LEASE_SECONDS = float(os.environ.get("EZTASK_LEASE_SECONDS", "6"))
EZTASKMANAGER_HEARTBEAT_SECONDS = 1.0
EZTASKMANAGER_NOTIFICATION_HANDLERS = {}
# As the tests that make users have it.
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
