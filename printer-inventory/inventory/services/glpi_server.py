"""The GLPI server of the company, as it is configured. `connect` is the one door to it, for whoever reads or writes there."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings
from django.utils.translation import gettext as _

from inventory.glpi_server import GlpiError, GlpiServer, Session, open_session
from inventory.services.web_polling import own_services


class NotConfiguredError(GlpiError):
    """No GLPI server is named."""


def configured() -> GlpiServer | None:
    """Return how the server is reached, or None when there is none."""
    if not settings.GLPI_API_URL:
        return None
    return GlpiServer(
        url=settings.GLPI_API_URL,
        app_token=settings.GLPI_APP_TOKEN,
        user_token=settings.GLPI_USER_TOKEN,
        username=settings.GLPI_USERNAME,
        password=settings.GLPI_PASSWORD,
        verify_tls=settings.GLPI_VERIFY_SSL,
        networks=tuple(settings.GLPI_NETWORKS),
        own_services=tuple(own_services()),
        serial_field=settings.GLPI_SERIAL_FIELD_ID,
        counter_field=settings.GLPI_LAST_COUNTER_FIELD_ID,
        label_field=settings.GLPI_LABEL_SERIAL_FIELD_ID or None,
    )


@contextmanager
def connect() -> Iterator[Session]:
    """Sign in for a block. Raise NotConfiguredError, or another GlpiError with a sentence for a person.

    Hold no transaction open meanwhile: GLPI may take seconds for each answer.
    """
    server = configured()
    if server is None:
        raise NotConfiguredError(_("No GLPI server is set up: give its address and a token first."))
    with open_session(server) as session:
        yield session
