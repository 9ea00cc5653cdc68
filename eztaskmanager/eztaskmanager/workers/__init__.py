"""Processes that run tasks: the database worker, and one run inside RQ's or Celery's."""
