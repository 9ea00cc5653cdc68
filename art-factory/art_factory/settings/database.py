"""One file of SQLite, or PostgreSQL when DATABASE_URL names it; read as eztaskmanager reads it, which keeps its tables there."""

from eztaskmanager.databases import database

from art_factory.settings.environment import BASE_DIR, env

DATABASES = {"default": database(env.str("DATABASE_URL", default=""), str(BASE_DIR / "db.sqlite3"))}
