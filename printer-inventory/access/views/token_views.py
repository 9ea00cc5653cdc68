"""One's own API tokens."""

from __future__ import annotations

from datetime import timedelta

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_http_methods, require_POST

from access.client import actor_of
from access.forms import TokenForm
from access.models import ApiToken, EntityChangeLog
from access.scopes import SCOPES
from access.services import audit, tokens


@require_http_methods(["GET", "POST"])
@never_cache
@sensitive_variables("text")
def token_list(request: HttpRequest) -> HttpResponse:
    """The tokens of whoever is signed in, and a form for a new one, whose text is shown this once."""
    form, text = TokenForm(request.POST if request.method == "POST" else None), ""
    actor = actor_of(request)
    if actor.user is not None and form.is_bound and form.is_valid():
        now, days = timezone.now(), form.cleaned_data["days"]
        ends = now + timedelta(days=days) if days else None
        row, text = tokens.create(actor.user, form.cleaned_data["name"], form.cleaned_data["scopes"], now, ends)
        audit.record(actor, EntityChangeLog.Action.CREATE, row, {"scopes": ([], row.scopes)})
        form = TokenForm()
    mine = ApiToken.objects.filter(user=actor.user).select_related("user")
    rows = [
        {"token": one, "works": one.works(timezone.now()), "scopes": [SCOPES.get(s, s) for s in one.scopes]}
        for one in mine
    ]
    context = {"form": form, "rows": rows, "text": text}
    return render(request, "access/token_list.html", context, status=422 if form.errors else 200)


@require_POST
def revoke_token(request: HttpRequest, pk: int) -> HttpResponse:
    """Make one of one's own tokens useless."""
    token = get_object_or_404(ApiToken, pk=pk, user_id=request.user.pk)
    if tokens.revoke(token, timezone.now()):
        audit.record(actor_of(request), EntityChangeLog.Action.REVOKED, token)
    messages.success(request, _("%(name)s opens nothing any more.") % {"name": token.name})
    return redirect("access:token_list")
