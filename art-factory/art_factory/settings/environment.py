"""Where settings come from: the environment, then `.env` in the system's folder."""

from pathlib import Path

import environ

BASE_DIR = Path(__file__).resolve().parent.parent.parent
LOCAL = BASE_DIR.parent / ".local"

env = environ.Env()
env.read_env(BASE_DIR / ".env")
DEVELOPMENT = not env.str("SECRET_KEY", default="")
"""True on a laptop, as long as nobody has given it a SECRET_KEY: a server always has one."""
