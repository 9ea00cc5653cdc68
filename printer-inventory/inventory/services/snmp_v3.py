"""SNMPv3 users and passwords of printers, opened for the moment in which they are asked."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from typing import Any, Final

from django.core.exceptions import ImproperlyConfigured

from inventory.models import Discovery, Printer
from inventory.models.choices import V3Auth, V3Priv
from inventory.models.encrypted import Secret, UndecryptableError
from inventory.polling.snmp.targets import V3Credentials

logger = logging.getLogger(__name__)

SHORTEST_PASSWORD: Final = 8
LONGEST_PASSWORD: Final = 200
LONGEST_USER: Final = 32
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
            found[printer.pk] = opened(printer)
        except (UndecryptableError, ImproperlyConfigured) as error:
            logger.error("The SNMPv3 passwords of printer %d cannot be opened: %s", printer.pk, error)  # noqa: TRY400 - no trace
    return found


def opened(row: Printer | Discovery) -> V3Credentials:
    """Return the credentials a row keeps. Raise UndecryptableError or ImproperlyConfigured when no key opens them."""
    return V3Credentials(
        row.snmp_v3_user,
        row.snmp_v3_auth_password.reveal(),
        row.snmp_v3_auth_protocol or "SHA",
        row.snmp_v3_priv_password.reveal(),
        row.snmp_v3_priv_protocol or "AES",
    )


def sealed(credentials: V3Credentials | None) -> dict[str, Any]:
    """Return credentials as the columns of a row keep them, passwords encrypted; nothing for none."""
    if credentials is None:
        return {}
    return {
        "snmp_v3_user": credentials.username,
        "snmp_v3_auth_protocol": credentials.auth_protocol,
        "snmp_v3_auth_password": Secret.seal(credentials.auth_password),
        "snmp_v3_priv_protocol": credentials.priv_protocol,
        "snmp_v3_priv_password": Secret.seal(credentials.priv_password),
    }


def credentials_from(values: Mapping[str, Any]) -> V3Credentials | None:
    """Return credentials of fields under the columns' names, None without a user; ValueError for what no agent takes."""
    user = str(values.get("snmp_v3_user") or "")
    if not user:
        return None
    auth, priv = (str(values.get(f"snmp_v3_{part}_password") or "") for part in ("auth", "priv"))
    auth_protocol = str(values.get("snmp_v3_auth_protocol") or V3Auth.SHA)
    priv_protocol = str(values.get("snmp_v3_priv_protocol") or V3Priv.AES)
    if len(user) > LONGEST_USER or auth_protocol not in V3Auth.values or priv_protocol not in V3Priv.values:
        raise ValueError("the user or a protocol is none that SNMPv3 knows")
    if any(text and not SHORTEST_PASSWORD <= len(text) <= LONGEST_PASSWORD for text in (auth, priv)):
        raise ValueError("passwords of SNMPv3 have at least eight characters (RFC 3414 11.2)")
    if priv and not auth:
        raise ValueError("SNMPv3 encrypts only what it also signs: give the authentication password too")
    return V3Credentials(user, auth, auth_protocol, priv, priv_protocol)
