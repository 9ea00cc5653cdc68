"""The printer as people know it: where it stands, how it is asked, who it is."""

from typing import ClassVar

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from access.reach import within
from inventory.models.choices import MatchRule, PollingMethod, SnmpVersion, V3Auth, V3Priv
from inventory.models.encrypted import EncryptedField
from inventory.models.organization import Organization

PORT_VALIDATORS = [MinValueValidator(1), MaxValueValidator(65535)]


class Printer(models.Model):
    """One printer at one address.

    Identity is the serial number and the MAC address; the address is where it is now. A retired printer (`is_active`
    false) keeps its history and frees its address. `version` counts edits: a form that was opened on an older one is
    refused.
    """

    organization = models.ForeignKey(
        Organization,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="printers",
        verbose_name=_("organization"),
    )
    device_model = models.ForeignKey(
        "contracts.DeviceModel",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="inventory_printers",
        verbose_name=_("device model"),
    )
    ip_address = models.GenericIPAddressField(_("IP address"), unpack_ipv4=True)
    snmp_port = models.PositiveIntegerField(_("SNMP port"), default=161, validators=PORT_VALIDATORS)
    web_port = models.PositiveIntegerField(_("web port"), default=80, validators=PORT_VALIDATORS)
    web_username = models.CharField(_("web user"), max_length=100, blank=True, default="")
    web_password = EncryptedField(_("web password"))
    web_verify_tls = models.BooleanField(_("check the web certificate"), default=False)
    snmp_community = models.CharField(_("SNMP community"), max_length=100, default="public")
    snmp_version = models.CharField(
        _("SNMP version"), max_length=4, choices=SnmpVersion.choices, default=SnmpVersion.AUTO
    )
    snmp_v3_user = models.CharField(_("SNMPv3 user"), max_length=32, blank=True, default="")
    snmp_v3_auth_protocol = models.CharField(
        _("SNMPv3 authentication"), max_length=6, choices=V3Auth.choices, default=V3Auth.SHA
    )
    snmp_v3_auth_password = EncryptedField(_("SNMPv3 authentication password"))
    snmp_v3_priv_protocol = models.CharField(
        _("SNMPv3 privacy"), max_length=6, choices=V3Priv.choices, default=V3Priv.AES
    )
    snmp_v3_priv_password = EncryptedField(_("SNMPv3 privacy password"))
    serial_number = models.CharField(_("serial number"), max_length=100, blank=True)
    mac_address = models.CharField(_("MAC address"), max_length=17, blank=True, default="")
    hostname = models.CharField(_("host name"), max_length=255, blank=True)
    location = models.CharField(_("location"), max_length=255, blank=True)
    polling_method = models.CharField(
        _("polling method"), max_length=10, choices=PollingMethod.choices, default=PollingMethod.SNMP
    )
    last_match_rule = models.CharField(
        _("recognised by"), max_length=10, choices=MatchRule.choices, blank=True, default=""
    )
    is_active = models.BooleanField(_("active"), default=True)
    replaced_at = models.DateTimeField(_("retired"), null=True, blank=True)
    replaced_by = models.ForeignKey(
        "self",
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="replaced_printers",
        verbose_name=_("replaced by"),
    )
    created_at = models.DateTimeField(_("added"), auto_now_add=True)
    last_updated = models.DateTimeField(_("edited"), auto_now=True)
    version = models.PositiveIntegerField(_("version"), default=0, editable=False)

    objects: ClassVar[models.Manager["Printer"]] = within("organization")

    class Meta:
        verbose_name = _("printer")
        verbose_name_plural = _("printers")
        ordering = ["ip_address", "snmp_port", "id"]
        indexes = [
            models.Index(fields=["serial_number"], name="printer_serial"),
            models.Index(fields=["organization", "ip_address"], name="printer_org_ip"),
            models.Index(fields=["device_model"], name="printer_model"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["ip_address", "snmp_port"], condition=Q(is_active=True), name="unique_active_ip"
            ),
            models.UniqueConstraint(
                fields=["mac_address"], condition=Q(is_active=True) & ~Q(mac_address=""), name="unique_active_mac"
            ),
        ]

    def __str__(self) -> str:
        return self.address_display

    def get_absolute_url(self) -> str:
        """Return the page of this printer."""
        return reverse("inventory:printer_detail", args=[self.pk])

    @property
    def address_display(self) -> str:
        """The address as people write it: the port only where it is not 161."""
        host = f"[{self.ip_address}]" if ":" in self.ip_address and self.snmp_port != 161 else self.ip_address
        return host if self.snmp_port == 161 else f"{host}:{self.snmp_port}"

    @property
    def model_display(self) -> str:
        """Manufacturer and model, or nothing when the device has not said yet."""
        return str(self.device_model) if self.device_model else ""
