"""The web parser's pages: the editor of a printer's rules, the preview inside it, rules as a file."""

from __future__ import annotations

from typing import Any, Final

from csp.decorators import csp_exempt, csp_update
from django.contrib.auth.decorators import permission_required
from django.core.paginator import Paginator
from django.db.models import Count, Q
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.templatetags.static import static
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST

from inventory.models import PollingMethod, Printer, WebParsingTemplate
from inventory.services import web_rules, xml_export
from inventory.services.web_preview import recall
from inventory.views.web_requests import answered, body_of, printer_by
from inventory.web_parser import fields, preview, rules
from inventory.web_parser.errors import ReadError

FIELD_GROUPS: Final = (
    (gettext_lazy("Who it is"), tuple(fields.TEXTS)),
    (gettext_lazy("Counters"), tuple(fields.COUNTERS)),
    (gettext_lazy("Supplies"), tuple(fields.SUPPLIES)),
)


def rule_json(row: Any) -> dict[str, Any]:
    """Return a stored rule as the editor takes it."""
    return {**rules.to_config(web_rules.rule_of(row)), "id": row.pk, "version": row.version}


@require_GET
@permission_required("inventory.view_web_parsing", raise_exception=True)
@csp_update({"frame-src": ["'self'"]})  # type: ignore[arg-type] # its stub knows views without arguments only
def editor(request: HttpRequest, pk: int) -> HttpResponse:
    """The editor: the printer's page on the left, its rules on the right."""
    printer = printer_by(pk)
    mine = request.user.has_perm("inventory.manage_web_parsing")
    data = {
        "printer": printer.pk,
        "rules": [rule_json(row) for row in web_rules.rows_of(printer)],
        "may": mine,
        "urls": {
            "printer": printer.get_absolute_url(),
            "fetch": reverse("inventory:web_fetch"),
            "pick": reverse("inventory:web_pick"),
            "test": reverse("inventory:web_test_xpath"),
            "save": reverse("inventory:web_save_rule"),
            "rules": reverse("inventory:web_rules", args=[pk]),
            "try": reverse("inventory:web_try"),
            "import": reverse("inventory:web_import", args=[pk]),
            "method": reverse("inventory:web_method", args=[pk]),
            "templates": f"{reverse('inventory:web_templates')}?device_model_id={printer.device_model_id or 0}",
            "save_template": reverse("inventory:web_save_template"),
            "apply_template": reverse("inventory:web_apply_template"),
            "delete_template": reverse("inventory:web_delete_template", args=[0]),
        },
    }
    same_model = (
        Printer.objects.filter(device_model=printer.device_model_id, is_active=True)
        if printer.device_model_id
        else None
    )
    context = {
        "printer": printer,
        "data": data,
        "groups": [(label, [(name, name.replace("_", " ")) for name in names]) for label, names in FIELD_GROUPS],
        "methods": PollingMethod.choices,
        "same_model": same_model.exclude(pk=pk).count() if same_model is not None else 0,
        "words": words(),
    }
    return render(request, "inventory/web/editor.html", context)


@require_GET
@permission_required("inventory.view_web_parsing", raise_exception=True)
@csp_exempt()  # type: ignore[arg-type] # the same
def show_preview(request: HttpRequest, pk: int, token: str) -> HttpResponse:
    """A fetched page, written anew without anything that could act; for the editor's sandboxed frame alone."""
    snapshot = recall(token, request.user.pk or 0)
    if snapshot is None or snapshot.printer_id != pk:
        raise Http404
    style, script = (
        request.build_absolute_uri(static(f"inventory/{name}")) for name in ("web-preview.css", "web-preview.js")
    )
    try:
        body = preview.render(snapshot.parsed(), snapshot.document.path, _("Preview"), style, script)
    except (ReadError, RecursionError) as error:
        return HttpResponse(str(error), status=422, content_type="text/plain; charset=utf-8")
    response = HttpResponse(body)
    # An opaque origin: whatever stood on the page has neither our cookies nor our pages, and only our own script may run.
    response.headers["Content-Security-Policy"] = (
        f"default-src 'none'; script-src {script}; style-src {style}; sandbox allow-scripts; base-uri 'none'; "
        "form-action 'none'; frame-ancestors 'self'"
    )
    response.headers["X-Frame-Options"] = "SAMEORIGIN"
    response.headers["Cache-Control"] = "no-store"
    response.headers["Referrer-Policy"] = "no-referrer"
    return response


