"""Searches of whole networks, and what they found."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from access.reach import within
from inventory.models.choices import JobState, V3Auth, V3Priv
from inventory.models.encrypted import EncryptedField
from inventory.models.organization import Organization
from inventory.models.printer import Printer


class Standing(models.TextChoices):
    """What a found device is to the fleet (`inventory.rules.discovery`)."""

    WAITING = "waiting", _("not asked yet")
    NEW = "new", _("new")
    KNOWN = "known", _("in the fleet")
    MOVED = "moved", _("moved")
    REPLACED = "replaced", _("in another's place")
    DUPLICATE = "duplicate", _("same serial number")
    OTHER = "other", _("no printer")
    SILENT = "silent", _("did not say")


class Discovery(models.Model):
    """One search of some networks: a row from the moment it is asked for.

    `position` is how many addresses are finished; a worker that dies is followed by another one from there. Who holds the lease
    (`lease_token`) may write, nobody else. Communities are secrets: they are never shown.
    """

    state = models.CharField(_("state"), max_length=8, choices=JobState.choices, default=JobState.QUEUED)
    networks = models.JSONField(_("networks"))
    ports = models.JSONField(_("SNMP ports"))
    communities = models.JSONField(_("SNMP communities"))
    snmp_v3_user = models.CharField(_("SNMPv3 user"), max_length=32, blank=True, default="")
    snmp_v3_auth_protocol = models.CharField(
        _("SNMPv3 authentication"), max_length=6, choices=V3Auth.choices, default=V3Auth.SHA
    )
    snmp_v3_auth_password = EncryptedField(_("SNMPv3 authentication password"))
    snmp_v3_priv_protocol = models.CharField(
        _("SNMPv3 privacy"), max_length=6, choices=V3Priv.choices, default=V3Priv.AES
    )
    snmp_v3_priv_password = EncryptedField(_("SNMPv3 privacy password"))
    pps = models.PositiveIntegerField(_("packets per second"))
    organization = models.ForeignKey(
        Organization, on_delete=models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("organization")
    )
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    requested_at = models.DateTimeField(_("asked for"), default=timezone.now)
    started_at = models.DateTimeField(_("started"), null=True, blank=True)
    finished_at = models.DateTimeField(_("finished"), null=True, blank=True)
    total = models.PositiveIntegerField(_("addresses"))
    position = models.PositiveIntegerField(_("addresses finished"), default=0)
    packets = models.PositiveBigIntegerField(_("packets"), default=0)
    stop_asked = models.BooleanField(_("to be stopped"), default=False)
    attempt = models.PositiveSmallIntegerField(_("attempt"), default=0)
    worker = models.CharField(_("worker"), max_length=100, blank=True, default="")
    lease_token = models.UUIDField(null=True, blank=True)
    lease_until = models.DateTimeField(_("leased until"), null=True, blank=True)
    reason = models.TextField(_("reason"), blank=True, default="")

    objects: ClassVar[models.Manager["Discovery"]] = within("")

    class Meta:
        verbose_name = _("discovery")
        verbose_name_plural = _("discoveries")
        ordering = ["-requested_at", "-id"]
        indexes = [
            models.Index(fields=["requested_at"], condition=Q(state__in=["queued", "running"]), name="discovery_open")
        ]

    def __str__(self) -> str:
        return ", ".join(self.networks[:3])[:200]

    def get_absolute_url(self) -> str:
        """Return the page of this search."""
        return reverse("inventory:discovery", args=[self.pk])

    @property
    def is_open(self) -> bool:
        """Whether it has not ended."""
        return self.state in (JobState.QUEUED, JobState.RUNNING)


class DiscoveredDevice(models.Model):
    """A device that answered a search. `first_seen` is when any search first met it at this address."""

    discovery = models.ForeignKey(Discovery, on_delete=models.CASCADE, related_name="devices", db_index=False)
    address = models.GenericIPAddressField(_("IP address"))
    port = models.PositiveIntegerField(_("SNMP port"))
    community = models.CharField(_("SNMP community"), max_length=100)
    snmp_version = models.CharField(_("SNMP version"), max_length=4, default="2c")
    is_printer = models.BooleanField(_("printer"), null=True, blank=True)
    asked_at = models.DateTimeField(_("asked who it is"), null=True, blank=True)
    manufacturer = models.CharField(_("manufacturer"), max_length=128, blank=True, default="")
    model = models.CharField(_("model"), max_length=128, blank=True, default="")
    serial_number = models.CharField(_("serial number"), max_length=100, blank=True, default="")
    mac_address = models.CharField(_("MAC address"), max_length=17, blank=True, default="")
    hostname = models.CharField(_("host name"), max_length=255, blank=True, default="")
    location = models.CharField(_("location"), max_length=255, blank=True, default="")
    description = models.CharField(_("description"), max_length=255, blank=True, default="")
    standing = models.CharField(_("standing"), max_length=10, choices=Standing.choices, default=Standing.WAITING)
    reason = models.CharField(_("reason"), max_length=255, blank=True, default="")
    printer = models.ForeignKey(
        Printer, on_delete=models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("printer")
    )
    added_at = models.DateTimeField(_("added"), null=True, blank=True)
    first_seen = models.DateTimeField(_("first seen"))
    last_seen = models.DateTimeField(_("last seen"))

    objects: ClassVar[models.Manager["DiscoveredDevice"]] = within("")

    class Meta:
        verbose_name = _("discovered device")
        verbose_name_plural = _("discovered devices")
        ordering = ["address", "port"]
        constraints = [
            models.UniqueConstraint(fields=["discovery", "address", "port"], name="device_once_per_discovery")
        ]
        indexes = [
            models.Index(fields=["discovery", "standing"], name="device_standing"),
            models.Index(fields=["address", "port", "first_seen"], name="device_seen"),
        ]

    def __str__(self) -> str:
        return self.address if self.port == 161 else f"{self.address}:{self.port}"
