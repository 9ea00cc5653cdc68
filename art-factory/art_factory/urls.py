"""Routes of the whole site."""

from django.contrib import admin
from django.urls import include, path
from webshell.health import health

handler400 = "webshell.errors.bad_request"
handler403 = "webshell.errors.permission_denied"
handler404 = "webshell.errors.not_found"
handler500 = "webshell.errors.server_error"

urlpatterns = [
    path("admin/", admin.site.urls),
    path("health/", health, name="health"),
    path("eztaskmanager/", include("eztaskmanager.urls")),
    path("", include("main.urls")),
]
