"""The demo's settings for tests: quick passwords, mail kept in memory.

`EZTASK_TEST_DATABASE=postgres` runs the tests that need no processes on PostgreSQL too;
those that start processes always run on both.
"""

from __future__ import annotations

import os

from demoproject.settings import *

if os.environ.get("EZTASK_TEST_DATABASE") == "postgres":
    DATABASES = {
        "default": {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": os.environ["DB_NAME"],
            "USER": os.environ["DB_USER"],
            "PASSWORD": os.environ["DB_PASSWORD"],
            "HOST": os.environ["DB_HOST"],
            "PORT": os.environ["DB_PORT"],
        }
    }
else:
    DATABASES = {
        "default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}
    }
INSTALLED_APPS = [*INSTALLED_APPS, "eztaskmanager.tests.probes"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
EZTASKMANAGER_NOTIFICATION_HANDLERS = {}
