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
    GLPI = "GLPI", _("GLPI Agent")
    WEB = "WEB", _("Web page")
    HYBRID = "HYBRID", _("SNMP and web page")


class SnmpVersion(models.TextChoices):
    """Which SNMP version is spoken; automatic tries v2c, then v1."""

    AUTO = "auto", _("automatic")
    V1 = "1", "v1"
    V2C = "2c", "v2c"
    V3 = "3", "v3"


class V3Auth(models.TextChoices):
    """How SNMPv3 messages are signed (RFC 3414, 7860)."""

    MD5 = "MD5", "MD5"
    SHA = "SHA", "SHA-1"
    SHA224 = "SHA224", "SHA-224"
    SHA256 = "SHA256", "SHA-256"
    SHA384 = "SHA384", "SHA-384"
    SHA512 = "SHA512", "SHA-512"


class V3Priv(models.TextChoices):
    """How SNMPv3 messages are encrypted (RFC 3414, 3826)."""

    DES = "DES", "DES"
    AES = "AES", "AES-128"
    AES192 = "AES192", "AES-192"
    AES256 = "AES256", "AES-256"


class Trigger(models.TextChoices):
    """Who asked for a poll."""

    MANUAL = "manual", _("by hand")
    DAEMON = "daemon", _("by schedule")
    IMPORT = "import", _("imported")


class Doubt(models.TextChoices):
    """Why a reading waits for a person: the kinds of `inventory.rules.identity` and `inventory.rules.history`."""

    DEVICE = "device", _("another device")
    BOARD = "board", _("swapped board")
    ANONYMOUS = "anonymous", _("no identity")
    RESET = "reset", _("counters start again")
    ROLLBACK = "rollback", _("counters went back")
    JUMP = "jump", _("counters jumped")
    MISSING = "missing", _("counters missing")


class Resolution(models.TextChoices):
    """How a doubt ended; the first five by a person, the others by themselves."""

    BELIEVED = "believed", _("counted")
    BASELINE = "baseline", _("new baseline")
    MOVED = "moved", _("moved")
    REPLACED = "replaced", _("replaced")
    REJECTED = "rejected", _("rejected")
    RECOVERED = "recovered", _("passed by itself")
    RETIRED = "retired", _("printer retired")


class Change(models.TextChoices):
    """What can happen to a printer, as its timeline names it."""

    ADDED = "added", _("added")
    EDIT = "edit", _("edited")
    IP_CHANGE = "ip_change", _("new address")
    SERIAL_UPDATE = "serial_update", _("new serial number")
    MAC_UPDATE = "mac_update", _("new MAC address")
    BASELINE = "baseline", _("new baseline")
    COUNTER_RESET = "counter_reset", _("counters reset")
    BELIEVED = "believed", _("doubtful reading counted")
    REJECTED = "rejected", _("doubtful reading rejected")
    REPLACEMENT = "replacement", _("replaced")
    DEACTIVATION = "deactivation", _("retired")
    ACTIVATION = "activation", _("restored")
    UNDO = "undo", _("undone")
