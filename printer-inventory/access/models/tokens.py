"""Tokens with which programs use the API in a person's name."""

from datetime import datetime

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class ApiToken(models.Model):
    """One token of one person. Its text is shown once and never stored: `digest` is its SHA-256, `prefix` its first letters.

    It opens what its scopes name (`access.scopes`) of what its owner may do at that moment; a revoked one stays in the list.
    """

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="api_tokens", verbose_name=_("user")
    )
    name = models.CharField(_("name"), max_length=100, help_text=_("What it is for, so that you know it again."))
    prefix = models.CharField(_("starts with"), max_length=12)
    digest = models.CharField(max_length=64, unique=True, editable=False)
    scopes = models.JSONField(_("scopes"), default=list)
    created_at = models.DateTimeField(_("made"), default=timezone.now)
    expires_at = models.DateTimeField(_("expires"), null=True, blank=True)
    last_used_at = models.DateTimeField(_("last used"), null=True, blank=True)
    revoked_at = models.DateTimeField(_("revoked"), null=True, blank=True)

    class Meta:
        verbose_name = _("API token")
        verbose_name_plural = _("API tokens")
        ordering = ["-created_at", "-id"]

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"

    def works(self, now: datetime) -> bool:
        """Whether it opens anything: not revoked, not expired, and its owner may still sign in."""
        return self.revoked_at is None and (self.expires_at is None or now < self.expires_at) and self.user.is_active

    def allows(self, scope: str) -> bool:
        """Whether it was made for this."""
        return scope in self.scopes
