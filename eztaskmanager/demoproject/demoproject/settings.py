"""Settings of the demo: SQLite and no broker, unless `.env` says more."""

from __future__ import annotations

import os
from importlib.util import find_spec
from pathlib import Path

from eztaskmanager.databases import database

BASE_DIR = Path(__file__).resolve().parent.parent


def read_env_file(path: Path) -> None:
    """Take `NAME=value` lines from a file; what the environment says wins."""
    if not path.exists():
        return
    for line in path.read_text(encoding="utf-8").splitlines():
        name, equals, value = line.partition("=")
        if equals and not name.lstrip().startswith("#"):
            os.environ.setdefault(name.strip(), value.strip().strip("\"'"))


for folder in (BASE_DIR, BASE_DIR.parent):
    read_env_file(folder / ".env")

DEBUG = os.environ.get("DEBUG", "true").lower() in ("1", "true", "yes")
# The fallback is for development on this machine only: without DEBUG it is refused.
SECRET_KEY = os.environ.get("SECRET_KEY", "") or ("demo" * 16 if DEBUG else "")
ALLOWED_HOSTS = os.environ.get("ALLOWED_HOSTS", "localhost,127.0.0.1").split(",")

DATABASES = {
    "default": database(
        os.environ.get("DATABASE_URL", ""), str(BASE_DIR / "db.sqlite3")
    )
}
REDIS_URL = os.environ.get("REDIS_URL", "redis://localhost:6379")

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "eztaskmanager",
    "demoproject",
]
if find_spec("django_rq"):
    INSTALLED_APPS.append("django_rq")
    RQ_QUEUES = {"default": {"URL": REDIS_URL, "DEFAULT_TIMEOUT": 3600}}

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "demoproject.middleware.ContentSecurityPolicy",
]
ROOT_URLCONF = "demoproject.urls"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]
WSGI_APPLICATION = "demoproject.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
LANGUAGE_CODE = "en-us"
TIME_ZONE = os.environ.get("TIME_ZONE", "Europe/Rome")
USE_TZ = True
STATIC_URL = "static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
EMAIL_BACKEND = "django.core.mail.backends.console.EmailBackend"
TEST_RUNNER = "demoproject.runner.Runner"
LOGIN_URL = "/admin/login/"

CELERY_BROKER_URL = REDIS_URL
EZTASKMANAGER_QUEUE_SERVICE_TYPE = os.environ.get(
    "EZTASKMANAGER_QUEUE_SERVICE_TYPE", "Database"
)
EZTASKMANAGER_BASE_URL = os.environ.get(
    "EZTASKMANAGER_BASE_URL", "http://127.0.0.1:8002"
)
EZTASKMANAGER_NOTIFICATION_HANDLERS = {
    "mail": {
        "class": "eztaskmanager.services.notifications.EmailNotificationHandler",
        "level": "failed",
        "from_email": "tasks@example.org",
        "recipients": ["admin@example.org"],
    }
}
