"""Addresses of other programs that want to be told."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from inventory.models.encrypted import EncryptedField


class Webhook(models.Model):
    """An address on the public internet that takes a signed POST. The path of its URL is a secret, so the URL is kept encrypted;
    `origin` (scheme, host, port) is what people see.
    """

    name = models.CharField(_("name"), max_length=100, unique=True)
    url = EncryptedField(_("URL"))
    origin = models.CharField(_("where"), max_length=300, blank=True, default="", editable=False)
    secret = EncryptedField(_("signing secret"))
    is_active = models.BooleanField(_("in use"), default=True)
    created_at = models.DateTimeField(_("added"), auto_now_add=True)

    class Meta:
        verbose_name = _("webhook")
        verbose_name_plural = _("webhooks")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name
