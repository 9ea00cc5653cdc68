"""Inventory: everything that was made, found by words and filters, sixty at a time."""

from __future__ import annotations

from typing import Any, Final
from urllib.parse import urlencode

from django.conf import settings
from django.contrib import messages
from django.http import FileResponse, HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe
from webshell.problems import wants_json

from main.models import Collection, Product
from main.services import products
from main.services.exporting import archive
from main.services.searching import search
from main.views.inputs import chosen, number

PAGE: Final = 60


@require_safe
def inventory_page(request: HttpRequest) -> HttpResponse:
    """Show the products that a query finds, newest first; `before` goes on from a product's id."""
    return render(request, "main/inventory.html", _context(request))


@require_safe
def cards_partial(request: HttpRequest) -> HttpResponse:
    """Show the cards alone."""
    return render(request, "main/partials/product_cards.html", _context(request))


@require_POST
def bulk_delete(request: HttpRequest) -> HttpResponse:
    """Put the chosen products into the trash, with a way back."""
    moved = products.trash(chosen(request))
    if wants_json(request):
        return JsonResponse({"success": True, "deleted_count": len(moved), "ids": moved})
    text = ngettext("%(n)d product is in the trash", "%(n)d products are in the trash", len(moved)) % {"n": len(moved)}
    undo = f"{reverse('main:products_restore')}?{urlencode({'ids': moved[:200], **_where(request)}, doseq=True)}"
    messages.success(request, text, extra_tags=f"undo:{undo}")
    return _back(request)


@require_POST
def bulk_restore(request: HttpRequest) -> HttpResponse:
    """Take products back out of the trash."""
    moved = products.restore(chosen(request))
    if wants_json(request):
        return JsonResponse({"success": True, "ids": moved})
    messages.success(request, _("They are back"))
    return _back(request)


@require_POST
def bulk_download(request: HttpRequest) -> HttpResponseBase:
    """Return the chosen products: one as its file, several as a zip with a gallery."""
    rows = Product.objects.alive().filter(pk__in=chosen(request))
    found = list(rows.select_related("order_item").prefetch_related("tags"))
    written = settings.EMBED_METADATA and "plain" not in request.POST
    if not found:
        messages.error(request, _("Choose what to download."))
        return _back(request)
    if len(found) == 1:
        response = redirect("main:file", found[0].uuid)
        response["Location"] += "?download" if written else "?download=original"
        return response
    title = ngettext("%(n)d product", "%(n)d products", len(found)) % {"n": len(found)}
    name = f"products_{len(found)}_files.zip"
    return FileResponse(
        archive(found, title, written=written), as_attachment=True, filename=name, content_type="application/zip"
    )


@require_POST
def bulk_tag(request: HttpRequest) -> HttpResponse:
    """Give the chosen products a tag, or take it away; with a way back."""
    given = request.POST if "tag" in request.POST else request.GET
    removing = given.get("remove") == "yes"
    changed = products.tag(chosen(request), given.get("tag", ""), remove=removing)
    if not changed:
        messages.info(request, _("Nothing was changed: write a tag and choose products without it."))
        return _back(request)
    other = {"tag": given["tag"], "remove": "no" if removing else "yes", "ids": changed[:200], **_where(request)}
    text = ngettext("%(n)d product is changed", "%(n)d products are changed", len(changed)) % {"n": len(changed)}
    messages.success(request, text, extra_tags=f"undo:{reverse('main:products_tag')}?{urlencode(other, doseq=True)}")
    return _back(request)


@require_POST
def bulk_favorite(request: HttpRequest) -> HttpResponse:
    """Make the chosen products favourites, or, as the way back, no longer."""
    wanted = request.GET.get("off") != "yes"
    changed = products.favorite(chosen(request), wanted=wanted)
    back = urlencode({"off": "yes" if wanted else "no", "ids": changed[:200], **_where(request)}, doseq=True)
    text = ngettext("%(n)d product is changed", "%(n)d products are changed", len(changed)) % {"n": len(changed)}
    messages.success(request, text, extra_tags=f"undo:{reverse('main:products_favorite')}?{back}")
    return _back(request)


@require_POST
def bulk_compare(request: HttpRequest) -> HttpResponse:
    """Go to the comparison of the chosen products."""
    response = redirect("main:compare")
    response["Location"] += "?" + urlencode({"ids": chosen(request)[:50]}, doseq=True)
    return response


def _back(request: HttpRequest) -> HttpResponse:
    """Return to the search and the place in it that something was done from."""
    response = redirect("main:inventory")
    if where := _where(request):
        response["Location"] += "?" + urlencode(where)
    return response


def _where(request: HttpRequest) -> dict[str, str]:
    """Return the search and the place that a form, or the address of an undo, came from."""
    given = request.POST if "q" in request.POST else request.GET
    return {name: value for name in ("q", "before", "trash") if (value := given.get(name, "")[:500])}


def _context(request: HttpRequest) -> dict[str, Any]:
    query = request.GET.get("q", "")
    trash = request.GET.get("trash") == "yes"
    found, odd = (Product.objects.trashed().order_by("-pk"), []) if trash else search(query)
    before = number(request.GET.get("before"), 0)
    page = list((found.filter(pk__lt=before) if before else found)[: PAGE + 1])
    # Counting all and subtracting the trash reads two small indexes; counting what is alive would read the rows.
    trashed = Product.objects.trashed().count()
    total = trashed if trash else Product.objects.count() - trashed if not query else None
    return {
        "products": page[:PAGE],
        "older": page[PAGE - 1].pk if len(page) > PAGE else None,
        "query": query,
        "odd": odd,
        "total": total,
        "trash": trash,
        "trashed": trashed,
        "before": before,
        "collections": Collection.objects.alive().filter(query="").values_list("name", flat=True)[:100],
    }
