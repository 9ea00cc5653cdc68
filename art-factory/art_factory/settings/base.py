"""Django itself: applications, middleware, templates, locale, security."""

from pathlib import Path

import django_stubs_ext
import webshell
from django.core.exceptions import ImproperlyConfigured
from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _
from webshell.settings import csp

from art_factory.settings.environment import BASE_DIR, DEVELOPMENT, env

django_stubs_ext.monkeypatch()

DEBUG = env.bool("DEBUG", default=DEVELOPMENT)
SECRET_KEY = env.str("SECRET_KEY", default="for-development-only-" * 3 if DEBUG else "")
if not SECRET_KEY:
    raise ImproperlyConfigured(
        "Set SECRET_KEY in the environment or in .env (50 random characters), or DEBUG=True on a laptop."
    )

# Strict even with DEBUG: a name that an attacker points at 127.0.0.1 (DNS rebinding) is refused.
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "csp",
    "django_bootstrap5",
    "django_htmx",
    "webshell",
    "eztaskmanager",
    "main",
]

MIDDLEWARE = [
    "webshell.middleware.RequestIdMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "webshell.middleware.SecurityHeadersMiddleware",
    "csp.middleware.CSPMiddleware",
    "webshell.middleware.EmptyErrorsMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "webshell.middleware.TimeZoneMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "main.middleware.NoNulMiddleware",
]

ROOT_URLCONF = "art_factory.urls"
WSGI_APPLICATION = "art_factory.wsgi.application"
TEST_RUNNER = "art_factory.runner.Runner"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "django.template.context_processors.i18n",
                "webshell.context_processors.webshell",
            ],
        },
    },
]

WEBSHELL = {
    "system": "art-factory",
    "title": _("Art Factory"),
    "accent": "art",
    "icon": "palette",
    "version": "0.1.0",
    "home": "main:projects",
    "search_url": reverse_lazy("main:inventory"),
    "jobs_url": reverse_lazy("main:jobs"),
    "login_url": "",
    "logout_url": "",
    "sections": [
        {"label": _("Projects"), "icon": "folder2-open", "url_name": "main:projects"},
        {"label": _("Order"), "icon": "bag-plus", "url_name": "main:order"},
        {
            "label": _("Production"),
            "icon": "gear-wide-connected",
            "url_name": "main:production",
            "badge": "main.services.counting.open_items",
        },
        {"label": _("Inventory"), "icon": "images", "url_name": "main:inventory"},
        {"label": _("Collections"), "icon": "collection", "url_name": "main:collections"},
        {"label": _("Models"), "icon": "cpu", "url_name": "main:models"},
        {"label": _("Templates"), "icon": "bookmark-star", "url_name": "main:templates"},
        {"label": _("Lookups"), "icon": "braces", "url_name": "main:lookups"},
        {"label": _("Settings"), "icon": "sliders", "url_name": "main:settings"},
    ],
    "palette": [
        {"label": _("Near duplicates"), "icon": "intersect", "url_name": "main:duplicates"},
        {"label": _("Upkeep: maintenance tasks"), "icon": "tools", "url_name": "admin:eztaskmanager_task_changelist"},
        {"label": _("Admin: every row"), "icon": "database", "url_name": "admin:index"},
    ],
    "api_prefixes": ["/api/"],
}

LANGUAGE_CODE = env.str("LANGUAGE_CODE", default="en")
LANGUAGES = [("en", _("English"))]
TIME_ZONE = env.str("TIME_ZONE", default="UTC")
USE_TZ = True

STATIC_URL = "/static/"
STATIC_ROOT = env.str("STATIC_ROOT", default=str(BASE_DIR / "staticfiles"))
STATICFILES_DIRS = [*webshell.static_dirs()]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}
WHITENOISE_USE_FINDERS = DEBUG
# Without collectstatic pages come unstyled; they must not fail, least of all the error page.
WHITENOISE_MANIFEST_STRICT = False
MEDIA_ROOT = Path(env.str("MEDIA_ROOT", default=str(BASE_DIR / "media")))

SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_FAILURE_VIEW = "webshell.errors.csrf_failure"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = csp(img_src=("blob:",), media_src=("'self'",))
DATA_UPLOAD_MAX_NUMBER_FIELDS = 5_000
EZTASKMANAGER_QUEUE_SERVICE_TYPE = "Database"
