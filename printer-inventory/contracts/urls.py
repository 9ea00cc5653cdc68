"""Routes of the contracts, served below `/contracts/`."""

from django.urls import path

from contracts.views import api_views, device_views, import_views, list_views, order_views, replace_views

app_name = "contracts"

urlpatterns = [
    path("", list_views.device_list, name="device_list"),
    path("rows/", list_views.device_rows, name="device_rows"),
    path("filters/", list_views.filter_choices, name="filter_choices"),
    path("export/", list_views.export, name="export"),
    path("bulk/", list_views.bulk, name="bulk"),
    path("new/", device_views.add_device, name="device_add"),
    path("restore/", device_views.restore_devices, name="devices_restore"),
    path("<int:pk>/", device_views.device, name="device"),
    path("device/<int:pk>/", device_views.device),
    path("<int:pk>/edit/", device_views.edit_device, name="device_edit"),
    path("<int:pk>/remove/", device_views.remove_device, name="device_remove"),
    path("<int:pk>/replace/", replace_views.replace_device, name="device_replace"),
    path("<int:pk>/replace/undo/", replace_views.undo_replacement, name="device_replace_undo"),
    path("<int:pk>/order/", order_views.order_cartridges, name="order"),
    path("<int:pk>/email/", order_views.order_cartridges),
    path("orders/", order_views.order_list, name="order_list"),
    path("orders/<int:pk>/", order_views.order_message, name="order_message"),
    path("orders/<int:pk>/again/", order_views.send_again, name="order_again"),
    path("import/", import_views.start_import, name="import_start"),
    path("import/template/", import_views.import_template, name="import_template"),
    path("import/<int:pk>/", import_views.show_import, name="import"),
    path("import/<int:pk>/progress/", import_views.import_progress, name="import_progress"),
    path("import/<int:pk>/decide/", import_views.decide, name="import_decide"),
    path("import/<int:pk>/apply/", import_views.apply_import, name="import_apply"),
    path("import/<int:pk>/undo/", import_views.undo_import, name="import_undo"),
    path("import/<int:pk>/report/", import_views.import_report, name="import_report"),
    path("import/<int:pk>/missing/", import_views.missing, name="import_missing"),
    path("import/<int:pk>/missing/export/", import_views.export_missing, name="import_missing_export"),
    path("api/devices/", api_views.devices_json, name="api_devices"),
    path("api/filters/", api_views.filters_json, name="api_filters"),
    path("api/choices/", api_views.choices_json, name="api_choices"),
    path("api/create/", api_views.create, name="api_create"),
    path("api/lookup-by-serial/", api_views.lookup_by_serial, name="api_lookup"),
    path("api/<int:pk>/update/", api_views.update, name="api_update"),
    path("api/<int:pk>/delete/", api_views.delete, name="api_delete"),
    path("api/<int:pk>/history/", api_views.history_json, name="api_history"),
]
