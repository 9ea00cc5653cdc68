"""Alert rules, webhooks, scheduled mails and what was delivered."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from functools import wraps
from typing import Any, Final

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.forms import ModelForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from access import reach
from dashboard.forms import MailForm, RuleForm, WebhookForm
from dashboard.models import Alarm, AlertRule, SuppliesMail
from dashboard.services import alarms, mails
from outbox.models import Delivery, Webhook
from outbox.services import posting

PAGE: Final = 50
manages = permission_required("dashboard.manage_alerts", raise_exception=True)


def whole_fleet(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Refuse people with a limit: rules watch the whole fleet and tell whom they name, whatever these may see."""

    @wraps(view)
    def wrapped(request: HttpRequest, *arguments: Any, **keywords: Any) -> HttpResponse:
        if reach.current() is not None:
            raise PermissionDenied
        return view(request, *arguments, **keywords)

    return wrapped


@require_GET
@whole_fleet
def rule_list(request: HttpRequest) -> HttpResponse:
    """Rules with their open alarms, webhooks and scheduled mails."""
    standing = Alarm.objects.filter(closed_at=None).select_related("rule", "printer")
    context = {
        "rules": AlertRule.objects.select_related("organization", "city").prefetch_related("webhooks"),
        "alarms": standing[:PAGE],
        "open_count": standing.count(),
        "webhooks": Webhook.objects.all(),
        "mails": SuppliesMail.objects.select_related("organization", "city").prefetch_related("runs"),
    }
    return render(request, "dashboard/rules.html", context)


@require_GET
@whole_fleet
def rule_page(request: HttpRequest, pk: int) -> HttpResponse:
    """One rule: whom it tells, what it has found, and what was delivered."""
    rule = get_object_or_404(AlertRule.objects.select_related("organization", "city", "created_by"), pk=pk)
    keys = [f"alarm-{pk}-", f"test-{pk}-"]
    deliveries = Delivery.objects.filter(message__key__startswith=keys[0]) | Delivery.objects.filter(
        message__key__startswith=keys[1]
    )
    context = {
        "rule": rule,
        "alarms": rule.alarms.select_related("printer")[:PAGE],
        "open_count": rule.alarms.filter(closed_at=None).count(),
        "deliveries": deliveries.select_related("message")[:PAGE],
        "hooks": rule.webhooks.all(),
    }
    return render(request, "dashboard/rule.html", context)


def _edit(request: HttpRequest, form_class: type[ModelForm[Any]], pk: int | None, add_title: str) -> HttpResponse:
    """Draw or take the form of a row to add or change; what was typed stays."""
    row = get_object_or_404(form_class._meta.model, pk=pk) if pk else None  # noqa: SLF001 - Django documents it
    form = form_class(request.POST or None, instance=row)
    if request.method == "POST" and form.is_valid():
        if row is None and hasattr(form.instance, "created_by_id"):
            form.instance.created_by_id = request.user.pk
        made = form.save()
        if secret := getattr(form, "made_secret", ""):
            text = _("The signing secret of %(name)s is %(secret)s. It is shown this once.")
            messages.info(request, text % {"name": made.name, "secret": secret})
        messages.success(request, _("%(name)s is saved.") % {"name": made.name})
        return redirect("dashboard:rules")
    title = _("Change %(name)s") % {"name": row.name} if row else add_title
    context = {"form": form, "title": title, "back": reverse("dashboard:rules")}
    return render(request, "dashboard/form.html", context, status=422 if form.is_bound else 200)


def _delete(request: HttpRequest, row: AlertRule | Webhook | SuppliesMail) -> HttpResponse:
    """Delete a row and say so on the page of rules."""
    row.delete()
    messages.success(request, _("%(name)s is deleted.") % {"name": row.name})
    return redirect("dashboard:rules")


@require_http_methods(["GET", "POST"])
@manages
def edit_rule(request: HttpRequest, pk: int | None = None) -> HttpResponse:
    """Add or change a rule."""
    return _edit(request, RuleForm, pk, _("Add an alert rule"))


@require_POST
@manages
def delete_rule(request: HttpRequest, pk: int) -> HttpResponse:
    """Delete a rule with its alarms; its deliveries stay on record."""
    return _delete(request, get_object_or_404(AlertRule, pk=pk))


@require_POST
@manages
def test_rule(request: HttpRequest, pk: int) -> HttpResponse:
    """Send a test to everybody whom a rule tells."""
    rule = get_object_or_404(AlertRule, pk=pk)
    alarms.send_test(rule, request.POST.get("key") or uuid.uuid4().hex)
    messages.success(request, _("The test is on its way; how it went stands below."))
    return redirect(rule)


@require_http_methods(["GET", "POST"])
@manages
def edit_webhook(request: HttpRequest, pk: int | None = None) -> HttpResponse:
    """Add or change a webhook."""
    return _edit(request, WebhookForm, pk, _("Add a webhook"))


@require_POST
@manages
def delete_webhook(request: HttpRequest, pk: int) -> HttpResponse:
    """Delete a webhook; what waits for it fails with that reason."""
    return _delete(request, get_object_or_404(Webhook, pk=pk))


@require_http_methods(["GET", "POST"])
@manages
def edit_mail(request: HttpRequest, pk: int | None = None) -> HttpResponse:
    """Add or change a scheduled mail."""
    return _edit(request, MailForm, pk, _("Add a supplies mail"))


@require_POST
@manages
def delete_mail(request: HttpRequest, pk: int) -> HttpResponse:
    """Delete a scheduled mail; what was sent stays on record."""
    return _delete(request, get_object_or_404(SuppliesMail, pk=pk))


@require_POST
@manages
def send_mail_now(request: HttpRequest, pk: int) -> HttpResponse:
    """Send a mail now, once per press of the button."""
    mail = get_object_or_404(SuppliesMail, pk=pk)
    key = request.POST.get("key") or uuid.uuid4().hex
    mails.compose(mail, f"supplies-{pk}-now-{key}"[:200], timezone.now())
    messages.success(request, _("%(name)s is on its way.") % {"name": mail.name})
    return redirect("dashboard:deliveries")


@require_GET
@manages
def delivery_list(request: HttpRequest) -> HttpResponse:
    """Everything that went out or is about to, newest first."""
    rows = Delivery.objects.select_related("message")
    state = request.GET.get("state", "")
    if state in {"queued", "running", "done", "failed", "lost"}:
        rows = rows.filter(state=state)
    pages = Paginator(rows, PAGE)
    page = pages.get_page(request.GET.get("page"))
    context = {
        "deliveries": page.object_list, "page": page.number, "pages": pages, "total": pages.count,
        "first": page.start_index(), "last": page.end_index(), "state": state,
    }  # fmt: skip
    return render(request, "dashboard/deliveries.html", context)


@require_POST
@manages
def send_again(request: HttpRequest, pk: int) -> HttpResponse:
    """Send a failed or lost delivery again, because a person says so."""
    if posting.send_again(pk):
        messages.success(request, _("It is on its way again."))
    else:
        messages.warning(request, _("It has not failed, so it is not sent again."))
    return redirect("dashboard:deliveries")
