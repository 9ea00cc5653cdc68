"""Projects: where orders and products belong."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from main.models import Order, Product, Project, Provider
from main.services.connections import can_ask


@require_safe
def projects_page(request: HttpRequest) -> HttpResponse:
    """Show every project with its newest pictures."""
    projects = list(Project.objects.alive()[:100])
    newest: dict[int, list[Product]] = {project.pk: [] for project in projects}
    recent = (
        Product.objects.alive().filter(project_id__in=newest, product_type__in=("image", "video")).order_by("-id")[:400]
    )
    for product in recent:
        if product.project_id in newest and len(newest[product.project_id]) < 4:
            newest[product.project_id].append(product)
    rows = [{"project": project, "products": newest[project.pk]} for project in projects]
    unfiled = Product.objects.alive().filter(project__isnull=True).count()
    keyed = any(can_ask(provider.name) for provider in Provider.objects.exclude(name="builtin"))
    return render(request, "main/projects.html", {"rows": rows, "unfiled": unfiled, "keyed": keyed})


@require_POST
def project_create(request: HttpRequest) -> HttpResponse:
    """Make a project."""
    name = request.POST.get("name", "").strip()[:200]
    if not name:
        messages.error(request, _("A project needs a name."))
        return redirect("main:projects")
    return redirect(Project.objects.create(name=name, description=request.POST.get("description", "")[:5000]))


@require_safe
def project_page(request: HttpRequest, pk: int) -> HttpResponse:
    """Show a project's orders and products."""
    project = get_object_or_404(Project.objects.alive(), pk=pk)
    context = {
        "project": project,
        "orders": Order.objects.filter(project=project).select_related("machine")[:10],
        "products": Product.objects.alive().filter(project=project).order_by("-id")[:60],
    }
    return render(request, "main/project.html", context)


@require_POST
def project_update(request: HttpRequest, pk: int) -> HttpResponse:
    """Rename a project, describe it, archive it."""
    project = get_object_or_404(Project.objects.alive(), pk=pk)
    project.name = request.POST.get("name", "").strip()[:200] or project.name
    project.description = request.POST.get("description", project.description)[:5000]
    if request.POST.get("status") in Project.Status.values:
        project.status = request.POST["status"]
    project.save()
    return redirect(project)
