"""Routes of the inventory, served below `/inventory/` and `/printers/` alike."""

from django.urls import path

from inventory.views import api_views, job_views, printer_views, quarantine_views

app_name = "inventory"

urlpatterns = [
    path("", printer_views.printer_list, name="printer_list"),
    path("rows/", printer_views.printer_rows, name="printer_rows"),
    path("filters/", printer_views.filter_choices, name="filter_choices"),
    path("add/", printer_views.add_printer, name="printer_add"),
    path("printer/add/", printer_views.add_printer),
    path("<int:pk>/", printer_views.printer_detail, name="printer_detail"),
    path("printer/<int:pk>/", printer_views.printer_detail),
    path("<int:pk>/edit/", printer_views.edit_printer, name="printer_edit"),
    path("printer/<int:pk>/edit/", printer_views.edit_printer),
    path("<int:pk>/delete/", printer_views.retire_printer, name="printer_retire"),
    path("printer/<int:pk>/delete/", printer_views.retire_printer),
    path("<int:pk>/restore/", printer_views.restore_printer, name="printer_restore"),
    path("<int:pk>/history/", api_views.printer_history, name="printer_history"),
    path("<int:pk>/run/", job_views.run_printer, name="printer_run"),
    path("run_all/", job_views.run_all, name="run_all"),
    path("run-poll/", job_views.run_selected, name="run_selected"),
    path("quarantine/", quarantine_views.doubt_list, name="doubt_list"),
    path("quarantine/reject/", quarantine_views.reject_selected, name="doubts_reject"),
    path("quarantine/<int:pk>/", quarantine_views.doubt_detail, name="doubt_detail"),
    path("quarantine/<int:pk>/resolve/", quarantine_views.resolve_doubt, name="doubt_resolve"),
    path("quarantine/<int:pk>/undo/", quarantine_views.undo_doubt, name="doubt_undo"),
    path("jobs/", job_views.jobs, name="jobs"),
    path("jobs/<int:pk>/", job_views.job, name="job"),
    path("jobs/<int:pk>/stop/", job_views.stop_job, name="job_stop"),
    path("api/run-poll/", job_views.api_run_poll, name="api_run_poll"),
    path("api/task-status/<int:task_id>/", job_views.task_status, name="task_status"),
    path("api/latest-task/<int:printer_id>/", job_views.latest_task, name="latest_task"),
    path("api/probe-serial/", api_views.probe_serial, name="probe_serial"),
    path("api/system-status/", api_views.system_status, name="system_status"),
]
