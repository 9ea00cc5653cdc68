"""What cannot be run here is at least read: the compose file and the Makefile's targets."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[2]
PORTS = {"metabase": 6400, "n8n": 5678, "adminer": 8220, "api": 8000}


def test_compose_has_its_services_and_no_secret() -> None:
    found: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
    services = found["services"]
    assert {"postgres", "redis", "worker", *PORTS} <= set(services)
    for name, port in PORTS.items():
        (told,) = services[name]["ports"]
        assert told.startswith(f"127.0.0.1:{port}:"), name
    for name, service in services.items():
        for key, value in (service.get("environment") or {}).items():
            if re.search("PASSWORD|SECRET|KEY|DATABASE_URL", key):
                assert "${" in value, (name, key)
    volumes = {each.partition(":")[0] for service in services.values() for each in service.get("volumes", [])}
    assert volumes <= set(found["volumes"])


def test_every_target_of_the_makefile_can_be_planned() -> None:
    text = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = re.findall(r"^([a-z][a-z-]+):", text, re.MULTILINE)
    documented = {"quick-start", "dev", "run", "serve-docs", "db-setup", "db-migrate", "db-upgrade", "db-downgrade", "test",
                  "test-api", "format", "lint", "type-check", "check", "security-check", "health", "backup", "restore",
                  "clean", "env-check", "docker-build", "docker-up", "docker-down", "docker-logs"}  # fmt: skip
    assert documented <= set(targets)
    for target in sorted(set(targets) - {"install", "install-dev", "quick-start"}):
        command = ["make", "-n", target, "BACKUP_FILE=x"]
        planned = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        assert planned.returncode == 0, (target, planned.stderr)
