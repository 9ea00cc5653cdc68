"""Pages that belong to the site, not to an application."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.crypto import constant_time_compare
from django.views.decorators.http import require_GET
from webshell.problems import problem

from access import reach
from inventory.services.metrics import exposition


@require_GET
def metrics(request: HttpRequest) -> HttpResponse:
    """Metrics in Prometheus' text format, for staff or for a scraper with `Authorization: Bearer METRICS_TOKEN`."""
    token = request.headers.get("Authorization", "").removeprefix("Bearer ")
    if not (settings.METRICS_TOKEN and constant_time_compare(token, settings.METRICS_TOKEN)) and not (
        request.user.is_staff and reach.current() is None
    ):
        return problem(request, 403, "No access", "Sign in as staff, or send the token that METRICS_TOKEN holds.")
    return HttpResponse(exposition(), content_type="text/plain; version=0.0.4; charset=utf-8")
