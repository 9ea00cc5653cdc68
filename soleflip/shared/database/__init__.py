"""Connection, sessions, models and migrations."""
