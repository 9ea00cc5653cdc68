"""Routes of the monthly report, below `/monthly-report/`."""

from django.urls import path, register_converter

from monthly_report.views import deed_views, device_views, glpi_views, grid_views, import_views, month_views


class MonthConverter:
    """A month as `2026-11`."""

    regex = r"20[0-9]{2}-(?:0[1-9]|1[0-2])"

    def to_python(self, value: str) -> str:
        """Return the text; the view makes a month of it."""
        return value

    def to_url(self, value: str) -> str:
        """Return the text."""
        return value


register_converter(MonthConverter, "month")

app_name = "monthly_report"

urlpatterns = [
    path("", month_views.month_list, name="months"),
    path("import/", import_views.start_import, name="import_start"),
    path("upload/", import_views.start_import),
    path("import/template/", import_views.import_template, name="import_template"),
    path("import/<int:pk>/", import_views.show_import, name="import"),
    path("import/<int:pk>/apply/", import_views.apply_import, name="import_apply"),
    path("import/<int:pk>/undo/", import_views.undo_import, name="import_undo"),
    path("glpi-export/", glpi_views.home, name="glpi_exports"),
    path("glpi-export/start/", glpi_views.start, name="glpi_start"),
    path("glpi-export/status/", glpi_views.status, name="glpi_status"),
    path("glpi-export/<int:pk>/", glpi_views.show, name="glpi_export"),
    path("glpi-export/<int:pk>/write/", glpi_views.write, name="glpi_write"),
    path("glpi-export/<int:pk>/go-on/", glpi_views.go_on, name="glpi_go_on"),
    path("glpi-export/<int:pk>/stop/", glpi_views.stop, name="glpi_stop"),
    path("glpi-export/<int:pk>/table/", glpi_views.table, name="glpi_table"),
    path("sync/", deed_views.sync, name="sync_current"),
    path("<month:month>/", month_views.month_page, name="month"),
    path("<month:year>/export/", month_views.export, name="export"),
    path("<month:month>/changes/", month_views.changes, name="changes"),
    path("<month:month>/publish/", deed_views.set_published, name="publish"),
    path("<month:month>/window/", deed_views.set_window, name="window"),
    path("<month:month>/auto-sync/", deed_views.set_auto_sync, name="auto_sync"),
    path("<month:month>/mail/", deed_views.send_mail, name="mail"),
    path("<month:month>/delete/", deed_views.delete_month, name="delete"),
    path("<int:year>/<int:month>/export-excel/", month_views.export),
    path("api/months/", month_views.months_json, name="api_months"),
    path("api/month/<int:year>/<int:month>/", grid_views.month_rows, name="api_month"),
    path("api/sync/", deed_views.sync, name="api_sync_current"),
    path("api/sync/<int:year>/<int:month>/", deed_views.sync, name="sync"),
    path("api/update-counters/<int:pk>/", grid_views.update_counters, name="update_counters"),
    path("api/device/<int:pk>/", device_views.device_info, name="device_info"),
    path("api/revert-change/<int:pk>/", grid_views.revert_change, name="revert_change"),
    path("api/reset-manual-flag/<int:pk>/", grid_views.reset_manual_flag, name="reset_manual_flag"),
    path("api/month-diff/<int:year>/<int:month>/", month_views.month_diff, name="month_diff"),
    path("api/month-users-stats/<int:year>/<int:month>/", month_views.month_editors, name="month_editors"),
    path("api/toggle-serial-override/", deed_views.set_override, name="set_override"),
]
