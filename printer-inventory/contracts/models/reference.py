"""Where devices stand, how they stand, and who looks after them."""

from django.core.validators import RegexValidator
from django.db import models
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _


class City(models.Model):
    """A city, once, whatever the case it is written in."""

    name = models.CharField(_("name"), max_length=128, unique=True)

    class Meta:
        verbose_name = _("city")
        verbose_name_plural = _("cities")
        ordering = ["name"]
        constraints = [models.UniqueConstraint(Lower("name"), name="city_name_ci_unique")]

    def __str__(self) -> str:
        return self.name


class ContractStatus(models.Model):
    """How a device stands under its contract; the colour is its badge's and its cell's in Excel."""

    name = models.CharField(_("name"), max_length=128, unique=True)
    color = models.CharField(
        _("colour"),
        max_length=7,
        default="#6c757d",
        validators=[RegexValidator(r"^#[0-9a-fA-F]{6}\Z", _("Write a colour like #2f9e44."))],
    )
    is_active = models.BooleanField(_("can be chosen"), default=True)

    class Meta:
        verbose_name = _("contract status")
        verbose_name_plural = _("contract statuses")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class ServiceProvider(models.Model):
    """A company that services devices and takes orders for cartridges by e-mail."""

    class IssueTracker(models.TextChoices):
        OKDESK = "okdesk", "Okdesk"
        NONE = "none", _("None")

    name = models.CharField(_("name"), max_length=128, unique=True)
    code = models.SlugField(_("code"), max_length=32, unique=True)
    issue_tracker = models.CharField(
        _("issue tracker"), max_length=16, choices=IssueTracker.choices, default=IssueTracker.NONE
    )
    support_email = models.EmailField(_("e-mail for orders"), blank=True)
    is_active = models.BooleanField(_("can be chosen"), default=True)

    class Meta:
        verbose_name = _("service provider")
        verbose_name_plural = _("service providers")
        ordering = ["name"]
        constraints = [models.UniqueConstraint(Lower("name"), name="provider_name_ci_unique")]

    def __str__(self) -> str:
        return self.name
