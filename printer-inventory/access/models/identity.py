"""Accounts that belong to a person of the provider, and their sign-ins there."""

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class Identity(models.Model):
    """The provider's person behind an account.

    `issuer` and `subject` (the claims `iss` and `sub`) never change and are never given to another person, which a user
    name is; `username` is the last `preferred_username`, by which the whitelist knows them.
    """

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="identity", verbose_name=_("user")
    )
    issuer = models.CharField(_("provider"), max_length=500)
    subject = models.CharField(_("subject"), max_length=255)
    username = models.CharField(_("user name there"), max_length=150)
    linked_at = models.DateTimeField(_("linked"), default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("identity at the provider")
        verbose_name_plural = _("identities at the provider")
        constraints = [models.UniqueConstraint(fields=["issuer", "subject"], name="identity_issuer_subject_unique")]

    def __str__(self) -> str:
        return self.username


class ProviderSession(models.Model):
    """One sign-in through the provider; the browser's session names it.

    The tokens are kept here, encrypted, and not in the browser's session: two requests of one page would each refresh
    them, and a refresh token that is used twice ends the sign-in at the provider.
    """

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="provider_sessions", verbose_name=_("user")
    )
    id_token = models.TextField(editable=False)
    refresh_token = models.TextField(blank=True, default="", editable=False)
    started_at = models.DateTimeField(_("signed in"), default=timezone.now)
    checked_at = models.DateTimeField(_("last confirmed by the provider"), default=timezone.now)
    ended_at = models.DateTimeField(_("ended"), null=True, blank=True)
    end_reason = models.CharField(_("why"), max_length=200, blank=True, default="")
    ip_address = models.GenericIPAddressField(_("address"), null=True, blank=True)
    user_agent = models.CharField(_("browser"), max_length=300, blank=True, default="")

    class Meta:
        verbose_name = _("sign-in through the provider")
        verbose_name_plural = _("sign-ins through the provider")
        ordering = ["-started_at"]
        indexes = [models.Index(fields=["user", "-started_at"], name="psession_user_started")]

    def __str__(self) -> str:
        return f"{self.user_id} {self.started_at:%Y-%m-%d %H:%M}"
