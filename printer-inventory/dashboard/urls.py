"""Routes of the dashboard."""

from django.urls import path

from dashboard.views import alarm_views, report_views

app_name = "dashboard"

urlpatterns = [
    path("", report_views.overview, name="overview"),
    path("export/", report_views.export_all, name="export_all"),
    path("alarms/", alarm_views.rule_list, name="rules"),
    path("alarms/rules/add/", alarm_views.edit_rule, name="rule_add"),
    path("alarms/rules/<int:pk>/", alarm_views.rule_page, name="rule"),
    path("alarms/rules/<int:pk>/edit/", alarm_views.edit_rule, name="rule_edit"),
    path("alarms/rules/<int:pk>/delete/", alarm_views.delete_rule, name="rule_delete"),
    path("alarms/rules/<int:pk>/test/", alarm_views.test_rule, name="rule_test"),
    path("alarms/webhooks/add/", alarm_views.edit_webhook, name="webhook_add"),
    path("alarms/webhooks/<int:pk>/edit/", alarm_views.edit_webhook, name="webhook_edit"),
    path("alarms/webhooks/<int:pk>/delete/", alarm_views.delete_webhook, name="webhook_delete"),
    path("alarms/mails/add/", alarm_views.edit_mail, name="mail_add"),
    path("alarms/mails/<int:pk>/edit/", alarm_views.edit_mail, name="mail_edit"),
    path("alarms/mails/<int:pk>/delete/", alarm_views.delete_mail, name="mail_delete"),
    path("alarms/mails/<int:pk>/send/", alarm_views.send_mail_now, name="mail_send"),
    path("deliveries/", alarm_views.delivery_list, name="deliveries"),
    path("deliveries/<int:pk>/again/", alarm_views.send_again, name="delivery_again"),
    path("<slug:slug>/", report_views.report_page, name="report"),
    path("<slug:slug>/export/", report_views.export, name="export"),
]
