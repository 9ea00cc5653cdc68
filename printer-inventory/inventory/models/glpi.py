"""The company's GLPI server, as somebody has set it up here."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from access.reach import within
from inventory.models.encrypted import EncryptedField


class GlpiConnection(models.Model):
    """One row at most; it wins over the GLPI_* settings. Tokens and password are kept encrypted and never shown."""

    url = models.CharField(_("address"), max_length=300)
    app_token = EncryptedField(_("app token"))
    user_token = EncryptedField(_("user token"))
    username = models.CharField(_("account"), max_length=150, blank=True, default="")
    password = EncryptedField(_("password"))
    verify_tls = models.BooleanField(_("check its certificate"), default=True)
    label_field = models.PositiveIntegerField(_("search option of the sticker's serial number"), null=True, blank=True)
    updated_at = models.DateTimeField(_("edited"), auto_now=True)
    updated_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )

    objects: ClassVar[models.Manager["GlpiConnection"]] = within("")

    class Meta:
        verbose_name = _("GLPI server")
        verbose_name_plural = _("GLPI servers")
        constraints = [models.CheckConstraint(condition=Q(pk=1), name="glpi_one_server")]

    def __str__(self) -> str:
        return self.url
