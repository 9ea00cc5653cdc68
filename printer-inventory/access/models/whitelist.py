"""The list of people who may come in through the provider."""

from django.contrib.auth.models import Group
from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class AllowedUser(models.Model):
    """A person of the provider by their user name there, compared without case.

    `is_active` lets them in. A row that the person made by trying to sign in has `requested_at`; until somebody decides
    (`decided_at`) it waits for approval.
    """

    username = models.CharField(
        _("user name"), max_length=150, help_text=_("As the provider knows it (preferred_username).")
    )
    email = models.EmailField(_("e-mail"), blank=True, default="")
    full_name = models.CharField(_("full name"), max_length=255, blank=True, default="")
    is_active = models.BooleanField(_("may sign in"), default=True)
    added_at = models.DateTimeField(_("added"), default=timezone.now, editable=False)
    added_by = models.CharField(_("added by"), max_length=150, blank=True, default="", editable=False)
    notes = models.TextField(_("notes"), blank=True, default="")
    initial_groups = models.ManyToManyField(
        Group,
        blank=True,
        related_name="+",
        verbose_name=_("roles at the first sign-in"),
        help_text=_("Given once, when the account is made. None: the default roles."),
    )
    initial_organizations = models.ManyToManyField(
        "inventory.Organization",
        blank=True,
        related_name="+",
        verbose_name=_("sees only these organizations"),
        help_text=_("From the first sign-in on; it is changed at the account. None: everything the roles allow."),
    )
    requested_at = models.DateTimeField(_("asked for access"), null=True, blank=True, editable=False)
    decided_at = models.DateTimeField(_("decided"), null=True, blank=True, editable=False)

    class Meta:
        verbose_name = _("allowed user")
        verbose_name_plural = _("allowed users")
        ordering = ["username"]
        constraints = [models.UniqueConstraint(Lower("username"), name="allowed_username_ci_unique")]
        permissions = [("manage_users", _("Can manage users and their roles"))]

    def __str__(self) -> str:
        return self.username

    @property
    def state(self) -> str:
        """Return allowed, waiting (nobody has decided yet) or blocked."""
        if self.is_active:
            return "allowed"
        return "waiting" if self.requested_at and not self.decided_at else "blocked"
