"""WebSocket routes."""

from django.urls import path

from monthly_report.consumers import MonthConsumer

websocket_urlpatterns = [path("ws/monthly-report/<int:year>/<int:month>/", MonthConsumer.as_asgi())]
