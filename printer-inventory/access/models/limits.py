"""Who sees only some organizations."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class OrganizationLimit(models.Model):
    """While a person has this row they see only these organizations, on every page, in every file and through every API.

    A row without organizations shows them nothing; without the row they see everything their role allows. The organizations are
    the inventory's, which stands above and is therefore named, not imported.
    """

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="organization_limit", verbose_name=_("user")
    )
    organizations = models.ManyToManyField(
        "inventory.Organization", blank=True, related_name="+", verbose_name=_("organizations")
    )

    objects: ClassVar[models.Manager["OrganizationLimit"]] = models.Manager()

    class Meta:
        verbose_name = _("limit to organizations")
        verbose_name_plural = _("limits to organizations")

    def __str__(self) -> str:
        return str(self.user)
