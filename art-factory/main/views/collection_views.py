"""Collections: by hand and smart."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from main.models import Collection
from main.services import collecting
from main.views.inputs import chosen, number

PAGE = 60


@require_safe
def collections_page(request: HttpRequest) -> HttpResponse:
    """Show every collection."""
    return render(
        request, "main/collections.html", {"rows": collecting.shelf(), "query": request.GET.get("q", "")[:500]}
    )


@require_POST
def collection_create(request: HttpRequest) -> HttpResponse:
    """Make a collection; with a search it is smart."""
    try:
        return redirect(collecting.make(request.POST.get("name", ""), query=request.POST.get("query", "")))
    except ValueError:
        messages.error(request, _("A collection needs a name."))
        return redirect("main:collections")


@require_safe
def collection_page(request: HttpRequest, pk: int) -> HttpResponse:
    """Show a collection's products, sixty at a time."""
    collection = get_object_or_404(Collection.objects.alive().select_related("cover"), pk=pk)
    found, odd = collecting.products_of(collection)
    page = number(request.GET.get("page"), 1, 1, 100_000)
    rows = list(found[(page - 1) * PAGE : page * PAGE + 1])
    context: dict[str, Any] = {
        "collection": collection,
        "products": rows[:PAGE],
        "odd": odd,
        "held": None if collection.is_smart else found.count(),
        "next": page + 1 if len(rows) > PAGE else None,
        "previous": page - 1 if page > 1 else None,
    }
    return render(request, "main/collection.html", context)


@require_POST
def collection_update(request: HttpRequest, pk: int) -> HttpResponse:
    """Rename a collection, describe it, change its search."""
    collection = get_object_or_404(Collection.objects.alive(), pk=pk)
    collection.name = " ".join(request.POST.get("name", "").split())[:200] or collection.name
    collection.description = request.POST.get("description", collection.description)[:5000]
    query = request.POST.get("query", collection.query).strip()[:500]
    if bool(query) != collection.is_smart:
        messages.error(
            request, _("A collection made by hand stays one, and a smart one keeps a search: make another one.")
        )
        return redirect(collection)
    collection.query = query
    collection.save()
    return redirect(collection)


@require_POST
def collection_delete(request: HttpRequest, pk: int) -> HttpResponse:
    """Delete a collection, or take it back; its products stay."""
    collection = get_object_or_404(Collection, pk=pk)
    if request.GET.get("back") == "yes":
        Collection.objects.filter(pk=pk).update(deleted_at=None)
        return redirect(collection)
    Collection.objects.filter(pk=pk).update(deleted_at=timezone.now())
    text = _("%(name)s is deleted; its products stay") % {"name": collection.name}
    undo = reverse("main:collection_delete", args=[pk]) + "?back=yes"
    messages.success(request, text, extra_tags=f"undo:{undo}")
    return redirect("main:collections")


@require_POST
def bulk_collect(request: HttpRequest) -> HttpResponse:
    """Put the chosen products of the inventory into the collection of a name, made when there is none."""
    name = " ".join(request.POST.get("collection", "").split())[:200]
    ids = chosen(request)
    if not name or not ids:
        messages.info(request, _("Choose products and name a collection."))
        return redirect("main:inventory")
    there = Collection.objects.alive().filter(name__iexact=name, query="").first()
    return _added(request, there or collecting.make(name), ids)


@require_POST
def collection_add(request: HttpRequest, pk: int) -> HttpResponse:
    """Put products into a collection: the way back of taking them out."""
    return _added(request, get_object_or_404(Collection.objects.alive(), pk=pk), chosen(request))


@require_POST
def collection_remove(request: HttpRequest, pk: int) -> HttpResponse:
    """Take products out of a collection, with a way back."""
    collection = get_object_or_404(Collection.objects.alive(), pk=pk)
    gone = collecting.remove(collection, chosen(request))
    text = ngettext("%(n)d product is taken out", "%(n)d products are taken out", len(gone)) % {"n": len(gone)}
    undo = reverse("main:collection_add", args=[pk]) + "?" + urlencode({"ids": gone[:200]}, doseq=True)
    messages.success(request, text, extra_tags=f"undo:{undo}")
    return redirect(collection)


@require_POST
def collection_move(request: HttpRequest, pk: int) -> HttpResponse:
    """Let the first chosen product change places with its neighbour."""
    collection = get_object_or_404(Collection.objects.alive(), pk=pk)
    for product in chosen(request)[:1]:
        collecting.move(collection, product, earlier=request.POST.get("to") == "earlier")
    return redirect(collection)


def _added(request: HttpRequest, collection: Collection, ids: list[int]) -> HttpResponse:
    try:
        fresh = collecting.add(collection, ids)
    except ValueError:
        messages.error(request, _("A smart collection holds what its search finds."))
        return redirect(collection)
    text = ngettext("%(n)d product is in %(name)s", "%(n)d products are in %(name)s", len(fresh))
    undo = reverse("main:collection_remove", args=[collection.pk]) + "?" + urlencode({"ids": fresh[:200]}, doseq=True)
    messages.success(request, text % {"n": len(fresh), "name": collection.name}, extra_tags=f"undo:{undo}")
    return redirect(collection)
