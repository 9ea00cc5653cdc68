"""Near duplicates: one pair at a time, decided by a key, taken back by a click."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from main.models import NearPair
from main.services import comparing, duplicates
from main.views.inputs import number


@require_safe
def duplicates_page(request: HttpRequest) -> HttpResponse:
    """Show the pair that is most alike, or the one after `after`."""
    rows = duplicates.waiting()
    after = get_object_or_404(NearPair, pk=number(request.GET["after"], 0)) if "after" in request.GET else None
    pair = None
    if after is not None:
        later = rows.filter(distance=after.distance, pk__gt=after.pk).first()
        pair = later or rows.filter(distance__gt=after.distance).first()
    pair = pair or rows.first()
    products = [pair.first, pair.second] if pair else []
    context = {
        "pair": pair,
        "products": products,
        "rows": [row for row in comparing.differences(products) if row.differs],
        "waiting": rows.count(),
        "decided": duplicates.decided().select_related("first", "second")[:10],
    }
    return render(request, "main/duplicates.html", context)


@require_POST
def duplicates_look(request: HttpRequest) -> HttpResponse:
    """Look for pairs now."""
    found = duplicates.look(number(request.POST.get("distance"), duplicates.DISTANCE, 0, duplicates.MOST_DISTANCE))
    text = ngettext("%(n)d new pair among %(p)d pictures", "%(n)d new pairs among %(p)d pictures", found["pairs"])
    messages.info(request, text % {"n": found["pairs"], "p": found["pictures"]})
    return redirect("main:duplicates")


@require_POST
def duplicate_decide(request: HttpRequest, pk: int) -> HttpResponse:
    """Keep one or both."""
    pair = get_object_or_404(NearPair, pk=pk)
    try:
        duplicates.decide(pair, request.POST.get("keep", ""))
    except ValueError:
        messages.error(request, _("Keep the left one, the right one, or both."))
        return redirect("main:duplicates")
    pair.refresh_from_db()
    text = _("Decided: %(what)s") % {"what": pair.get_decision_display()}
    messages.success(request, text, extra_tags=f"undo:{reverse('main:duplicate_undo', args=[pk])}")
    return redirect("main:duplicates")


@require_POST
def duplicate_undo(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a decision back."""
    duplicates.undecide(get_object_or_404(NearPair, pk=pk))
    messages.success(request, _("The pair is open again"))
    return redirect("main:duplicates")
