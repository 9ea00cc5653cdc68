"""The demo project. Celery's app is loaded where Celery is installed and chosen."""

import os
from importlib.util import find_spec

if os.environ.get("EZTASKMANAGER_QUEUE_SERVICE_TYPE") == "Celery" and find_spec(
    "celery"
):
    from demoproject.celery import app as celery_app

    __all__ = ["celery_app"]