@require_GET
@permission_required("inventory.view_web_parsing", raise_exception=True)
def export_rules(request: HttpRequest, pk: int) -> HttpResponse:
    """A printer's rules as a JSON file."""
    del request
    response = JsonResponse(rules.export(web_rules.rules_of(printer_by(pk))), json_dumps_params={"indent": 1})
    response.headers["Content-Disposition"] = f'attachment; filename="web-rules-{pk}.json"'
    return response


@require_GET
@permission_required("inventory.view_web_parsing", raise_exception=True)
def export_xml(request: HttpRequest, pk: int) -> HttpResponse:
    """A printer's last believed reading as the XML that inventory agents write."""
    del request
    printer = printer_by(pk)
    response = HttpResponse(xml_export.inventory_xml(printer), content_type="application/xml")
    response.headers["Content-Disposition"] = f'attachment; filename="{xml_export.file_name(printer)}"'
    return response


@require_POST
@permission_required("inventory.manage_web_parsing", raise_exception=True)
@answered
def import_rules(request: HttpRequest, pk: int) -> HttpResponse:
    """Take rules from an exported file: all of them or none; the answer holds what was there before, for undoing."""
    data = body_of(request)
    overwrite = data.pop("overwrite", True) is True
    wanted = rules.load(data)
    before = web_rules.replace_rules(
        printer_by(pk), wanted, request.user.pk, overwrite=overwrite, comment=_("From a file")
    )
    return JsonResponse({"success": True, "rules": len(wanted), "before": before})


@require_GET
@permission_required("inventory.view_web_parsing", raise_exception=True)
def overview(request: HttpRequest) -> HttpResponse:
    """Which printers are read from pages, and the templates there are."""
    read = (
        Printer.objects.filter(is_active=True)
        .filter(Q(polling_method__in=(PollingMethod.WEB, PollingMethod.HYBRID)) | Q(web_parsing_rules__isnull=False))
        .select_related("device_model__manufacturer", "organization", "status")
        .annotate(rule_count=Count("web_parsing_rules"))
        .order_by("ip_address", "snmp_port", "id")
    )
    pages = Paginator(read, 50)
    number = request.GET.get("page", "1")
    page = pages.get_page(number if number.isascii() and number.isdigit() and len(number) < 9 else 1)
    templates = web_rules.visible_templates(request.user.pk, everything=request.user.is_superuser)
    context = {"page": page, "pages": pages, "templates": list(templates[:100]), "total": pages.count}
    return render(request, "inventory/web/overview.html", context)


def template_json(row: WebParsingTemplate, user_id: int | None) -> dict[str, Any]:
    """Return a template as lists show it."""
    return {
        "id": row.pk,
        "name": row.name,
        "description": row.description,
        "device_model": str(row.device_model),
        "device_model_id": row.device_model_id,
        "rules": len(row.rules_config.get("rules", [])),
        "is_public": row.is_public,
        "is_mine": row.created_by_id == user_id,
        "created_by": row.created_by.get_username() if row.created_by else "",
        "usage_count": row.usage_count,
    }


def words() -> dict[str, str]:
    """Return the editor's words for its script."""
    return {
        "loading": _("Asking the printer"),
        "saved": _("Rule saved."),
        "deleted": _("Rule deleted."),
        "undo": _("Undo"),
        "matches": _("finds {count}"),
        "found": _("Found"),
        "nothing": _("Nothing was found."),
        "follow": _("Open {path}"),
        "calculated": _("calculated"),
        "edit": _("Edit"),
        "delete": _("Delete"),
        "id": _("by id"),
        "label": _("by the label beside it"),
        "name": _("by its name"),
        "class": _("by its class"),
        "position": _("by its position"),
        "applied": _("Template applied."),
        "templateSaved": _("Template kept."),
        "imported": _("Rules taken over."),
        "method": _("Polling method changed."),
        "noTemplates": _("No template for this device model yet."),
        "apply": _("Apply"),
        "rules": _("{count} rules"),
        "remove": _("Remove"),
        "selector": _("CSS or XPath"),
        "value": _("text, {username}, {password}"),
        "field": _("field or variable"),
        "seconds": _("s"),
        "unknown": _("No rule reads the serial number or MAC address: the reading would not be believed."),
        "notJson": _("This is no JSON file."),
        "deleteTemplate": _("Delete the template?"),
    }
