"""The GLPI server of the company, as it is configured. `connect` is the one door to it, for whoever reads or writes there."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, Final

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from inventory.glpi_server import GlpiAwayError, GlpiError, GlpiServer, Session, open_session
from inventory.models import GlpiConnection
from inventory.models.encrypted import UndecryptableError
from inventory.services.web_polling import own_services

SECRETS: Final = ("app_token", "user_token", "password")
NOT_SET_UP: Final = _("No GLPI server is set up: give its address and a token first.")


class NotConfiguredError(GlpiError):
    """No GLPI server is named."""


def where() -> dict[str, Any]:
    """Return where a GLPI server may be, as GlpiServer takes it."""
    return {"networks": tuple(settings.GLPI_NETWORKS), "own_services": tuple(own_services())}


def is_set_up() -> bool:
    """Return whether a server is named; it may still refuse us."""
    return GlpiConnection.objects.exists() or bool(settings.GLPI_API_URL)


def configured() -> GlpiServer | None:
    """Return how the server is reached: as it was set up here, else as the settings say; None when there is none."""
    fixed: dict[str, Any] = {
        **where(),
        "serial_field": settings.GLPI_SERIAL_FIELD_ID,
        "counter_field": settings.GLPI_LAST_COUNTER_FIELD_ID,
    }
    row = GlpiConnection.objects.first()
    if row is not None:
        try:
            secrets = {name: getattr(row, name).reveal() for name in SECRETS}
        except UndecryptableError as error:
            raise GlpiAwayError(str(error)) from error
        return GlpiServer(
            url=row.url,
            username=row.username,
            verify_tls=row.verify_tls,
            label_field=row.label_field,
            **secrets,
            **fixed,
        )
    if not settings.GLPI_API_URL:
        return None
    return GlpiServer(
        url=settings.GLPI_API_URL,
        app_token=settings.GLPI_APP_TOKEN,
        user_token=settings.GLPI_USER_TOKEN,
        username=settings.GLPI_USERNAME,
        password=settings.GLPI_PASSWORD,
        verify_tls=settings.GLPI_VERIFY_SSL,
        label_field=settings.GLPI_LABEL_SERIAL_FIELD_ID or None,
        **fixed,
    )


def attempt(seconds: float = 6.0) -> str:
    """Sign in and out; return why that does not work, or "". Takes a few such times at most."""
    try:
        server = configured()
        if server is None:
            raise NotConfiguredError(str(NOT_SET_UP))
        with open_session(replace(server, seconds=seconds)):
            return ""
    except GlpiError as error:
        return str(error)


@contextmanager
def connect() -> Iterator[Session]:
    """Sign in for a block. Raise NotConfiguredError, or another GlpiError with a sentence for a person.

    Hold no transaction open meanwhile: GLPI may take seconds for each answer.
    """
    server = configured()
    if server is None:
        raise NotConfiguredError(str(NOT_SET_UP))
    with open_session(server) as session:
        yield session
