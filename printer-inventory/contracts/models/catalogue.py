"""What kinds of device exist: manufacturer and model."""

from django.db import models
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _


class Manufacturer(models.Model):
    """A maker of devices; one row per name, whatever its case."""

    name = models.CharField(_("name"), max_length=128, unique=True)

    class Meta:
        verbose_name = _("manufacturer")
        verbose_name_plural = _("manufacturers")
        ordering = ["name"]
        constraints = [models.UniqueConstraint(Lower("name"), name="mfr_name_ci_unique")]

    def __str__(self) -> str:
        return self.name


class DeviceModel(models.Model):
    """A model of a manufacturer, as printed on the device."""

    class DeviceType(models.TextChoices):
        PRINTER = "printer", _("Printer")
        SCANNER = "scanner", _("Scanner")
        OTHER = "other", _("Other")

    manufacturer = models.ForeignKey(
        Manufacturer, on_delete=models.PROTECT, related_name="models", verbose_name=_("manufacturer")
    )
    name = models.CharField(_("name"), max_length=128)
    device_type = models.CharField(
        _("device type"), max_length=16, choices=DeviceType.choices, default=DeviceType.PRINTER
    )
    has_network_port = models.BooleanField(_("has a network port"), default=False)

    class Meta:
        verbose_name = _("device model")
        verbose_name_plural = _("device models")
        ordering = ["manufacturer__name", "name"]
        constraints = [models.UniqueConstraint(fields=["manufacturer", "name"], name="devicemodel_mfr_name_unique")]

    def __str__(self) -> str:
        return f"{self.manufacturer.name} {self.name}"
