"""Administration of access, and what the other applications' administrations build on."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.contrib.auth.models import User
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from access.models import AllowedUser, ApiToken, EntityChangeLog, Identity, OrganizationLimit, ProviderSession


class LookOnly(admin.ModelAdmin[Any]):
    """A table that the product writes: to look at and to search, never to edit."""

    list_per_page = 50
    show_full_result_count = False

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Never."""
        del request, obj
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Never."""
        del request, obj
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Never."""
        del request, obj
        return False


@admin.register(AllowedUser)
class AllowedUserAdmin(admin.ModelAdmin[AllowedUser]):
    """The whitelist; everyday work is done on the page of users."""

    list_display = ["username", "full_name", "email", "is_active", "requested_at", "added_by"]
    list_filter = ["is_active"]
    search_fields = ["username", "full_name", "email"]
    autocomplete_fields = ["initial_groups", "initial_organizations"]


@admin.register(OrganizationLimit)
class OrganizationLimitAdmin(admin.ModelAdmin[OrganizationLimit]):
    """Who sees only some organizations; everyday work is done on the page of the account."""

    list_display = ["user", "named"]
    list_select_related = ["user"]
    search_fields = ["user__username", "organizations__name"]
    autocomplete_fields = ["user", "organizations"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[OrganizationLimit]:
        """Load the organizations of all rows at once."""
        return super().get_queryset(request).prefetch_related("organizations")

    @admin.display(description=_("organizations"))
    def named(self, row: OrganizationLimit) -> str:
        """Name the organizations of a row."""
        return ", ".join(str(one) for one in row.organizations.all())


@admin.register(Identity)
class IdentityAdmin(admin.ModelAdmin[Identity]):
    """Which person of the provider an account belongs to. Deleting a row separates the two."""

    list_display = ["user", "username", "issuer", "linked_at"]
    list_select_related = ["user"]
    search_fields = ["username", "subject", "user__username"]
    readonly_fields = ["issuer", "subject", "username", "linked_at", "user"]
    show_full_result_count = False

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Never: only a sign-in proves who somebody is."""
        del request
        return False


@admin.register(ProviderSession)
class ProviderSessionAdmin(LookOnly):
    """Sign-ins through the provider; they are ended on the user's page."""

    list_display = ["user", "started_at", "checked_at", "ended_at", "end_reason", "ip_address"]
    list_select_related = ["user"]
    search_fields = ["user__username"]


@admin.register(ApiToken)
class ApiTokenAdmin(LookOnly):
    """API tokens; their owners make and revoke them."""

    list_display = ["name", "user", "prefix", "created_at", "expires_at", "last_used_at", "revoked_at"]
    list_select_related = ["user"]
    search_fields = ["name", "prefix", "user__username"]


@admin.register(EntityChangeLog)
class EntityChangeLogAdmin(LookOnly):
    """The audit log; its page has filters and an export."""

    list_display = ["timestamp", "actor", "action", "object_repr", "content_type", "ip_address"]
    list_select_related = ["content_type"]
    list_filter = ["action"]
    search_fields = ["actor", "object_repr"]

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """With the permission to read the log."""
        del obj
        return isinstance(request.user, User) and request.user.has_perm("access.view_entity_changes")
