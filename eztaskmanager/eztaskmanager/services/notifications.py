from typing import Any
class NotificationHandler: ...
def build_handlers() -> dict[str, Any]:
    return {}
