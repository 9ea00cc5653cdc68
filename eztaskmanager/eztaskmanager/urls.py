"""Addresses; the project mounts them, usually at `eztaskmanager/`."""

from django.urls import path, re_path

from eztaskmanager.views import (
    AjaxReadLogLines,
    LiveLogViewerView,
    LogViewerView,
    actions,
    api,
    live,
    status,
)

app_name = "eztaskmanager"

urlpatterns = [
    path("logviewer/<int:pk>/", LogViewerView.as_view(), name="log_viewer"),
    path(
        "livelogviewer/<int:pk>/", LiveLogViewerView.as_view(), name="live_log_viewer"
    ),
    path(
        "read_loglines/<int:pk>/",
        AjaxReadLogLines.as_view(),
        name="ajax_read_log_lines",
    ),
    path("runs/<int:pk>/lines/", live.lines, name="lines"),
    path("runs/<int:pk>/events/", live.events, name="events"),
    path("runs/<int:pk>/key/", live.KeyView.as_view(), name="key"),
    re_path(
        r"^runs/(?P<pk>\d{1,18})/log\.(?P<kind>txt|jsonl|txt\.gz|jsonl\.gz)$",
        live.DownloadView.as_view(),
        name="download",
    ),
    path("health/", status.health_view, name="health"),
    path("runs/<int:pk>/stop/", actions.stop, name="stop"),
    path("runs/<int:pk>/again/", actions.again, name="again"),
    path("api/v1/openapi.json", api.openapi, name="api_openapi"),
    path("api/v1/tasks/", api.tasks, name="api_tasks"),
    path("api/v1/tasks/<int:pk>/", api.task, name="api_task"),
    path("api/v1/tasks/<int:pk>/runs/", api.runs_of_task, name="api_run_task"),
    path("api/v1/runs/<int:pk>/", api.run, name="api_run"),
    path("api/v1/runs/<int:pk>/stop/", api.stop, name="api_stop"),
    path("api/v1/runs/<int:pk>/log/", api.log, name="api_log"),
    path("api/v1/metrics", api.metrics, name="api_metrics"),
]
