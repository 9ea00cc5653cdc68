"""What kinds of device exist, and which cartridges they take."""

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


class Cartridge(models.Model):
    """Something a device uses up, as its maker sells it; told apart by name and part number together."""

    class Color(models.TextChoices):
        BLACK = "black", _("Black")
        CYAN = "cyan", _("Cyan")
        MAGENTA = "magenta", _("Magenta")
        YELLOW = "yellow", _("Yellow")
        COLOR = "color", _("Colour")
        OTHER = "other", _("Other")

    name = models.CharField(_("name"), max_length=128)
    part_number = models.CharField(_("part number"), max_length=64, blank=True)
    color = models.CharField(_("colour"), max_length=16, choices=Color.choices, default=Color.OTHER)
    capacity = models.CharField(_("capacity"), max_length=64, blank=True)
    is_active = models.BooleanField(_("can be ordered"), default=True)
    comment = models.TextField(_("comment"), blank=True)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    updated_at = models.DateTimeField(_("updated"), auto_now=True)

    class Meta:
        verbose_name = _("cartridge")
        verbose_name_plural = _("cartridges")
        ordering = ["name", "part_number"]
        constraints = [
            models.UniqueConstraint(Lower("name"), Lower("part_number"), name="cartridge_name_part_ci_unique")
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.part_number})" if self.part_number else self.name


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
    cartridges = models.ManyToManyField(
        Cartridge, through="DeviceModelCartridge", related_name="device_models", verbose_name=_("cartridges")
    )

    class Meta:
        verbose_name = _("device model")
        verbose_name_plural = _("device models")
        ordering = ["manufacturer__name", "name"]
        constraints = [models.UniqueConstraint(fields=["manufacturer", "name"], name="devicemodel_mfr_name_unique")]

    def __str__(self) -> str:
        return f"{self.manufacturer.name} {self.name}"


class DeviceModelCartridge(models.Model):
    """That a model takes a cartridge; the primary ones are offered first when one is ordered."""

    device_model = models.ForeignKey(
        DeviceModel, on_delete=models.CASCADE, related_name="model_cartridges", verbose_name=_("device model")
    )
    cartridge = models.ForeignKey(
        Cartridge, on_delete=models.CASCADE, related_name="compatible_models", verbose_name=_("cartridge")
    )
    is_primary = models.BooleanField(_("primary"), default=False)
    comment = models.CharField(_("comment"), max_length=255, blank=True)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)

    class Meta:
        verbose_name = _("cartridge of a model")
        verbose_name_plural = _("cartridges of models")
        ordering = ["-is_primary", "cartridge__name"]
        constraints = [models.UniqueConstraint(fields=["device_model", "cartridge"], name="model_cartridge_once")]

    def __str__(self) -> str:
        return f"{self.device_model_id}: {self.cartridge_id}"
