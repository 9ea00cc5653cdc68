"""The web parser's JSON: fetch a page, point at it, test and keep rules, give them on as templates."""

from __future__ import annotations

from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

from django.contrib.auth.decorators import permission_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST
from webshell.problems import problem

from inventory.models import PollingMethod, Printer, WebParsingTemplate
from inventory.polling.web.pages import Document
from inventory.services import printers, web_preview, web_rules
from inventory.views.web_requests import (
    BadRequestError,
    answered,
    body_of,
    number_of,
    page_of_request,
    printer_by,
    printer_of,
    rule_of_request,
    snapshot_of,
    text_of,
)
from inventory.views.web_views import rule_json, template_json
from inventory.web_parser import documents, evaluate, preview, rules, xpaths

MANAGE = permission_required("inventory.manage_web_parsing", raise_exception=True)
LOOK = permission_required("inventory.view_web_parsing", raise_exception=True)


@require_GET
@LOOK
def rules_of_printer(request: HttpRequest, printer_id: int) -> HttpResponse:
    """`{success, rules: [...]}` of one printer."""
    del request
    return JsonResponse(
        {"success": True, "rules": [rule_json(row) for row in web_rules.rows_of(printer_by(printer_id))]}
    )


@require_POST
@MANAGE
@answered
def save_rule(request: HttpRequest) -> HttpResponse:
    """Add, change (`edit_id`, `version`) or `delete` a rule of `printer_id`: `{success, id, rule}`."""
    data = body_of(request)
    printer, edited = printer_of(data), number_of(data, "edit_id")
    if data.get("delete") is True:
        gone = web_rules.delete_rule(printer, edited or 0, request.user.pk)
        return JsonResponse({"success": True, "id": edited, "rule": gone})
    row = web_rules.save_rule(
        printer, rule_of_request(data), request.user.pk, pk=edited, version=number_of(data, "version")
    )
    return JsonResponse({"success": True, "id": row.pk, "rule": rule_json(row)})


@require_POST
@MANAGE
@answered
def fetch_page(request: HttpRequest) -> HttpResponse:
    """Fetch `path` of `printer_id` (after `steps`, through the `browser`): `{success, snapshot, preview, path, log, reads}`.

    The documented `{url}` is taken when it is a printer's of ours; user and password are the printer's, never the request's.
    """
    data = body_of(request)
    if "url" in data and "printer_id" not in data:
        data |= _by_url(text_of(data, "url", 2000))
    printer = printer_of(data)
    found = web_preview.fetch(printer, page_of_request(data), request.user.pk or 0)
    if isinstance(found, str):
        return problem(request, 422, _("The page did not come"), found, success=False)
    found.parsed()
    return JsonResponse(
        {
            "success": True,
            "snapshot": found.token,
            "preview": reverse("inventory:web_preview", args=[printer.pk, found.token]),
            "path": found.document.path,
            "log": list(found.document.log),
            "action_log": list(found.document.log),
            "parsed_results": dict(found.document.reads),
        }
    )


@require_POST
@MANAGE
@answered
def pick(request: HttpRequest) -> HttpResponse:
    """Where the `element` with that number stands on a `snapshot`: `{success, text, candidates: [{xpath, why, matches}]}`."""
    data = body_of(request)
    number = number_of(data, "element")
    if number is None:
        raise BadRequestError(_("Say which element."))
    page = snapshot_of(request, data).parsed()
    element = preview.element_at(page, number)
    found = [{"xpath": one.xpath, "why": one.why, "matches": one.matches} for one in preview.candidates(page, element)]
    return JsonResponse({"success": True, "text": xpaths.text_of(element)[:300], "candidates": found})


@require_POST
@MANAGE
@answered
def test_xpath(request: HttpRequest) -> HttpResponse:
    """Try a rule on a `snapshot`, or on `html` in the request: `{success, raw_result, value, error}`."""
    data = body_of(request)
    rule = rule_of_request({"field": "counter", "path": "/", **data})
    if "html" in data:
        document = Document(text_of(data, "html", 900_000).encode("utf-8", "replace"), "text/html", "utf-8")
        documents.parse(document)
        result = evaluate.read_one(rule, evaluate.parse(document))
    else:
        result = web_preview.try_rule(rule, snapshot_of(request, data))
    return JsonResponse(
        {"success": not result.error, "raw_result": result.text, "value": result.value, "error": result.error}
    )


@require_POST
@MANAGE
@answered
def try_rules(request: HttpRequest) -> HttpResponse:
    """Read `printer_id` now by its rules (or by `rules`), storing nothing: `{success, results, warning}`."""
    data = body_of(request)
    printer = printer_of(data)
    taught = rules.load(data["rules"]) if "rules" in data else web_rules.rules_of(printer)
    return JsonResponse(_tried(printer, taught))


@require_POST
@MANAGE
@answered
def test_rules(request: HttpRequest) -> HttpResponse:
    """`{url, rules}`: read the printer at that address, which has to be one of ours, by these rules, storing nothing."""
    data = body_of(request)
    where = _by_url(text_of(data, "url", 2000))
    rows = data.get("rules")
    if not isinstance(rows, list):
        raise BadRequestError(_("rules is a list."))
    usual = {"path": where["path"], "protocol": where["protocol"]}
    taught = rules.load([{**usual, **row} if isinstance(row, dict) else row for row in rows])
    return JsonResponse(_tried(printer_of(where), taught))


