"""Words that models, services and pages share."""

from typing import Final

from django.db import models
from django.utils.translation import gettext_lazy as _


class JobState(models.TextChoices):
    """Where a background action stands; the same six words in all systems."""

    QUEUED = "queued", _("queued")
    RUNNING = "running", _("running")
    DONE = "done", _("done")
    FAILED = "failed", _("failed")
    STOPPED = "stopped", _("stopped")
    LOST = "lost", _("lost")


OPEN_STATES: Final = (JobState.QUEUED, JobState.RUNNING)


class Verdict(models.TextChoices):
    """What became of a poll's answer."""

    SUCCESS = "SUCCESS", _("Success")
    FAILED = "FAILED", _("Failed")
    VALIDATION_ERROR = "VALIDATION_ERROR", _("Another device answered")
    HISTORICAL_INCONSISTENCY = "HISTORICAL_INCONSISTENCY", _("Counters do not fit the history")


class MatchRule(models.TextChoices):
    """On what the answering device was recognised."""

    SN_MAC = "SN_MAC", _("serial number and MAC address")
    MAC_ONLY = "MAC_ONLY", _("MAC address only")
    SN_ONLY = "SN_ONLY", _("serial number only")


class PollingMethod(models.TextChoices):
    """Which engine asks the printer."""

    SNMP = "SNMP", "SNMP"
    WEB = "WEB", _("Web page")
    HYBRID = "HYBRID", _("SNMP and web page")


class SnmpVersion(models.TextChoices):
    """Which SNMP version is spoken; automatic tries v2c, then v1."""

    AUTO = "auto", _("automatic")
    V1 = "1", "v1"
    V2C = "2c", "v2c"
    V3 = "3", "v3"


class Trigger(models.TextChoices):
    """Who asked for a poll."""

    MANUAL = "manual", _("by hand")
    DAEMON = "daemon", _("by schedule")
    IMPORT = "import", _("imported")
