"""ASGI entry point, for servers such as uvicorn. Pages follow by asking there (`production_views.events_stream`)."""

import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "art_factory.settings")

application = get_asgi_application()

from main.production.foreman import start_in_server  # noqa: E402 -- needs the applications loaded

start_in_server()
