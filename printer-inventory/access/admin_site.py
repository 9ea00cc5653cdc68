"""An administration whose every edit stands in the audit log too, whoever's table it is: ours, Django's or a library's."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.contrib import admin
from django.contrib.admin.apps import AdminConfig
from django.db.models import Model, QuerySet
from django.forms import BaseForm, BaseFormSet, ModelChoiceField
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop

NOTED = "_admin_changes"
"""Where a request keeps what its form changed, from the moment the form is judged until the edit is logged."""


class AuditedAdminConfig(AdminConfig):
    """To be listed in INSTALLED_APPS in place of "django.contrib.admin"."""

    default_site = "access.admin_site.AuditedAdminSite"


class Audited:
    """Beside each line Django writes for itself, one in the audit log: field by field, who from where, no secrets."""

    def construct_change_message(
        self, request: HttpRequest, form: Any, formsets: Iterable[BaseFormSet[Any]] | None, add: bool = False
    ) -> Any:
        """Remember what the form and its inlines changed."""
        setattr(request, NOTED, {**changes_of(form), **inline_changes(formsets or ())})
        return super().construct_change_message(request, form, formsets, add)  # type: ignore[misc] # ModelAdmin's

    def log_addition(self, request: HttpRequest, obj: Model, message: Any) -> Any:
        """Note who added what."""
        self._note(request, "CREATE", obj, getattr(request, NOTED, {}))
        return super().log_addition(request, obj, message)  # type: ignore[misc] # ModelAdmin's

    def log_change(self, request: HttpRequest, obj: Model, message: Any) -> Any:
        """Note who changed what, unless the form was saved as it was."""
        changes = getattr(request, NOTED, {})
        if changes:
            self._note(request, "UPDATE", obj, changes)
        return super().log_change(request, obj, message)  # type: ignore[misc] # ModelAdmin's

    def log_deletions(self, request: HttpRequest, queryset: QuerySet[Any]) -> Any:
        """Note who deleted what, one by one."""
        for obj in queryset:
            self._note(request, "DELETE", obj, {})
        return super().log_deletions(request, queryset)  # type: ignore[misc] # ModelAdmin's

    @staticmethod
    def _note(request: HttpRequest, action: str, obj: Model, changes: dict[str, tuple[Any, Any]]) -> None:
        from access.client import actor_of
        from access.models import EntityChangeLog
        from access.services import audit

        setattr(request, NOTED, {})
        audit.record(
            actor_of(request),
            EntityChangeLog.Action[action],
            obj,
            changes,
            reason=gettext_noop("in the administration"),
        )


class AuditedAdminSite(admin.AdminSite):
    """Django's site, with `Audited` in front of every administration that is registered."""

    site_header = site_title = _("Printer Inventory")
    index_title = _("Administration")

    def register(self, model_or_iterable: Any, admin_class: Any = None, **options: Any) -> None:
        """Register as Django does."""
        base = admin_class or admin.ModelAdmin
        audited = (
            base if issubclass(base, Audited) else type(base.__name__, (Audited, base), {"__module__": base.__module__})
        )
        super().register(model_or_iterable, audited, **options)


def changes_of(form: BaseForm) -> dict[str, tuple[Any, Any]]:
    """Return {field: (before, after)} of a valid form; related rows by their names."""
    return {
        name: (_named(form, name, form.initial.get(name)), _plain(form.cleaned_data.get(name)))
        if name in form.fields
        # A form may speak of what it has no field for: that of a password says "password".
        else ("", "changed")
        for name in form.changed_data
    }


def inline_changes(formsets: Iterable[Any]) -> dict[str, tuple[Any, Any]]:
    """Return what inlines added, changed and deleted, by the row's name."""
    found: dict[str, tuple[Any, Any]] = {}
    for formset in formsets:
        for obj in formset.new_objects:
            found[f"{obj._meta.verbose_name} {obj}"] = ("", "+")  # noqa: SLF001 - documented by Django
        for obj, fields in formset.changed_objects:
            found[f"{obj._meta.verbose_name} {obj}"] = ("", ", ".join(fields))  # noqa: SLF001 - documented by Django
        for obj in formset.deleted_objects:
            found[f"{obj._meta.verbose_name} {obj}"] = (str(obj), "")  # noqa: SLF001 - documented by Django
    return found


def _named(form: BaseForm, name: str, value: Any) -> Any:
    """An initial relation is a key; say whose it is."""
    field = form.fields[name]
    if isinstance(field, ModelChoiceField) and value is not None and not isinstance(value, list | tuple | Model):
        return str(field.queryset.filter(pk=value).first() or value) if field.queryset is not None else value
    return _plain(value)


def _plain(value: Any) -> Any:
    if isinstance(value, QuerySet | list | tuple):
        return [str(one) for one in value]
    return str(value) if isinstance(value, Model) else value
