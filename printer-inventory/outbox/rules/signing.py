"""How a webhook can tell that a message is ours."""

from __future__ import annotations

import hashlib
import hmac


def signature(secret: str, moment: str, body: bytes) -> str:
    """Return `sha256=` and the hexadecimal HMAC-SHA256 of `moment.body`, as eztaskmanager signs too."""
    return "sha256=" + hmac.new(secret.encode(), moment.encode() + b"." + body, hashlib.sha256).hexdigest()
