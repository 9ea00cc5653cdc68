"""What the web parser's views read from requests, with limits: nothing a caller sends reaches a service unchecked."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from webshell.problems import problem

from inventory.models import Printer
from inventory.models.encrypted import UndecryptableError
from inventory.polling.web.pages import PageRequest
from inventory.services.web_preview import BusyError, Snapshot, recall
from inventory.services.web_rules import RuleConflictError
from inventory.web_parser import rules
from inventory.web_parser.errors import ReadError, RuleError

MOST_BODY = 1_000_000
Answer = Callable[..., HttpResponse]


class BadRequestError(Exception):
    """The request is not what this address takes."""


def answered(view: Answer) -> Answer:
    """Turn what services say into problem details: 400 for the request, 404, 409, 422 for the rule or the page, 429."""

    @wraps(view)
    def wrapped(request: HttpRequest, *arguments: Any, **keywords: Any) -> HttpResponse:
        try:
            return view(request, *arguments, **keywords)
        except BadRequestError as error:
            return problem(request, 400, _("Unreadable request"), str(error), success=False)
        except LookupError:
            raise Http404 from None
        except RuleConflictError:
            text = _("Somebody else has changed this rule since you opened it. Open it again and repeat your change.")
            return problem(request, 409, _("Changed meanwhile"), text, success=False)
        except (RuleError, ReadError, UndecryptableError) as error:
            return problem(request, 422, _("This does not work"), str(error), success=False)
        except BusyError:
            return problem(
                request, 429, _("Busy"), _("Several pages are being read already; try again shortly."), success=False
            )

    return wrapped


def body_of(request: HttpRequest) -> dict[str, Any]:
    """Return the JSON object of a request's body."""
    if len(request.body) > MOST_BODY:
        raise BadRequestError(_("The request is larger than a megabyte."))
    try:
        data = json.loads(request.body or b"null")
    except (ValueError, RecursionError):
        raise BadRequestError(_("Send a JSON object.")) from None
    if not isinstance(data, dict):
        raise BadRequestError(_("Send a JSON object."))
    return data


def number_of(data: Mapping[str, Any], name: str) -> int | None:
    """Return a whole number that a database id or version may be; None where it is missing."""
    value = data.get(name)
    if value is None or value == "":
        return None
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 19:
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < 2**62:
        raise BadRequestError(_("%(name)s is a whole number.") % {"name": name})
    return value


def text_of(data: Mapping[str, Any], name: str, longest: int = 500) -> str:
    """Return a text; empty where it is missing."""
    value = data.get(name)
    if value is None:
        return ""
    if not isinstance(value, str) or len(value) > longest or "\x00" in value:
        raise BadRequestError(
            _("%(name)s is a text of %(longest)s characters at most.") % {"name": name, "longest": longest}
        )
    return value


def printer_of(data: Mapping[str, Any]) -> Printer:
    """Return the printer a request is about, by `printer_id`."""
    number = number_of(data, "printer_id")
    if number is None:
        raise BadRequestError(_("Say which printer: printer_id."))
    return printer_by(number)


def printer_by(pk: int) -> Printer:
    """Return a printer or raise Http404."""
    printer = Printer.objects.select_related("device_model__manufacturer").filter(pk=pk).first()
    if printer is None:
        raise Http404
    return printer


def rule_of_request(data: Mapping[str, Any]) -> rules.Rule:
    """Return the rule of a request, under our names or the documented ones (field_name, url_path, actions_chain...)."""
    config = dict(data)
    for old, new in (
        ("field_name", "field"), ("url_path", "path"), ("regex_pattern", "regex"), ("regex_replacement", "replacement"),
        ("calculation_formula", "formula"), ("actions", "steps"), ("actions_chain", "steps"), ("needs_browser", "browser"),
    ):  # fmt: skip
        if old in config and new not in config:
            config[new] = config[old]
    if isinstance(config.get("steps"), str):
        try:
            config["steps"] = json.loads(config["steps"] or "[]")
        except (ValueError, RecursionError):
            raise RuleError(_("The steps are a JSON list.")) from None
    return rules.from_config(config)


def page_of_request(data: Mapping[str, Any]) -> PageRequest:
    """Return the page a request wants to see."""
    shown = {
        name: data[name]
        for name in ("protocol", "path", "url_path", "steps", "actions", "actions_chain", "browser")
        if name in data
    }
    return rule_of_request({**shown, "field": "page", "xpath": "/*"}).page


def snapshot_of(request: HttpRequest, data: Mapping[str, Any]) -> Snapshot:
    """Return the page that was fetched before; ReadError once it is forgotten."""
    snapshot = recall(data.get("snapshot"), request.user.pk or 0)
    if snapshot is None:
        raise ReadError(_("The page is no longer kept; load it again."))
    return snapshot
