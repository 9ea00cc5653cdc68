"""Where settings come from: environment, then `.env`, then the services a developer's `make up` started."""

from pathlib import Path

import environ

BASE_DIR = Path(__file__).resolve().parent.parent.parent
SERVICES_FILE = BASE_DIR.parent / ".local" / "services.env"

env = environ.Env()
env.read_env(BASE_DIR / ".env")
DEVELOPMENT = SERVICES_FILE.exists()
"""True in a clone where `make up` or `make run` left services behind; never so on a server."""
if DEVELOPMENT:
    env.read_env(SERVICES_FILE)
