"""The admin, the log viewers and API, and RQ's pages where RQ is installed."""

from django.apps import apps
from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path
from django.views.generic import RedirectView

urlpatterns: list[URLPattern | URLResolver] = [
    path("", RedirectView.as_view(pattern_name="admin:eztaskmanager_task_changelist")),
    path("admin/", admin.site.urls),
    path("eztaskmanager/", include("eztaskmanager.urls")),
]
if apps.is_installed("django_rq"):
    urlpatterns.append(path("django-rq/", include("django_rq.urls")))
