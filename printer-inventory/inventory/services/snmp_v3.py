"""SNMPv3 users and passwords of printers, opened for the moment in which they are asked."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from django.core.exceptions import ImproperlyConfigured

from inventory.models import Printer
from inventory.models.encrypted import UndecryptableError
from inventory.polling.snmp.targets import V3Credentials

logger = logging.getLogger(__name__)

FACTS = (
    "snmp_v3_user", "snmp_v3_auth_protocol", "snmp_v3_auth_password", "snmp_v3_priv_protocol", "snmp_v3_priv_password",
)  # fmt: skip


def credentials_of(printer_ids: Sequence[int]) -> dict[int, V3Credentials]:
    """Return what these printers are asked with, in one query; none is made for no printer.

    One whose passwords no key opens is left out: its poll fails with a reason, the others' go on.
    """
    if not printer_ids:
        return {}
    found = {}
    for printer in Printer.objects.only(*FACTS).filter(pk__in=printer_ids).exclude(snmp_v3_user=""):
        try:
            found[printer.pk] = V3Credentials(
                printer.snmp_v3_user,
                printer.snmp_v3_auth_password.reveal(),
                printer.snmp_v3_auth_protocol or "SHA",
                printer.snmp_v3_priv_password.reveal(),
                printer.snmp_v3_priv_protocol or "AES",
            )
        except (UndecryptableError, ImproperlyConfigured) as error:
            logger.error("The SNMPv3 passwords of printer %d cannot be opened: %s", printer.pk, error)  # noqa: TRY400 - no trace
    return found
