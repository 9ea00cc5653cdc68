"""Who may see a run's log: a person by permission, a page's script by a short-lived key."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.views import redirect_to_login
from django.core import signing
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponseBase
from django.urls import reverse

from eztaskmanager.models import Task
from eztaskmanager.permissions import may
from eztaskmanager.settings import option

KEY_SECONDS = 120
_SALT = "eztaskmanager.log"


def make_key(report_id: int) -> str:
    """Return a key that opens one run's log for two minutes.

    Polls carry it, so that they need neither session nor user from the database; a
    permission that was taken away ends with it.
    """
    return signing.TimestampSigner(salt=_SALT).sign(str(report_id))


def key_opens(key: str, report_id: int) -> bool:
    """Say whether a key is of this run and still good."""
    try:
        signed = signing.TimestampSigner(salt=_SALT).unsign(key, max_age=KEY_SECONDS)
    except signing.BadSignature:
        return False
    return signed == str(report_id)


class ReadersOnly:
    """Lets those in who may read logs; sends strangers to the admin's login."""

    def dispatch(
        self, request: HttpRequest, *args: Any, **kwargs: Any
    ) -> HttpResponseBase:
        """Judge, then go on."""
        user = request.user
        if not user.is_authenticated:
            return redirect_to_login(request.get_full_path(), reverse("admin:login"))
        if not user.is_active or not may(user, "read", self._task()):
            raise PermissionDenied
        parent: Any = super()
        response: HttpResponseBase = parent.dispatch(request, *args, **kwargs)
        return response

    def _task(self) -> Task | None:
        """Return the task of the run that is asked for, where a project's rule judges it."""
        number = getattr(self, "kwargs", {}).get("pk")
        if not option("PERMISSION_CHECK"):
            return None
        return Task.objects.filter(launchreport=number).first()
