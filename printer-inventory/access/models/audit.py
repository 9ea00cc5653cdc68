"""What people changed, for as long as the system stands."""

from django.conf import settings
from django.contrib.contenttypes.models import ContentType
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class EntityChangeLog(models.Model):
    """One change of one thing by one person; never edited, and it outlives both.

    `changes` is {field: {"old": ..., "new": ..., "label": ...}}; secrets are never in it. `object_repr` and `actor` say who and
    what it was after both are gone.
    """

    class Action(models.TextChoices):
        CREATE = "create", _("added")
        UPDATE = "update", _("changed")
        DELETE = "delete", _("deleted")
        SIGN_IN = "sign_in", _("signed in")
        SIGN_OUT = "sign_out", _("signed out")
        REFUSED = "refused", _("was refused")
        REVOKED = "revoked", _("lost access")

    content_type = models.ForeignKey(
        ContentType, on_delete=models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("kind")
    )
    object_id = models.CharField(_("id"), max_length=64, blank=True, default="")
    object_repr = models.CharField(_("what"), max_length=500)
    action = models.CharField(_("action"), max_length=10, choices=Action.choices)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("user"),
    )
    actor = models.CharField(_("by"), max_length=150, blank=True, default="")
    timestamp = models.DateTimeField(_("at"), default=timezone.now)
    changes = models.JSONField(_("changes"), default=dict, blank=True)
    reason = models.CharField(_("reason"), max_length=500, blank=True, default="")
    ip_address = models.GenericIPAddressField(_("address"), null=True, blank=True)
    user_agent = models.CharField(_("browser"), max_length=500, blank=True, default="")

    class Meta:
        verbose_name = _("change")
        verbose_name_plural = _("changes")
        ordering = ["-timestamp", "-id"]
        default_permissions = ()
        permissions = [("view_entity_changes", _("Can read the audit log"))]
        indexes = [
            models.Index(fields=["-timestamp", "-id"], name="change_time"),
            models.Index(fields=["content_type", "object_id", "-timestamp"], name="change_object_time"),
            models.Index(fields=["user", "-timestamp"], name="change_user_time"),
        ]

    def __str__(self) -> str:
        return f"{self.actor} {self.action} {self.object_repr}"
