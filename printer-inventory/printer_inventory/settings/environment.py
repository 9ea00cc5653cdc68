"""Where settings come from: environment, then `.env`, then the services a developer's `make up` started."""

from pathlib import Path

import environ

BASE_DIR = Path(__file__).resolve().parent.parent.parent
LOCAL = BASE_DIR.parent / ".local"

env = environ.Env()
env.read_env(BASE_DIR / ".env")
DEVELOPMENT = LOCAL.is_dir() and not env.str("SECRET_KEY", default="")
"""True in a clone that `make` has prepared, as long as nobody has given it a SECRET_KEY: a server always has one."""
if LOCAL.is_dir():
    env.read_env(LOCAL / "services.env")
