"""Telling a webhook: a signed POST to an address on the public internet, through the house's guard."""

from __future__ import annotations

import json
import time
from typing import Any, Final

from django.conf import settings
from django.utils.translation import gettext as _
from safehttp import Client, Limits, Policy, Public, Refused, SafeHttpError, check_url, parse_url

from inventory.models.encrypted import UndecryptableError
from outbox.models import Webhook
from outbox.rules import retrying
from outbox.rules.signing import signature

LIMITS: Final = Limits(total_seconds=15, connect_seconds=5, read_seconds=10, max_body_bytes=64 * 1024, max_redirects=0)


class CallRefusedError(Exception):
    """A webhook was not told. `again`: it may work later."""

    def __init__(self, reason: str, *, again: bool) -> None:
        """Keep why."""
        super().__init__(reason)
        self.again = again


def policy() -> Policy:
    """Return who may be told: the public internet, never a service of ours."""
    own = [(str(settings.DATABASES["default"]["HOST"]), int(settings.DATABASES["default"]["PORT"] or 5432))]
    return Public(own_services=[*own, (settings.REDIS_HOST, settings.REDIS_PORT)])


def judge(url: str) -> str:
    """Return the origin of a URL that may be told. Raise ValueError saying why not."""
    try:
        check_url(policy(), url)
        return parse_url(url).origin
    except Refused as error:
        raise ValueError(str(error)) from error


def call(webhook: Webhook, number: int, kind: str, data: dict[str, Any]) -> None:
    """Post `{id, kind, data}`; the receiver tells repetitions by `id` and us by the signature. Raise CallRefusedError."""
    body = json.dumps({"id": number, "kind": kind, "data": data}, ensure_ascii=False).encode()
    moment = str(int(time.time()))
    try:
        headers = {
            "Content-Type": "application/json",
            "X-Printer-Inventory-Delivery": str(number),
            "X-Printer-Inventory-Time": moment,
            "X-Printer-Inventory-Signature": signature(webhook.secret.reveal(), moment, body),
        }
        answer = Client(policy(), LIMITS, user_agent="printer-inventory").post(
            webhook.url.reveal(), content=body, headers=headers
        )
    except UndecryptableError as error:
        raise CallRefusedError(str(error), again=False) from error
    except Refused as error:
        raise CallRefusedError(str(error), again=False) from error
    except SafeHttpError as error:
        raise CallRefusedError(str(error), again=True) from error
    if not answer.ok:
        reason = _("It answered %(status)s.") % {"status": answer.status}
        raise CallRefusedError(reason, again=retrying.may_be_told_again(answer.status))
