"""Pages of users: accounts, the provider's whitelist, and what each role may do."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.contrib.auth.models import Group, Permission, User
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from access.client import actor_of
from access.forms import AccountForm, AllowedUserForm
from access.models import AllowedUser, EntityChangeLog
from access.services import people, whitelist
from access.services.audit import Actor
from access.views.listing import page_of, text_of

manages = permission_required("access.manage_users", raise_exception=True)


@require_GET
@manages
def user_list(request: HttpRequest) -> HttpResponse:
    """Accounts, with their roles and where they come from."""
    search, role, state = (text_of(request, name) for name in ("q", "role", "state"))
    context = page_of(request, people.accounts(search, role, state if state in ("active", "blocked") else ""))
    roles = Group.objects.order_by("name").values_list("name", flat=True)
    context |= {"q": search, "role": role, "state": state, "roles": list(roles), "tabs": tabs(0)}
    return render(request, "access/user_list.html", context)


@require_GET
@manages
def allowed_list(request: HttpRequest) -> HttpResponse:
    """Who of the provider's people may come in; who waits stands first."""
    search, state = text_of(request, "q"), text_of(request, "state")
    context = page_of(request, people.entries(search, state))
    roles = Group.objects.order_by("name")
    context |= {"q": search, "state": state, "roles": list(roles), "tabs": tabs(1)}
    return render(request, "access/allowed_list.html", context)


def tabs(active: int) -> list[dict[str, Any]]:
    """Return the tabs over both lists."""
    waiting = people.waiting_count()
    labels = [
        (_("Accounts"), reverse("access:user_list"), None),
        (_("People of the provider"), reverse("access:allowed_list"), waiting or None),
        (_("What roles may do"), reverse("access:permissions"), None),
    ]
    return [
        {"label": label, "url": url, "active": place == active, "count": count}
        for place, (label, url, count) in enumerate(labels)
    ]


@require_http_methods(["GET", "POST"])
@manages
def allow(request: HttpRequest) -> HttpResponse:
    """Put somebody on the list before they come."""
    form = AllowedUserForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        values = form.cleaned_data
        try:
            entry, _new = whitelist.add(
                values["username"],
                actor_of(request),
                email=values["email"],
                full_name=values["full_name"],
                notes=values["notes"],
            )
        except whitelist.ProtectedAccountError:
            form.add_error("username", _("A superuser has this name. Only a superuser may let that person in."))
        else:
            entry.initial_groups.set(values["initial_groups"])
            entry.initial_organizations.set(values["initial_organizations"])
            messages.success(request, _("%(name)s may sign in through the provider.") % {"name": entry})
            return redirect("access:allowed_list")
    return render(request, "access/allowed_form.html", {"form": form}, status=422 if form.errors else 200)


@require_POST
@manages
def decide(request: HttpRequest, pk: int) -> HttpResponse:
    """Let somebody in, with roles, or block them."""
    entry = get_object_or_404(AllowedUser, pk=pk)
    let_in = request.POST.get("allow") == "1"
    ids = [int(one) for one in request.POST.getlist("roles") if one.isascii() and one.isdigit() and len(one) < 10]
    try:
        groups = list(Group.objects.filter(pk__in=ids))
        whitelist.decide(entry, actor_of(request), allow=let_in, groups=groups)
    except whitelist.ProtectedAccountError:
        messages.error(request, _("A superuser has this name. Only a superuser may let that person in."))
    else:
        text = _("%(name)s may sign in.") if let_in else _("%(name)s is blocked and signed out.")
        messages.success(request, text % {"name": entry})
    return redirect("access:allowed_list")


@require_POST
@manages
def remove(request: HttpRequest, pk: int) -> HttpResponse:
    """Take an entry off the list; the account stays, closed to the provider."""
    entry = get_object_or_404(AllowedUser, pk=pk)
    whitelist.remove(entry, actor_of(request))
    messages.success(request, _("%(name)s is off the list.") % {"name": entry})
    return redirect("access:allowed_list")


@require_http_methods(["GET", "POST"])
@manages
def user_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """One account: roles, sign-ins, what was changed."""
    user = get_object_or_404(User.objects.select_related("identity").prefetch_related("groups"), pk=pk)
    limit = people.limit_of(user)
    form = AccountForm(
        request.POST if request.method == "POST" else None,
        initial={
            "roles": user.groups.all(),
            "is_active": user.is_active,
            "is_limited": limit is not None,
            "organizations": limit or [],
        },
    )
    status = 200
    if request.method == "POST":
        if form.is_valid():
            try:
                changed = _change(user, actor_of(request), form.cleaned_data)
            except people.NotYoursError as error:
                form.add_error(None, str(error))
            else:
                messages.success(request, _("Saved.") if changed else _("Nothing was different."))
                return redirect("access:user_detail", pk=pk)
        status = 422
    context = {
        "account": user,
        "form": form,
        "permissions": sorted(user.get_all_permissions()) if not user.is_superuser else [],
        "sign_ins": user.provider_sessions.all()[:20],
        "changes": EntityChangeLog.objects.filter(user=user)[:20],
        "about": EntityChangeLog.objects.filter(content_type__model="user", object_id=str(pk))[:20],
    }
    return render(request, "access/user_detail.html", context, status=status)


def _change(user: User, actor: Actor, values: dict[str, Any]) -> bool:
    """Change an account as the form says, all of it or nothing; return whether anything was different."""
    with transaction.atomic():
        limited = people.limit(user, actor, values["organizations"] if values["is_limited"] else None)
        return people.change(user, actor, roles=values["roles"], active=values["is_active"]) or limited


@require_POST
@manages
def end_sign_ins(request: HttpRequest, pk: int) -> HttpResponse:
    """Sign somebody out everywhere."""
    user = get_object_or_404(User, pk=pk)
    ended = people.end_sign_ins(user, actor_of(request))
    messages.success(request, _("Sign-ins ended: %(count)s.") % {"count": ended})
    return redirect("access:user_detail", pk=pk)


@require_GET
@manages
def permissions(request: HttpRequest) -> HttpResponse:
    """Which role may do what: a row per permission, a column per role."""
    groups = list(Group.objects.prefetch_related("permissions").order_by("name"))
    held = {group.pk: {permission.pk for permission in group.permissions.all()} for group in groups}
    known = Permission.objects.filter(group__in=groups).select_related("content_type").distinct()
    rows = [
        {
            "name": f"{permission.content_type.app_label}.{permission.codename}",
            "words": words_of(permission),
            "held": [(group.name, permission.pk in held[group.pk]) for group in groups],
        }
        for permission in known.order_by("content_type__app_label", "codename")
    ]
    return render(request, "access/permissions.html", {"groups": groups, "rows": rows, "tabs": tabs(2)})


def words_of(permission: Permission) -> str:
    """Return what a permission allows, in the visitor's language: Django keeps its own in the database, in English."""
    words = {
        "add": _("Can add: %(what)s"),
        "change": _("Can change: %(what)s"),
        "delete": _("Can delete: %(what)s"),
        "view": _("Can look at: %(what)s"),
    }
    verb, _separator, rest = permission.codename.partition("_")
    model = permission.content_type.model_class()
    if verb in words and model is not None and rest == model._meta.model_name:  # noqa: SLF001 - documented by Django
        return words[verb] % {"what": model._meta.verbose_name}  # noqa: SLF001 - documented by Django
    return _(permission.name)
