"""Routes of billing, below `/billing/`."""

from django.urls import path, register_converter

from billing.views import invoice_views, tariff_views
from monthly_report.urls import MonthConverter

register_converter(MonthConverter, "billing_month")

app_name = "billing"

urlpatterns = [
    path("", invoice_views.home, name="home"),
    path("tariffs/", tariff_views.tariff_list, name="tariffs"),
    path("tariffs/export/", tariff_views.export_tariffs, name="tariffs_export"),
    path("tariffs/add/", tariff_views.add_tariff, name="tariff_add"),
    path("tariffs/<int:pk>/", tariff_views.edit_tariff, name="tariff"),
    path("tariffs/<int:pk>/delete/", tariff_views.delete_tariff, name="tariff_delete"),
    path("<billing_month:month>/", invoice_views.month_page, name="month"),
    path("<billing_month:month>/export/", invoice_views.export_month, name="month_export"),
    path("<billing_month:month>/issue/", invoice_views.issue_all, name="issue_all"),
    path("<billing_month:month>/<int:organization>/", invoice_views.invoice_page, name="invoice"),
    path("<billing_month:month>/<int:organization>/issue/", invoice_views.issue, name="issue"),
    path("<billing_month:month>/<int:organization>/export/", invoice_views.export_invoice, name="invoice_export"),
    path("<billing_month:month>/<int:organization>/device/<int:row>/", invoice_views.evidence_page, name="evidence"),
]
