"""Routes of the whole site."""

from django.conf import settings
from django.contrib import admin
from django.urls import include, path
from django.views.generic import RedirectView
from django.views.i18n import set_language
from webshell.health import health

from access.views import sign_in_views
from printer_inventory import auth_views, debug_views, views
from printer_inventory.api import api

handler400 = "printer_inventory.errors.bad_request"
handler403 = "printer_inventory.errors.permission_denied"
handler404 = "printer_inventory.errors.not_found"
handler500 = "printer_inventory.errors.server_error"

urlpatterns = [
    path("", RedirectView.as_view(pattern_name="inventory:printer_list"), name="home"),
    path("inventory/", include("inventory.urls")),
    path("contracts/", include("contracts.urls")),
    path("printers/", include("inventory.urls", namespace="printers")),
    path("dashboard/", include("dashboard.urls")),
    path("monthly-report/", include("monthly_report.urls")),
    path("billing/", include("billing.urls")),
    path("accounts/login/", auth_views.SignIn.as_view(), name="login"),
    path("accounts/django-login/", auth_views.DjangoSignIn.as_view(), name="django_login"),
    path("accounts/logout/", auth_views.SignOut.as_view(), name="logout"),
    path("accounts/access-denied/", sign_in_views.access_denied, name="access_denied"),
    path("oidc/authenticate/", sign_in_views.ProviderSignIn.as_view(), name="oidc_authentication_init"),
    path("oidc/callback/", sign_in_views.callback, name="oidc_authentication_callback"),
    path("oidc/logout/", auth_views.SignOut.as_view(), name="oidc_logout"),
    path("", include("access.urls")),
    # One form for all, with the provider beside it and the guesses counted.
    path("admin/login/", RedirectView.as_view(pattern_name="login", query_string=True)),
    path("admin/", admin.site.urls),
    # Django's admin names no icon of its own, so browsers ask for this.
    path("favicon.ico", RedirectView.as_view(url=f"{settings.STATIC_URL}face/icon.svg")),
    path("eztaskmanager/", include("eztaskmanager.urls")),
    path("api/v1/", api.urls),
    path("debug/errors/", debug_views.menu, name="debug_errors"),
    path("debug/errors/csrf/submit/", debug_views.csrf_submit, name="debug_csrf_submit"),
    *(path(f"debug/errors/{code}/", view, name=f"debug_{code}") for code, view in debug_views.PAGES.items()),
    path("language/", set_language, name="set_language"),
    path("health/", health, name="health"),
    path("metrics/", views.metrics, name="metrics"),
]
