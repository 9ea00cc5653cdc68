"""One product: the picture, where it came from, what can be made of it; and its bytes."""

from __future__ import annotations

import io
import uuid
from pathlib import Path
from typing import Any, Final

from django.conf import settings
from django.contrib import messages
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe
from webshell.problems import problem, wants_json

from main.models import FactoryMachine, Modality, Product
from main.services import products
from main.services.comparing import shown
from main.services.making import can_hold, with_making
from main.services.store import THUMBNAILS, thumbnail_path
from main.views.inputs import number

STAGES: Final = ("generation_parameters", "actual_parameters", "return_parameters")


@require_safe
def product_page(request: HttpRequest, pk: int) -> HttpResponse:
    """Show one product, with the four stages of its parameters side by side."""
    rows = Product.objects.select_related("order_item__order__machine", "project").prefetch_related(
        "tags", "parent_edges__parent", "children_edges__child"
    )
    product = get_object_or_404(rows, pk=pk)
    machines = FactoryMachine.objects.filter(is_active=True, provider__is_enabled=True)
    context = {
        "product": product,
        "parameters": stages_of(product),
        "newer": Product.objects.alive().filter(pk__gt=pk).order_by("pk").first(),
        "older": Product.objects.alive().filter(pk__lt=pk).order_by("-pk").first(),
        "upscalers": machines.filter(modality=Modality.UPSCALE),
        "editors": machines.filter(modality=Modality.IMAGE_TO_IMAGE),
        "stars": range(1, 6),
        "carries": settings.EMBED_METADATA and can_hold(product),
    }
    return render(request, "main/product.html", context)


def stages_of(product: Product) -> list[dict[str, Any]]:
    """Return each parameter that has a value, in the four stages; `differs` marks those that changed on the way."""
    item = product.order_item
    if item is None:
        return [{"name": name, "values": [shown(value)]} for name, value in sorted(product.parameters.items())]
    base = {**item.order.base_parameters, "prompt": item.order.prompt, "negative_prompt": item.order.negative_prompt}
    stages = [base, *(getattr(item, stage) for stage in STAGES)]
    names = sorted({name for stage in stages for name in stage})
    found = []
    for name in names:
        values = [stage.get(name, "") for stage in stages]
        given = {shown(value).replace(" ", "") for value in values if value not in ("", None)}
        if given:
            found.append({"name": name, "values": [shown(value) for value in values], "differs": len(given) > 1})
    return found


@require_POST
def product_mark(request: HttpRequest, pk: int) -> HttpResponse:
    """Set favourite or rating."""
    product = get_object_or_404(Product.objects.alive(), pk=pk)
    favorite = request.POST.get("favorite")
    rating = request.POST.get("rating")
    try:
        products.mark(
            product,
            favorite=None if favorite is None else favorite == "yes",
            rating=None if rating is None else number(rating, -1, -1, 9),
        )
    except ValueError as error:
        return problem(request, 400, "This rating cannot be", str(error))
    if wants_json(request):
        return JsonResponse({"success": True})
    return redirect(product)


@require_POST
def product_delete(request: HttpRequest, pk: int) -> HttpResponse:
    """Put a product into the trash, with a way back."""
    product = get_object_or_404(Product, pk=pk)
    products.trash([product.pk])
    if wants_json(request) or request.headers.get("X-Requested-With") == "XMLHttpRequest":
        return JsonResponse({"success": True, "message": _("It is in the trash")})
    undo = reverse("main:products_restore") + f"?ids={product.pk}"
    messages.success(request, _("The product is in the trash"), extra_tags=f"undo:{undo}")
    return redirect("main:inventory")


@require_safe
def original(request: HttpRequest, identity: uuid.UUID) -> HttpResponseBase:
    """Return a product's bytes as they came; with `?download` as an attachment that says how it was made.

    `?download=original` leaves that out, and so does EMBED_METADATA=False.
    """
    product = get_object_or_404(Product.objects.select_related("order_item"), uuid=identity)
    path = Path(settings.MEDIA_ROOT) / product.file
    if not path.is_file():
        raise Http404("the file is gone")
    name = f"{product.provider_name or 'import'}_{product.pk}_{product.created_at:%Y%m%d%H%M%S}{path.suffix}"
    taken = "download" in request.GET
    written = taken and settings.EMBED_METADATA and request.GET["download"] != "original" and can_hold(product)
    file = io.BytesIO(with_making(product, path.read_bytes())) if written else path.open("rb")
    response = FileResponse(file, content_type=product.media_type, as_attachment=taken, filename=name)
    # Bytes of strangers: whatever they are, they run nothing.
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response["Cache-Control"] = "private, no-cache" if written else "private, max-age=31536000, immutable"
    return response


@require_safe
def thumbnail(request: HttpRequest, size: int, identity: uuid.UUID) -> HttpResponseBase:
    """Return a thumbnail."""
    path = thumbnail_path(identity, size)
    if size not in THUMBNAILS or not path.is_file():
        raise Http404("no such thumbnail")
    response = FileResponse(path.open("rb"), content_type="image/webp")
    response["Cache-Control"] = "private, max-age=31536000, immutable"
    return response
