"""`python -m standins.oidc` as the launcher starts it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
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


def test_what_is_wrong_is_said(tmp_path: Path) -> None:
    process = start("--port", "0", "--users", str(tmp_path / "none.json"))
    _out, errors = process.communicate(timeout=20)
    assert process.returncode == 1
    assert errors.startswith("oidc: ")
    assert "none.json" in errors
