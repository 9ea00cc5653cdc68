"""`/api/v1/`: one typed API of all applications, with problem details (RFC 9457) and conditional requests (RFC 9110)."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable
from typing import Any, Final

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.cache import get_conditional_response
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, HttpError, ValidationError
from ninja.openapi.schema import OpenAPISchema
from webshell.problems import problem

from billing.views import api_views as billing
from contracts.views.v1 import candidates, imports
from inventory.views.v1 import others, polls, printers
from inventory.views.v1.problems import InvalidError

logger = logging.getLogger(__name__)

TITLES: Final = {
    400: gettext_lazy("This request cannot be read"),
    403: gettext_lazy("You may not do this"),
    404: gettext_lazy("There is nothing here"),
    409: gettext_lazy("It does not fit what is there"),
    410: gettext_lazy("It is gone"),
    412: gettext_lazy("Changed meanwhile"),
    428: gettext_lazy("Say what you have read"),
}


class Api(NinjaAPI):
    """Ninja's API with an ETag on what is read, and errors described as what they are."""

    def create_response(self, request: HttpRequest, data: Any, **options: Any) -> HttpResponse:
        """Return the answer, or 304 when the caller has it already."""
        response: HttpResponse = super().create_response(request, data, **options)
        if request.method != "GET" or response.status_code != 200:
            return response
        if not response.has_header("ETag"):
            response["ETag"] = f'"{hashlib.sha256(response.content).hexdigest()[:32]}"'
        response["Cache-Control"] = "private, no-cache"
        known = get_conditional_response(request, etag=response["ETag"], response=response)
        return known if isinstance(known, HttpResponse) else response

    def get_openapi_schema(self, **options: Any) -> OpenAPISchema:
        """Return the document; errors have the media type of problem details."""
        document = super().get_openapi_schema(**options)
        for operations in document["paths"].values():
            for operation in operations.values():
                for status, answer in operation["responses"].items():
                    if int(status) >= 400 and "content" in answer:
                        answer["content"] = {"application/problem+json": answer["content"]["application/json"]}
        files = document["paths"]["/api/v1/exports/{export_id}/file/"]["get"]["responses"]
        files[200]["content"] = {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}
        return document


def _may_read(view: Callable[..., Any]) -> Callable[..., Any]:
    """Let those read about the API who may: signed in, with the permission."""

    def guarded(request: HttpRequest, *arguments: Any, **keywords: Any) -> Any:
        if not request.user.has_perm("inventory.view_api_docs"):
            raise PermissionDenied(_("Reading about the API needs the permission “Can read the API documentation”."))
        return view(request, *arguments, **keywords)

    return guarded


api = Api(
    title="Printer Inventory",
    version="1",
    description=(
        "Everything about a fleet of printers. Make a token on your page (or with `manage.py api_token create`) and send it "
        "as `Authorization: Bearer …`. Errors are problem details (RFC 9457). What is read carries an ETag; editing wants it "
        "back as `If-Match`."
    ),
    urls_namespace="api-1",
    docs_url="/docs/",
    openapi_url="/openapi.json",
    docs_decorator=_may_read,
)
api.add_router("/printers/", printers.router)
api.add_router("/billing/", billing.router)
api.add_router("/", polls.router)
api.add_router("/", others.router)
api.add_router("/", imports.router)
api.add_router("/", candidates.router)


@api.exception_handler(HttpError)
def refused(request: HttpRequest, error: HttpError) -> HttpResponse:
    """What an operation refuses."""
    return problem(request, error.status_code, str(TITLES.get(error.status_code, _("Refused"))), str(error))


@api.exception_handler(Http404)
def not_found(request: HttpRequest, error: Http404) -> HttpResponse:
    """404."""
    del error
    return problem(request, 404, str(TITLES[404]), _("The address is wrong, or what it named has been deleted."))


@api.exception_handler(AuthenticationError)
def unknown(request: HttpRequest, error: AuthenticationError) -> HttpResponse:
    """401."""
    del error
    detail = _("Send `Authorization: Bearer` with a token that works: it may have been revoked, or have expired.")
    response = problem(request, 401, _("Sign in first"), detail)
    response["WWW-Authenticate"] = 'Bearer realm="Printer Inventory"'
    return response


@api.exception_handler(ValidationError)
def invalid(request: HttpRequest, error: ValidationError) -> HttpResponse:
    """422: what was sent does not fit the schema."""
    found = [{"field": ".".join(map(str, one["loc"])), "message": one["msg"]} for one in error.errors]
    return _invalid(request, found)


@api.exception_handler(InvalidError)
def wrong(request: HttpRequest, error: InvalidError) -> HttpResponse:
    """422: what was sent fits the schema and is wrong all the same."""
    return _invalid(request, error.errors)


def _invalid(request: HttpRequest, errors: list[dict[str, Any]]) -> HttpResponse:
    return problem(request, 422, _("Not valid"), _("See `errors` for what to correct."), errors=errors)


@api.exception_handler(Exception)
def broken(request: HttpRequest, error: Exception) -> HttpResponse:
    """500; the log has the rest under the same problem id."""
    logger.error("The API broke at %s", request.path, exc_info=error)
    detail = _("The fault is ours and is in the log under the problem id. Try again; if it stays, send us the id.")
    return problem(request, 500, _("Something broke"), detail)
