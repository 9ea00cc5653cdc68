"""Signing in through the certified provider for Node (npm oidc-provider), which knows nothing of us.

Needs Node and, once per clone, the npm registry. A person's machine without them skips with the reason, which the run counts;
CI installs Node (.ci/run sets REQUIRE_NODE), and there its absence fails.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import IO

import pytest
from django.contrib.auth.models import User
from django.test import override_settings
from django.utils import timezone

from access.models import AllowedUser, ProviderSession
from access.services.roles import bootstrap_roles
from access.tests.provider import CALLBACK, Visitor, endpoints
from inventory.tests.stack import free_port

pytestmark = [pytest.mark.slow, pytest.mark.django_db, pytest.mark.timeout(180)]

NODE, NPM = shutil.which("node") or "", shutil.which("npm") or ""
SOURCE = Path(__file__).parent / "node_provider"
OLDEST_NODE = 20
NO_REGISTRY = ("ENOTFOUND", "ECONNREFUSED", "ECONNRESET", "ETIMEDOUT", "EAI_AGAIN", "ENETUNREACH", "EHOSTUNREACH")
INSTALLED = Path(__file__).parents[3] / ".local" / "node-provider"


def without_node(reason: str) -> None:
    """Skip, or fail where Node has to be there."""
    if os.environ.get("REQUIRE_NODE"):
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture(scope="session")
def folder() -> Path:
    """The provider, installed from its lock below `.local` and used again as long as the lock is the same."""
    if not (NODE and NPM):
        without_node("Node and npm are not installed")
    version = subprocess.run([NODE, "--version"], capture_output=True, text=True, check=True).stdout
    if int(version.removeprefix("v").partition(".")[0]) < OLDEST_NODE:
        without_node(f"Node {version.strip()} is older than {OLDEST_NODE}")
    wanted = (SOURCE / "package-lock.json").read_bytes()
    done = INSTALLED / "installed.json"
    INSTALLED.mkdir(parents=True, exist_ok=True)
    for name in ("package.json", "package-lock.json", "provider.mjs"):
        (INSTALLED / name).write_bytes((SOURCE / name).read_bytes())
    if not done.exists() or done.read_bytes() != wanted:
        command = [NPM, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
        ended = subprocess.run(command, cwd=INSTALLED, capture_output=True, text=True, timeout=150, check=False)
        if any(code in ended.stderr for code in NO_REGISTRY):
            pytest.skip("the npm registry does not answer")
        assert ended.returncode == 0, ended.stderr
        done.write_bytes(wanted)
    return INSTALLED


@pytest.fixture
def door(folder: Path, db: None) -> Iterator[IO[str]]:
    """The running provider, trusted by the settings; lines written here are its commands."""
    bootstrap_roles()
    port = free_port()
    process = subprocess.Popen(
        [NODE, "provider.mjs", str(port), CALLBACK, "http://testserver/"],
        cwd=folder,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        assert any(line.strip() == "ready" for line in process.stdout), "the provider did not start"
        with override_settings(**endpoints(f"http://127.0.0.1:{port}/realms/tests")):
            yield process.stdin
    finally:
        process.kill()
        process.communicate()


@pytest.fixture
def guest(door: IO[str]) -> Iterator[Visitor]:
    visitor = Visitor()
    yield visitor
    visitor.close()


def confirmed_long_ago() -> None:
    """Let the next request ask the provider again."""
    ProviderSession.objects.update(checked_at=timezone.now() - timedelta(minutes=1))


def test_sign_in_refresh_revocation(guest, door):
    AllowedUser.objects.create(username="operator")
    assert guest.sign_in("operator", "/inventory/").headers["location"] == "/inventory/"
    user = User.objects.get()
    assert (user.username, user.email, user.identity.subject) == ("operator", "operator@example.test", "node|operator")
    for _ in range(2):  # the second refresh uses the rotated token
        confirmed_long_ago()
        assert guest.client.get("/inventory/").status_code == 200
    assert ProviderSession.objects.get().checked_at > timezone.now() - timedelta(seconds=30)
    door.write("disable operator\n")
    door.flush()
    for _ in range(50):
        confirmed_long_ago()
        if guest.client.get("/inventory/").status_code == 302:
            break
    assert ProviderSession.objects.get().end_reason.startswith("the provider refused")


def test_a_stranger_waits(guest):
    assert guest.sign_in("stranger").headers["location"] == "/accounts/access-denied/"
    assert AllowedUser.objects.get().state == "waiting"


def test_signing_out_is_taken(guest):
    AllowedUser.objects.create(username="viewer")
    guest.sign_in("viewer")
    answer = guest.client.post("/accounts/logout/")
    page = guest.web.get(answer.headers["location"])
    assert (page.status_code, "logout" in page.text) == (200, True), (
        "it asks, and does not refuse the hint or the address"
    )


def test_a_code_used_twice_is_refused(guest):
    AllowedUser.objects.create(username="operator")
    link = guest.at_provider(guest.begin(), "operator")
    assert guest.back(link).status_code == 302
    assert guest.back(link).status_code == 403