@require_GET
@LOOK
@answered
def templates(request: HttpRequest) -> HttpResponse:
    """`{success, templates}`: public ones and one's own, of `device_model_id` where it is given."""
    rows = web_rules.visible_templates(request.user.pk)
    model = number_of(request.GET, "device_model_id")
    rows = rows if model is None else rows.filter(device_model=model)
    return JsonResponse({"success": True, "templates": [template_json(row, request.user.pk) for row in rows[:500]]})


@require_POST
@MANAGE
@answered
def save_template(request: HttpRequest) -> HttpResponse:
    """Keep the rules of `printer_id` as template `name`; `is_public` needs the right to publish."""
    data = body_of(request)
    public = data.get("is_public") is True
    if public and not request.user.has_perm("inventory.can_create_public_templates"):
        raise PermissionDenied(_("Your role may keep templates for itself, not for everybody."))
    template = web_rules.save_template(
        printer_of(data),
        text_of(data, "name", 200),
        request.user.pk,
        description=text_of(data, "description", 2000),
        public=public,
    )
    return JsonResponse({"success": True, "id": template.pk})


@require_POST
@MANAGE
@answered
def apply_template(request: HttpRequest) -> HttpResponse:
    """Give `template_id` to `printer_id`, or with `scope: "model"` to every active printer of the model.

    `{success, printers, before}`: what one printer had before, for undoing.
    """
    data = body_of(request)
    number = number_of(data, "template_id")
    template = (
        web_rules.visible_templates(request.user.pk, everything=request.user.is_superuser)
        .filter(pk=number or 0)
        .first()
    )
    if template is None:
        raise Http404
    if data.get("scope") == "model":
        chosen = list(Printer.objects.filter(device_model=template.device_model_id, is_active=True))
    else:
        chosen = [printer_of(data)]
    before = web_rules.apply_template(template, chosen, request.user.pk, overwrite=data.get("overwrite") is not False)
    method = text_of(data, "polling_method", 10)
    if method in (PollingMethod.WEB, PollingMethod.HYBRID):
        for printer in chosen:
            printers.edit_printer(printer, {"polling_method": method}, printer.version, request.user.pk)
    single = before.get(chosen[0].pk) if len(chosen) == 1 else None
    return JsonResponse({"success": True, "printers": len(before), "before": single})


@require_http_methods(["DELETE", "POST"])
@MANAGE
@answered
def delete_template(request: HttpRequest, template_id: int) -> HttpResponse:
    """Delete a template of one's own; a superuser any."""
    rows = WebParsingTemplate.objects.filter(pk=template_id)
    if not request.user.is_superuser:
        rows = rows.filter(created_by=request.user.pk)
    if not rows.delete()[0]:
        raise Http404
    return JsonResponse({"success": True})


@require_POST
@permission_required("inventory.manage_web_parsing", raise_exception=True)
@answered
def update_method(request: HttpRequest, pk: int) -> HttpResponse:
    """Set how a printer is polled: `polling_method`, in JSON or as a form field."""
    data: Any = body_of(request) if request.content_type == "application/json" else request.POST
    method = text_of(data, "polling_method", 10)
    if method not in PollingMethod.values:
        raise BadRequestError(_("The polling method is one of %(words)s.") % {"words": ", ".join(PollingMethod.values)})
    printer = printer_by(pk)
    try:
        printers.edit_printer(printer, {"polling_method": method}, printer.version, request.user.pk)
    except printers.ConflictError:
        raise web_rules.RuleConflictError from None
    return JsonResponse({"success": True, "polling_method": method})


def _tried(printer: Printer, taught: list[rules.Rule]) -> dict[str, Any]:
    results = web_preview.try_rules(printer, taught)
    known = any(one.field in ("serial_number", "mac_address") and one.value for one in results)
    good = any(one.value is not None for one in results)
    return {"success": good, "results": [one.to_json() for one in results], "identified": known}


def _by_url(url: str) -> dict[str, Any]:
    """Return printer, protocol and path of an address; BadRequestError unless a printer of ours has its web port there."""
    refused = BadRequestError(
        _("This is no address of a printer of ours: http://address:port/path, as the fleet has it.")
    )
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise refused from None
    if parts.scheme not in ("http", "https") or parts.username is not None or not parts.hostname:
        raise refused
    usual = {"http": 80, "https": 443}[parts.scheme]
    rows = Printer.objects.filter(
        is_active=True, web_port__in={port or usual, 80 if port in (None, 443) else port or 0}
    )
    printer = (
        next((one for one in rows.filter(ip_address=parts.hostname)[:1]), None) if _is_address(parts.hostname) else None
    )
    if printer is None:
        raise refused
    path = f"{parts.path or '/'}?{parts.query}" if parts.query else parts.path or "/"
    return {"printer_id": printer.pk, "protocol": parts.scheme, "path": path}


def _is_address(text: str) -> bool:
    """Say whether a host is an address in its standard spelling; anything else is no printer of ours."""
    try:
        return str(ip_address(text)) == text
    except ValueError:
        return False
