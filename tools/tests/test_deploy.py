"""Compose files, units and nginx's sample fit the code, and their own tools accept them. Nothing is started."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
UNITS = sorted((ROOT / "deploy" / "systemd").iterdir())
SYSTEMS = {"printer-inventory", "soleflip", "art-factory"}


def compose(name: str) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((ROOT / name).read_text())
    return found


def test_every_service_has_an_image_and_waits_for_services_that_are_there() -> None:
    services = compose("compose.yaml")["services"]
    for name, service in services.items():
        assert service.get("image"), name
        assert set(service.get("depends_on", {})) <= set(services), name
        if "build" in service:
            assert service["build"]["args"]["SYSTEM"] in SYSTEMS


def test_settings_that_compose_gives_are_settings() -> None:
    known = (ROOT / "printer-inventory" / ".env.example").read_text()
    for key in compose("compose.yaml")["services"]["printer-web"]["environment"]:
        assert re.search(rf"^#? ?{key}=", known, re.MULTILINE), key


def test_compose_units_and_start_workers_run_the_same_queues() -> None:
    commands = [" ".join(one.get("command", [])) for one in compose("compose.yaml")["services"].values()]
    units = [unit.read_text() for unit in UNITS]
    script = (ROOT / "printer-inventory" / "start_workers.sh").read_text()
    for queue in ("-Q daemon", "-Q high_priority", "-Q low_priority,exports", "printer_inventory beat", "ezworker"):
        assert any(queue in command for command in commands), queue
        assert any(queue in unit for unit in units), queue
        assert queue in script, queue


def test_keycloak_gets_a_realm_that_fits_the_settings() -> None:
    service = compose("printer-inventory/docker-compose.yml")["services"]["keycloak"]
    realm = json.loads((ROOT / "printer-inventory" / service["volumes"][0].split(":")[0]).read_text())
    assert realm["realm"] == "printer-inventory"
    assert realm["clients"][0]["redirectUris"] == ["http://localhost:5000/oidc/callback/"]


def test_the_recipe_builds_one_system_as_nobody_in_particular() -> None:
    lines = [
        line for line in (ROOT / "Dockerfile").read_text().splitlines() if line and not line.startswith((" ", "#"))
    ]
    words = [line.split()[0] for line in lines]
    assert words[0] == "FROM"
    assert set(words) <= {"FROM", "ARG", "ENV", "RUN", "COPY", "WORKDIR", "USER", "CMD"}
    assert lines[-1] == "USER app"


@pytest.mark.slow
def test_nginx_accepts_its_sample(tmp_path: Path) -> None:
    nginx = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
    openssl = shutil.which("openssl")
    if nginx is None or openssl is None:
        pytest.skip("nginx or openssl is not installed (.ci/run installs them)")
    make_key = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", "/CN=x"]
    subprocess.run(
        [openssl, *make_key, "-keyout", tmp_path / "key", "-out", tmp_path / "pem"], check=True, capture_output=True
    )
    sample = (ROOT / "deploy" / "nginx.conf").read_text()
    sample = sample.replace("/etc/ssl/certs/printers.pem", str(tmp_path / "pem"))
    sample = sample.replace("/etc/ssl/private/printers.key", str(tmp_path / "key"))
    version = subprocess.run([nginx, "-v"], check=True, capture_output=True, text=True).stderr
    if tuple(int(part) for part in re.findall(r"\d+", version)[:3]) < (1, 25, 1):
        # Older ones spell the same thing on the listening line.
        sample = sample.replace("    http2 on;\n", "").replace("listen 443 ssl;", "listen 443 ssl http2;")
    whole = tmp_path / "nginx.conf"
    whole.write_text(
        f"pid {tmp_path}/pid;\nerror_log {tmp_path}/log;\nevents {{}}\nhttp {{ access_log off;\n{sample}\n}}\n"
    )
    checked = subprocess.run([nginx, "-t", "-c", whole, "-p", tmp_path], check=False, capture_output=True, text=True)
    assert checked.returncode == 0, checked.stderr


@pytest.mark.slow
def test_systemd_accepts_the_units(tmp_path: Path) -> None:
    verify = shutil.which("systemd-analyze")
    if verify is None:
        pytest.skip("systemd-analyze is not installed (.ci/run installs systemd)")
    program = tmp_path / "program"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    for unit in UNITS:
        # The installed programs are not here; everything else is as it will be.
        text = re.sub(r"/srv/quartermaster/\.venv/bin/\S+", str(program), unit.read_text())
        (tmp_path / unit.name).write_text(text.replace("User=quartermaster", "User=root"))
    checked = subprocess.run(
        [verify, "verify", "--man=no", *(tmp_path / unit.name for unit in UNITS)],
        check=False, capture_output=True, text=True, env={**os.environ, "SYSTEMD_UNIT_PATH": f"{tmp_path}:"},
    )  # fmt: skip
    ours = [line for line in checked.stderr.splitlines() if "printer-inventory" in line]
    assert checked.returncode == 0, checked.stderr
    assert ours == []
