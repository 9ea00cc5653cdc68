"""ASGI entry point: pages over HTTP, live hints over WebSocket."""

import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "printer_inventory.settings")
http = get_asgi_application()  # Django must be set up before anything imports models

from channels.auth import AuthMiddlewareStack  # noqa: E402 - see above
from channels.routing import ProtocolTypeRouter, URLRouter  # noqa: E402 - see above
from channels.security.websocket import AllowedHostsOriginValidator  # noqa: E402 - see above

from inventory.routing import websocket_urlpatterns as inventory_routes  # noqa: E402 - see above
from monthly_report.routing import websocket_urlpatterns as month_routes  # noqa: E402 - see above

application = ProtocolTypeRouter(
    {
        "http": http,
        "websocket": AllowedHostsOriginValidator(AuthMiddlewareStack(URLRouter([*inventory_routes, *month_routes]))),
    }
)
