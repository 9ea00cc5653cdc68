"""Log viewers (the original's and the live one), downloads, API, metrics, health."""

from eztaskmanager.views.viewers import (
    AjaxReadLogLines,
    LiveLogViewerView,
    LogViewerView,
)

__all__ = ["AjaxReadLogLines", "LiveLogViewerView", "LogViewerView"]
