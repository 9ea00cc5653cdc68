"""Django itself: applications, middleware, templates, locale, security."""

import sys
from pathlib import Path

import django_stubs_ext
import webshell
from django.core.exceptions import ImproperlyConfigured
from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _
from webshell.settings import csp

from printer_inventory.settings.access import KEYCLOAK_ORIGIN, OIDC_ENABLED
from printer_inventory.settings.environment import BASE_DIR, DEVELOPMENT, env

django_stubs_ext.monkeypatch()

DEBUG = env.bool("DEBUG", default=DEVELOPMENT)
SECRET_KEY = env.str("SECRET_KEY", default="for-development-only-" * 3 if DEBUG else "")
if not SECRET_KEY:
    raise ImproperlyConfigured(
        "Set SECRET_KEY in the environment or in .env (50 random characters), or DEBUG=True on a laptop."
    )

USE_HTTPS = env.bool("USE_HTTPS", default=False)
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1"])
BASE_URL = env.str("BASE_URL", default="http://localhost:5000")
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[BASE_URL])

INSTALLED_APPS = [
    # Its one purpose as an app is a runserver that speaks WebSocket; loading Twisted into every worker would slow all starts.
    *(["daphne"] if "runserver" in sys.argv[1:2] else []),
    "access.admin_site.AuditedAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "channels",
    "axes",
    "csp",
    "mozilla_django_oidc",
    "django_bootstrap5",
    "django_htmx",
    "ninja",
    "webshell",
    "eztaskmanager",
    "billing",
    "contracts",
    "inventory",
    "outbox",
    "monthly_report",
    "dashboard",
    "access",
]

MIDDLEWARE = [
    "webshell.middleware.RequestIdMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "printer_inventory.middleware.SecurityHeadersMiddleware",
    "csp.middleware.CSPMiddleware",
    "webshell.middleware.EmptyErrorsMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "access.middleware.ProviderSessionMiddleware",
    "access.middleware.ReachMiddleware",
    "access.middleware.AppAccessMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "webshell.middleware.TimeZoneMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "printer_inventory.urls"
WSGI_APPLICATION = "printer_inventory.wsgi.application"
ASGI_APPLICATION = "printer_inventory.asgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

TEMPLATES = [
    {
        "NAME": "jinja2",
        "BACKEND": "django.template.backends.jinja2.Jinja2",
        "APP_DIRS": True,
        "OPTIONS": {"environment": "webshell.jinja.environment"},
    },
    {
        "NAME": "django",
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
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
    "system": "printer-inventory",
    "title": _("Printer Inventory"),
    "accent": "printers",
    "icon": "printer",
    "version": "0.1.0",
    "home": "inventory:printer_list",
    # Days and months there are the site's: a window that ends at 23:59 ends at 23:59 for everybody.
    "site_clock": ["/monthly-report/", "/billing/", "/dashboard/"],
    "search_url": reverse_lazy("inventory:printer_list"),
    "jobs_url": reverse_lazy("inventory:jobs"),
    "sections": [
        {
            "label": _("Printers"),
            "icon": "printer",
            "url_name": "inventory:printer_list",
            "permission": "inventory.access_inventory_app",
            "match": "inventory:",
        },
        {
            "label": _("Dashboard"),
            "icon": "speedometer2",
            "url_name": "dashboard:overview",
            "permission": "dashboard.access_dashboard_app",
            "match": "dashboard:",
        },
        {
            "label": _("Quarantine"),
            "icon": "shield-exclamation",
            "url_name": "inventory:doubt_list",
            "permission": "inventory.access_inventory_app",
            "badge": "inventory.services.quarantine.open_count",
        },
        {
            "label": _("Alerts"),
            "icon": "bell",
            "url_name": "inventory:alert_list",
            "permission": "inventory.access_inventory_app",
        },
        {
            "label": _("Web pages"),
            "icon": "window",
            "url_name": "inventory:web_overview",
            "permission": "inventory.view_web_parsing",
        },
        {
            "label": _("Fleet health"),
            "icon": "heart-pulse",
            "url_name": "inventory:fleet_health",
            "permission": "inventory.view_fleet_health",
        },
        {
            "label": _("Discovery"),
            "icon": "broadcast",
            "url_name": "inventory:discovery_list",
            "permission": "inventory.add_printer",
        },
        {
            "label": _("Contracts"),
            "icon": "file-earmark-text",
            "url_name": "contracts:device_list",
            "permission": "contracts.access_contracts_app",
            "match": "contracts:",
        },
        {
            "label": _("Import"),
            "icon": "file-earmark-arrow-up",
            "url_name": "inventory:import_start",
            "permission": "inventory.add_printer",
        },
        {
            "label": _("Months"),
            "icon": "calendar3",
            "url_name": "monthly_report:months",
            "permission": "monthly_report.access_monthly_report",
            "match": "monthly_report:",
        },
        {
            "label": _("Billing"),
            "icon": "receipt",
            "url_name": "billing:home",
            "permission": "billing.access_billing",
            "match": "billing:",
        },
        {
            "label": _("Users"),
            "icon": "people",
            "url_name": "access:user_list",
            "permission": "access.manage_users",
            "match": "/users/",
            "badge": "access.services.people.waiting_count",
        },
        {
            "label": _("Audit log"),
            "icon": "journal-text",
            "url_name": "access:audit_log",
            "permission": "access.view_entity_changes",
        },
        {"label": _("Administration"), "icon": "gear", "url_name": "admin:index", "staff": True, "match": "admin:"},
    ],
    "palette": [
        {
            "label": _("Fill a contractor's spreadsheet (AMB)"),
            "icon": "file-earmark-arrow-down",
            "url_name": "inventory:export_amb",
            "permission": "inventory.export_amb_report",
        },
        {"label": _("My API tokens"), "icon": "key", "url_name": "access:token_list"},
        {
            "label": _("Maintenance tasks"),
            "icon": "clock-history",
            "url_name": "admin:eztaskmanager_task_changelist",
            "staff": True,
        },
    ],
    "api_prefixes": ["/api/", "/inventory/api/", "/printers/api/", "/contracts/api/"],
}

LANGUAGE_CODE = env.str("LANGUAGE_CODE", default="en")
LANGUAGES = [("en", _("English")), ("ru", _("Russian"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
# Whoever chose a language in the menu keeps it; who did not is spoken to as the browser asks.
LANGUAGE_COOKIE_AGE = 365 * 24 * 3600
LANGUAGE_COOKIE_HTTPONLY = True
LANGUAGE_COOKIE_SAMESITE = "Lax"
LANGUAGE_COOKIE_SECURE = USE_HTTPS
TIME_ZONE = env.str("TIME_ZONE", default="Asia/Irkutsk")
USE_TZ = True

STATIC_URL = "/static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
STATICFILES_DIRS = [BASE_DIR / "static", *webshell.static_dirs()]
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

LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "login"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]

SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = USE_HTTPS
CSRF_COOKIE_SECURE = USE_HTTPS
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_FAILURE_VIEW = "printer_inventory.errors.csrf_failure"
SECURE_SSL_REDIRECT = USE_HTTPS
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if USE_HTTPS else None
SECURE_HSTS_SECONDS = 31536000 if USE_HTTPS else 0
X_FRAME_OPTIONS = "DENY"
# Signing out is a form whose answer leads to the provider; browsers hold redirects of forms to form-action too.
CONTENT_SECURITY_POLICY = csp(form_action=(KEYCLOAK_ORIGIN,)) if OIDC_ENABLED else csp()
DATA_UPLOAD_MAX_NUMBER_FIELDS = 20_000
