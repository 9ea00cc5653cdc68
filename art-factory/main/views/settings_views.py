"""Settings: caps, providers; and the lookups of the prompt language."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Final

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST, require_safe

from main.models import Budget, Circuit, Lookup, Provider
from main.providers.protocol import ProviderError
from main.services import keys, reporting
from main.services.connections import can_ask, client_of, key_in_settings
from main.services.spending import spent_between
from main.views.inputs import money, number

CAPS: Final = ("per_order", "per_day", "per_month")
MOST_VALUES: Final = 2000
WHERE: Final = {
    "fal": ("https://fal.ai/dashboard/keys", "FAL_KEY"),
    "replicate": ("https://replicate.com/account/api-tokens", "REPLICATE_API_TOKEN"),
    "civitai": ("https://civitai.com/user/account", "CIVITAI_API_KEY"),
}
"""Where a key is made, and the variable that may hold it."""


@require_safe
def settings_page(request: HttpRequest) -> HttpResponse:
    """Show caps with what is spent of them, and every provider."""
    budget = Budget.objects.get_or_create(pk=1)[0]
    providers = [{"provider": provider, "ready": can_ask(provider.name)} for provider in Provider.objects.all()]
    spent = spent_between()
    context = {"budget": budget, "providers": providers, "spent": spent, "workers": reporting.workers()}
    return render(request, "main/settings.html", context)


@require_POST
def budget_save(request: HttpRequest) -> HttpResponse:
    """Change the caps; what a cap holds goes on by itself when it fits."""
    found: dict[str, Decimal | None] = {name: money(request.POST.get(name)) for name in CAPS}
    if None in found.values():
        messages.error(request, _("A cap is an amount from 0 on. Nothing was changed."))
    else:
        Budget.objects.update_or_create(pk=1, defaults=found)
        messages.success(request, _("The caps are changed"))
    return redirect("main:settings")


@require_POST
def provider_save(request: HttpRequest, pk: int) -> HttpResponse:
    """Switch a provider on or off, change its limits, or let it be asked again now."""
    provider = get_object_or_404(Provider, pk=pk)
    if request.POST.get("again"):
        Provider.objects.filter(pk=pk).update(circuit=Circuit.CLOSED, circuit_until=None, circuit_reason="", failures=0)
        messages.success(request, _("It may be asked again"))
        return redirect("main:settings")
    provider.is_enabled = request.POST.get("is_enabled") == "on"
    provider.concurrency = number(request.POST.get("concurrency"), provider.concurrency, 1, 100)
    provider.rate_per_minute = number(request.POST.get("rate_per_minute"), provider.rate_per_minute, 1, 100_000)
    provider.save(update_fields=["is_enabled", "concurrency", "rate_per_minute", "updated_at"])
    messages.success(request, _("%(provider)s is changed") % {"provider": provider.title})
    return redirect("main:settings")


@require_safe
def keys_page(request: HttpRequest) -> HttpResponse:
    """The way to a first key: where to get it, a field, a test call."""
    rows = [
        {
            "provider": provider,
            "given": bool(key_in_settings(provider.name)),
            "ready": can_ask(provider.name),
            "where": WHERE[provider.name],
        }
        for provider in Provider.objects.filter(name__in=keys.KEYED)
    ]
    return render(request, "main/keys.html", {"rows": rows})


@require_POST
@sensitive_post_parameters("key")
def key_save(request: HttpRequest, pk: int) -> HttpResponse:
    """Try a key at its provider and keep it, or delete the one that is kept."""
    provider = get_object_or_404(Provider, pk=pk)
    if request.POST.get("forget"):
        keys.forget(provider)
        messages.success(request, _("The key of %(provider)s is deleted") % {"provider": provider.title})
        return redirect("main:keys")
    try:
        messages.success(request, keys.store(provider, request.POST.get("key", "")))
    except keys.BadKey as error:
        messages.error(request, str(error))
    return redirect("main:keys")


@require_POST
def key_test(request: HttpRequest, pk: int) -> HttpResponse:
    """Make the cheapest call that proves a provider's key or address."""
    provider = get_object_or_404(Provider, pk=pk)
    try:
        messages.success(request, client_of(provider.name).test())
    except (ProviderError, KeyError) as error:
        messages.error(request, str(error) or _("It cannot be asked."))
    return redirect("main:keys" if request.POST.get("back") == "keys" else "main:settings")


@require_safe
def lookups_page(request: HttpRequest) -> HttpResponse:
    """Show the named lists."""
    rows = [{"lookup": lookup, "text": "\n".join(map(str, lookup.values))} for lookup in Lookup.objects.all()]
    return render(request, "main/lookups.html", {"rows": rows})


@require_POST
def lookup_save(request: HttpRequest) -> HttpResponse:
    """Make a lookup or change it: one value per line, each once."""
    name = slugify(request.POST.get("name", "")).replace("-", "_")[:60]
    lines = (line.strip() for line in request.POST.get("values", "")[:200_000].splitlines())
    values = list(dict.fromkeys(line for line in lines if line))[:MOST_VALUES]
    if not name or not values:
        messages.error(request, _("A lookup needs a name and at least one value."))
        return redirect("main:lookups")
    defaults: dict[str, Any] = {"values": values}
    if "category" in request.POST:
        defaults["category"] = request.POST["category"].strip()[:60]
    Lookup.objects.update_or_create(name=name, defaults=defaults)
    messages.success(request, _("[%(name)s] has %(count)d values") % {"name": name, "count": len(values)})
    return redirect("main:lookups")


@require_POST
def lookup_delete(request: HttpRequest, pk: int) -> HttpResponse:
    """Delete a lookup."""
    lookup = get_object_or_404(Lookup, pk=pk)
    lookup.delete()
    messages.success(request, _("[%(name)s] is deleted") % {"name": lookup.name})
    return redirect("main:lookups")
