"""Routes of the demo site."""

from __future__ import annotations

from django.urls import path

from webshell.health import health

from . import views

handler400 = "webshell.errors.bad_request"
handler403 = "webshell.errors.permission_denied"
handler404 = "webshell.errors.not_found"
handler500 = "webshell.errors.server_error"

urlpatterns = [
    path("", views.parts, name="parts"),
    path("list/", views.device_list, name="list"),
    path("list/rows/", views.device_rows, name="rows"),
    path("detail/", views.detail, name="detail"),
    path("form/", views.form_page, name="form"),
    path("empty/", views.empty, name="empty"),
    path("staff/", views.empty, name="staff"),
    path("login/", views.login, name="login"),
    path("logout/", views.only_post, name="logout"),
    path("jobs/", views.jobs, name="jobs"),
    path("jobs/1/", views.job, name="job"),
    path("found/", views.found, name="found"),
    path("say/", views.say, name="say"),
    path("export/", views.empty, name="export"),
    path("refuse/", views.refuse, name="refuse"),
    path("break/", views.broken, name="break"),
    path("suspicious/", views.suspicious, name="suspicious"),
    path("api/break/", views.broken),
    path("only-post/", views.only_post, name="only_post"),
    path("zone/", views.zone, name="zone"),
    path("zone/async/", views.zone_async, name="zone_async"),
    path("health/", health, name="health"),
]
