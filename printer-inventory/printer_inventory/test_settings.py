"""Settings for tests: the real ones, on the services the test run has started, with a cheap password hash."""

import base64
import os

os.environ.setdefault("SECRET_KEY", "for-tests-only-" * 4)
os.environ["DEBUG"] = "False"
os.environ["PRINTER_NETWORKS"] = "127.0.0.0/8"
os.environ["GLPI_NETWORKS"] = "127.0.0.0/8"
os.environ["FIELD_ENCRYPTION_KEYS"] = base64.urlsafe_b64encode(b"for-tests-only, 32 characters...").decode()

from printer_inventory.settings import *

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
# Browser tests run without collectstatic.
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = True
