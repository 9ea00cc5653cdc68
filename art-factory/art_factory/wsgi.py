"""WSGI entry point; server-sent events need a server with threads."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "art_factory.settings")

application = get_wsgi_application()

from main.production.foreman import start_in_server  # noqa: E402 -- needs the applications loaded

start_in_server()
