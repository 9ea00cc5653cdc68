"""Who may come in and with what, who they are at the provider, and what was changed by whom."""

from access.models.audit import EntityChangeLog
from access.models.identity import Identity, ProviderSession
from access.models.limits import OrganizationLimit
from access.models.tokens import ApiToken
from access.models.whitelist import AllowedUser

__all__ = ["AllowedUser", "ApiToken", "EntityChangeLog", "Identity", "OrganizationLimit", "ProviderSession"]
