"""Doubtful readings: the list, one doubt side by side, and what people decide."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST
from webshell.problems import problem, wants_json

from inventory.models import Doubt, Printer, Quarantine, Resolution
from inventory.services import notifying, quarantine, resolving, undoing
from inventory.services.printers import AddressTakenError

PERMISSIONS: Final = ("inventory.resolve_quarantine", "inventory.change_printer")
MOST_IDS: Final = 500


@require_GET
def doubt_list(request: HttpRequest) -> HttpResponse:
    """What waits for a person, or what was decided (`state=resolved`)."""
    now = timezone.now()
    chosen = quarantine.DoubtFilter.parse(request.GET)
    rows = quarantine.select(chosen, now)
    pages = Paginator(rows, quarantine.PAGE_SIZE)
    chosen = replace(chosen, page=min(chosen.page, pages.num_pages))
    start = (chosen.page - 1) * quarantine.PAGE_SIZE
    doubts: list[Any] = list(quarantine.with_facts(rows)[start : start + quarantine.PAGE_SIZE])
    others = quarantine.elsewhere(doubts)
    context = {
        "filter": chosen,
        "chips": _chips(chosen),
        "kinds": Doubt.choices,
        "ages": list(quarantine.AGES),
        "clients": quarantine.clients(),
        "cases": [case_of(doubt, others.get(doubt.pk)) for doubt in doubts],
        "pages": pages,
        "page": chosen.page,
        "total": pages.count,
        "first": start + 1 if pages.count else 0,
        "last": start + len(doubts),
    }
    return render(request, "inventory/quarantine/list.html", context)


@require_GET
def doubt_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """One doubt: what was expected beside what the device said, and everything that can be done about it."""
    doubt: Any = quarantine.with_facts(Quarantine.objects.filter(pk=pk)).first()
    if doubt is None:
        raise Http404
    case = case_of(doubt, quarantine.elsewhere([doubt]).get(pk))
    return render(request, "inventory/quarantine/detail.html", {"case": case, "can_undo": undoing.can_undo(doubt)})


def case_of(doubt: Any, other: Printer | None) -> dict[str, Any]:
    """Return what the pages show of one doubt; `brief` are the lines that differ most."""
    lines = quarantine.differences(doubt)
    brief = [line for line in lines if line.kind and line.kind != "new"]
    return {
        "doubt": doubt,
        "other": other,
        "lines": lines,
        "brief": brief[:2],
        "actions": quarantine.actions_for(doubt, other) if doubt.is_open else [],
    }


@require_POST
@permission_required(PERMISSIONS, raise_exception=True)
def resolve_doubt(request: HttpRequest, pk: int) -> HttpResponse:
    """Decide: `action` is moved, replaced, baseline, believed or rejected; `seen` the fingerprint that was decided on."""
    action = request.POST.get("action", "")
    if action not in Resolution.values:
        return problem(request, 422, _("Unknown decision"), _("Choose one of the decisions the page offers."))
    try:
        doubt = resolving.resolve(
            pk, Resolution(action), request.user.pk, timezone.now(), request.POST.get("seen") or None
        )
    except Quarantine.DoesNotExist as error:
        raise Http404 from error
    except (resolving.AlreadyResolvedError, resolving.NotPossibleError, AddressTakenError) as error:
        return _conflict(request, str(error) or _resolved_words())
    notifying.send({"type": "inventory_batch", "printer_ids": [doubt.printer_id], "what": "stored"})
    text = f"{doubt.printer}: {doubt.get_resolution_display()}."
    return _answer(request, doubt, text, undo=reverse("inventory:doubt_undo", args=[pk]))


@require_POST
@permission_required(PERMISSIONS, raise_exception=True)
def undo_doubt(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a decision back."""
    try:
        doubt = undoing.undo(pk, request.user.pk, timezone.now())
    except Quarantine.DoesNotExist as error:
        raise Http404 from error
    except (resolving.AlreadyResolvedError, resolving.NotPossibleError, AddressTakenError) as error:
        return _conflict(request, str(error) or _("It is open already."))
    notifying.send({"type": "inventory_batch", "printer_ids": [doubt.printer_id], "what": "stored"})
    return _answer(request, doubt, _("Undone. The reading waits for a decision again."))


@require_POST
@permission_required(PERMISSIONS, raise_exception=True)
def reject_selected(request: HttpRequest) -> HttpResponse:
    """Reject the selected doubts, or everything the list's filter matches (`scope=filter`), up to 500 at once."""
    now = timezone.now()
    if request.POST.get("scope") == "filter":
        chosen = replace(quarantine.DoubtFilter.parse(request.GET), resolved=False)
        ids = list(quarantine.select(chosen, now).values_list("pk", flat=True)[:MOST_IDS])
    else:
        ids = [int(text) for text in request.POST.getlist("ids") if text.isascii() and text.isdigit()][:MOST_IDS]
    if not ids:
        return _conflict(request, _("Select the doubts to reject first."), status=422)
    done = resolving.reject_many(ids, request.user.pk, now)
    text = _("%(done)s rejected; %(others)s were decided by somebody else.") % {"done": done, "others": len(ids) - done}
    if done == len(ids):
        text = _("%(done)s rejected.") % {"done": done}
    if wants_json(request):
        return JsonResponse({"success": True, "rejected": done, "message": text})
    messages.success(request, text)
    return redirect(_next(request))


def _resolved_words() -> str:
    return _("Somebody else has decided this meanwhile, or another device answers by now. Look at it again.")


def _answer(request: HttpRequest, doubt: Quarantine, text: str, undo: str = "") -> HttpResponse:
    if wants_json(request):
        return JsonResponse({"success": True, "id": doubt.pk, "resolution": doubt.resolution, "undo": undo})
    messages.success(request, text, extra_tags=f"undo:{undo}" if undo else "")
    return redirect(_next(request))


def _conflict(request: HttpRequest, text: str, status: int = 409) -> HttpResponse:
    """Say what stands against it: as a problem to a program, as a page with the list behind it to a person."""
    if wants_json(request):
        return problem(request, status, _("Not decided"), text)
    context = {"text": text, "back": _next(request)}
    return render(request, "inventory/quarantine/conflict.html", context, status=status)


def _next(request: HttpRequest) -> str:
    """Return the page the form stood on, if it is one of ours."""
    target = request.POST.get("next", "")
    secure = request.is_secure()
    if url_has_allowed_host_and_scheme(target, allowed_hosts={request.get_host()}, require_https=secure):
        return target
    return reverse("inventory:doubt_list")


def _chips(chosen: quarantine.DoubtFilter) -> list[dict[str, str]]:
    """Return the active filters as words with the address that removes each."""
    url = reverse("inventory:doubt_list")
    chips = []
    if chosen.kind:
        chips.append({"label": str(Doubt(chosen.kind).label), "remove": f"{url}?{chosen.query(kind='')}"})
    if chosen.organization:
        names = {row["pk"]: row["name"] for row in quarantine.clients()}
        label = _("of %(name)s") % {"name": names.get(chosen.organization, _("an unknown organization"))}
        chips.append({"label": label, "remove": f"{url}?{chosen.query(organization=None)}"})
    if chosen.older:
        label = _("for more than %(time)s") % {"time": chosen.older.replace("h", " h").replace("d", " d")}
        chips.append({"label": label, "remove": f"{url}?{chosen.query(older='')}"})
    return chips
