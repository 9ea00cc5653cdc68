"""`python -m standins.oidc` as the launcher starts it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from html import unescape
from pathlib import Path

import httpx2

USERS = {
    "realm": "file",
    "users": [{"username": "solo", "password": "solo"}],
    "clients": [{"client_id": "c", "redirect_uris": ["http://127.0.0.1:1/cb"]}],
}


def start(*arguments: str, **environment: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "standins.oidc", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, **environment},
    )


def test_ready_serving_and_stopped(tmp_path: Path) -> None:
    path = tmp_path / "users.json"
    path.write_text(json.dumps(USERS))
    process = start("--port", "0", "--users", str(path), "--json-ready", STANDINS_CONTROL_TOKEN="door")
    try:
        assert process.stdout is not None
        ready = json.loads(process.stdout.readline())
        assert ready["ready"] is True
        assert ready["issuer"] == f"http://127.0.0.1:{ready['port']}/realms/file"
        assert httpx2.get(f"{ready['issuer']}/.well-known/openid-configuration").json()["issuer"] == ready["issuer"]
        door = f"http://127.0.0.1:{ready['port']}/control/users/solo/disable"
        assert httpx2.post(door, headers={"Authorization": "Bearer door"}).status_code == 204
    finally:
        process.send_signal(signal.SIGTERM)
        _out, errors = process.communicate(timeout=20)
    assert process.returncode == 0
    assert "Traceback" not in errors


def test_the_demo_moves_the_client_and_gives_everybody_one_password() -> None:
    """A clone on other ports still signs in, and no password of the demo is known to others on the machine."""
    process = start("--port", "0", "--site", "http://127.0.0.1:6000", "--json-ready", DEMO_PASSWORD="of this clone")
    try:
        assert process.stdout is not None
        issuer = json.loads(process.stdout.readline())["issuer"]
        asked = {
            "client_id": "printer-inventory",
            "response_type": "code",
            "scope": "openid",
            "code_challenge": "a" * 43,
            "code_challenge_method": "S256",
        }
        with httpx2.Client(verify=False) as client:

            def form(redirect: str) -> httpx2.Response:
                return client.get(f"{issuer}/protocol/openid-connect/auth", params={**asked, "redirect_uri": redirect})

            assert form("http://127.0.0.1:5000/oidc/callback/").status_code == 400
            page = form("http://127.0.0.1:6000/oidc/callback/").text
            action = unescape(page.partition('action="')[2].partition('"')[0])
            csrf = page.partition('name="csrf" value="')[2].partition('"')[0]
            known = {"csrf": csrf, "username": "viewer", "password": "viewer"}
            assert client.post(action, data=known).status_code == 401
            assert client.post(action, data={**known, "password": "of this clone"}).status_code in (302, 303)
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=20)


def test_what_is_wrong_is_said(tmp_path: Path) -> None:
    process = start("--port", "0", "--users", str(tmp_path / "none.json"))
    _out, errors = process.communicate(timeout=20)
    assert process.returncode == 1
    assert errors.startswith("oidc: ")
    assert "none.json" in errors
