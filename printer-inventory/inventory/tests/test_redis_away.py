"""Redis is away: people sign in, pages answer, and a poll that is asked for stands as a row until workers are back."""

from __future__ import annotations

import json
import urllib.parse
import urllib.request
from http.cookiejar import CookieJar

import pytest
from django.contrib.auth.models import Group, User

from access.services.roles import bootstrap_roles
from inventory.models import InventoryTask
from inventory.tests.factories import make_printer
from inventory.tests.stack import PASSWORD, free_port, server

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]


class Visitor:
    """A browser without a window: keeps cookies and sends the token back."""

    def __init__(self, address: str) -> None:
        """Begin at a server."""
        self.address = address
        self.cookies = CookieJar()
        self.opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(self.cookies))

    def get(self, path: str) -> str:
        """Return a page's text."""
        with self.opener.open(self.address + path, timeout=30) as answer:
            return str(answer.read().decode())

    def post(self, path: str, **fields: str) -> str:
        """Send a form as a program and return the answer's text."""
        token = next((cookie.value or "" for cookie in self.cookies if cookie.name == "csrftoken"), "")
        headers = {"X-CSRFToken": token, "Accept": "application/json"}
        request = urllib.request.Request(  # noqa: S310 - loopback, our own server
            self.address + path, urllib.parse.urlencode(fields).encode(), headers
        )
        with self.opener.open(request, timeout=30) as answer:
            return str(answer.read().decode())


def test_pages_answer_and_polls_wait_as_rows() -> None:
    bootstrap_roles()
    user = User.objects.create_user("editor", password=PASSWORD)
    user.groups.set(Group.objects.filter(name="Inventory Editor"))
    printer = make_printer(serial_number="STILL-HERE")
    with server(REDIS_PORT=str(free_port())) as address:
        visitor = Visitor(address)
        visitor.get("/accounts/login/")
        visitor.post("/accounts/login/", username="editor", password=PASSWORD)
        assert "STILL-HERE" in visitor.get("/inventory/")
        assert "STILL-HERE" in visitor.get(f"/inventory/{printer.pk}/")
        asked = json.loads(visitor.post(f"/inventory/{printer.pk}/run/"))
        assert json.loads(visitor.post("/inventory/run_all/"))["state"] == "running"
        health = json.loads(visitor.get("/health/"))
    assert InventoryTask.objects.get().pk == asked["task_id"]
    assert InventoryTask.objects.get().state == "queued"
    assert (health["status"], health["checks"]["cache"]["status"]) == ("degraded", "degraded")
