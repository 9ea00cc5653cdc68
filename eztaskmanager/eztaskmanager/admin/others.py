"""Runs, workers, deliveries, the audit and API tokens in the admin."""

from __future__ import annotations

import hashlib
import secrets
from typing import TYPE_CHECKING, Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from eztaskmanager.models import ApiToken, AuditEntry, Delivery, LaunchReport, Worker
from eztaskmanager.services.delivery import send_test
from eztaskmanager.templatetags.eztaskmanager import badge, describe, ez_duration

if TYPE_CHECKING:
    ReadBase = admin.ModelAdmin[Any]
else:
    ReadBase = admin.ModelAdmin


class ReadOnlyAdmin(ReadBase):
    """Rows that nobody adds or edits."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Nobody adds them."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody edits them."""
        return False


@admin.register(LaunchReport)
class LaunchReportAdmin(ReadOnlyAdmin):
    """Runs of all tasks; their page is the live log."""

    list_display = ("number", "task", "result", "invocation_datetime", "took", "reason")
    list_filter = ("state", "invocation_result", "trigger", "queue")
    list_select_related = ("task",)
    search_fields = ("task__name", "requested_by", "reason")
    ordering = ("-id",)

    class Media:
        css = {"all": ["eztaskmanager/eztaskmanager.css"]}

    @admin.display(description=gettext_lazy("run"), ordering="id")
    def number(self, obj: LaunchReport) -> str:
        """Return `run 12`."""
        return _("run %(number)d") % {"number": obj.pk}

    @admin.display(description=gettext_lazy("result"), ordering="state")
    def result(self, obj: LaunchReport) -> SafeString:
        """Return the state."""
        stopping = obj.is_stopping
        return badge(*describe(obj.state, obj.invocation_result, stopping=stopping))

    @admin.display(description=gettext_lazy("took"))
    def took(self, obj: LaunchReport) -> str:
        """Return how long it ran."""
        return ez_duration(obj.duration)

    def change_view(
        self, request: HttpRequest, object_id: str, *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """Lead to the live log."""
        return HttpResponseRedirect(
            reverse("eztaskmanager:live_log_viewer", args=[int(object_id)])
        )


@admin.register(Worker)
class WorkerAdmin(ReadOnlyAdmin):
    """Database workers that are alive."""

    list_display = ("name", "queues", "concurrency", "started_at", "heartbeat_at")


@admin.register(Delivery)
class DeliveryAdmin(ReadOnlyAdmin):
    """What became of notifications."""

    list_display = ("created_at", "handler", "event", "delivered", "detail", "run")
    list_filter = ("delivered", "handler", "event")
    ordering = ("-id",)
    change_list_template = "admin/eztaskmanager/delivery/change_list.html"

    class Media:
        css = {"all": ["eztaskmanager/eztaskmanager.css"]}

    def get_urls(self) -> list[URLPattern]:
        """Add the button that sends a test."""
        view = self.admin_site.admin_view(require_POST(self.send_test_view))
        own = [path("send-test/", view, name="eztaskmanager_delivery_send_test")]
        return own + super().get_urls()

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Show above the list who is told, with a button each."""
        context = {
            **(extra_context or {}),
            "handlers": LaunchReport.get_notification_handlers(),
            "may_test": self.may_test(request),
        }
        return super().changelist_view(request, context)

    def may_test(self, request: HttpRequest) -> bool:
        """Those who may change tasks."""
        return bool(request.user.has_perm("eztaskmanager.change_task"))

    def send_test_view(self, request: HttpRequest) -> HttpResponse:
        """Send a test through the handler named in the form, and say what became of it."""
        if not self.may_test(request):
            raise PermissionDenied
        name = request.POST.get("handler", "")
        try:
            sent = send_test(name)
        except LookupError as error:
            self.message_user(request, str(error.args[0]), messages.ERROR)
        else:
            if sent.delivered:
                text = _("The test message went out by %(name)s.") % {"name": name}
                self.message_user(request, text, messages.SUCCESS)
            else:
                text = _("Not delivered by %(name)s: %(detail)s")
                values = {"name": name, "detail": sent.detail}
                self.message_user(request, text % values, messages.ERROR)
        return HttpResponseRedirect(reverse("admin:eztaskmanager_delivery_changelist"))

    @admin.display(description=gettext_lazy("run"), ordering="report")
    def run(self, obj: Delivery) -> SafeString | str:
        """Link to the run."""
        if obj.report_id is None:
            return "-"
        link = reverse("eztaskmanager:live_log_viewer", args=[obj.report_id])
        text = _("run %(number)d") % {"number": obj.report_id}
        return format_html('<a href="{}">{}</a>', link, text)


@admin.register(AuditEntry)
class AuditEntryAdmin(ReadOnlyAdmin):
    """Who did what."""

    list_display = (
        "created_at",
        "user",
        "action",
        "task_name",
        "report_number",
        "detail",
    )
    list_filter = ("action",)
    search_fields = ("user", "task_name")
    ordering = ("-id",)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """The audit stays."""
        return False


@admin.register(ApiToken)
class ApiTokenAdmin(ReadBase):
    """Keys for the JSON API. The secret is shown once."""

    list_display = ("name", "user", "hint", "created_at", "expires_at", "last_used_at")
    fields = ("name", "user", "expires_at")
    raw_id_fields = ("user",)

    def save_model(
        self, request: HttpRequest, obj: ApiToken, form: Any, change: bool
    ) -> None:
        """Make the secret of a new token and show it this once."""
        if not change:
            secret = f"ez_{secrets.token_urlsafe(32)}"
            obj.digest = hashlib.sha256(secret.encode()).hexdigest()
            obj.hint = secret[:7]
            self.message_user(
                request,
                _("The token is %(secret)s - copy it now, it is not shown again.")
                % {"secret": secret},
                messages.WARNING,
            )
        super().save_model(request, obj, form, change)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Only superusers: a token acts as its user."""
        return bool(request.user.is_superuser)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Only superusers: a token acts as its user."""
        return bool(request.user.is_superuser)
