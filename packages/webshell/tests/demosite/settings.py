"""A small site that shows every part of the house: for the tests, and for looking at it.

cd packages/webshell/tests && DJANGO_SETTINGS_MODULE=demosite.settings ../../../.venv/bin/python -m django runserver 8090
"""

from __future__ import annotations

from pathlib import Path

import webshell
from webshell.settings import csp

HERE = Path(__file__).parent

SECRET_KEY = "only-for-tests-and-demos-on-loopback"
DEBUG = False
ALLOWED_HOSTS = ["localhost", "127.0.0.1", "testserver"]
ROOT_URLCONF = "demosite.urls"
USE_TZ = True
TIME_ZONE = "UTC"
LANGUAGE_CODE = "en"
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
SESSION_ENGINE = "django.contrib.sessions.backends.signed_cookies"
STATIC_URL = "/static/"
STATICFILES_DIRS = webshell.static_dirs()
INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "csp",
    "webshell",
    "demosite",
]
MIDDLEWARE = [
    "webshell.middleware.RequestIdMiddleware",
    "webshell.middleware.SecurityHeadersMiddleware",
    "csp.middleware.CSPMiddleware",
    "webshell.middleware.EmptyErrorsMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "webshell.middleware.TimeZoneMiddleware",
    "demosite.views.somebody",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "DIRS": [HERE / "templates"],
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "webshell.context_processors.webshell",
            ]
        },
    }
]
CONTENT_SECURITY_POLICY = csp()
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"request_id": {"()": "webshell.logging.RequestIdFilter"}},
    "formatters": {
        "line": {"()": "webshell.logging.OneLineFormatter", "format": "%(levelname)s %(request_id)s %(message)s"}
    },
    "handlers": {"console": {"class": "logging.StreamHandler", "filters": ["request_id"], "formatter": "line"}},
    "loggers": {"django.request": {"handlers": ["console"]}, "webshell": {"handlers": ["console"]}},
}
CSRF_FAILURE_VIEW = "webshell.errors.csrf_failure"
WEBSHELL = {
    "system": "demosite",
    "title": "Kitchen sink",
    "icon": "grid-3x3-gap-fill",
    "accent": "printers",
    "version": "1.2.3",
    "home": "parts",
    "search_url": "list",
    "jobs_url": "jobs",
    "palette_url": "found",
    "sections": [
        {"label": "Parts", "icon": "puzzle", "url_name": "parts"},
        {"label": "List", "icon": "table", "url_name": "list", "match": "/list/"},
        {"label": "Detail", "icon": "card-text", "url_name": "detail"},
        {"label": "Form", "icon": "pencil-square", "url_name": "form"},
        {"label": "Empty", "icon": "inbox", "url_name": "empty"},
        {"label": "Staff", "icon": "gear", "url_name": "staff", "staff": True},
        {"label": "Secret", "icon": "lock", "url_name": "staff", "permission": "demosite.secret"},
        {"label": "Elsewhere", "icon": "lock", "url_name": "not-routed"},
    ],
    "palette": [{"label": "Retire a device", "icon": "archive", "url_name": "detail", "hint": "command"}],
    "api_prefixes": ["/api/"],
}
