"""Post signed JSON to public addresses only.

The name is resolved once, every address it has must be global, and the connection goes
to the address that was judged. Redirects are not followed.
"""

from __future__ import annotations

import hashlib
import hmac
import http.client
import ipaddress
import json
import socket
import ssl
import time
from typing import Any
from urllib.parse import urlsplit

TIMEOUT = 10.0
MAX_ANSWER = 4096
PORTS = {"https": 443, "http": 80}


class WebhookError(Exception):
    """The message did not arrive; the text says why, without the address's query."""


def check_url(url: str) -> None:
    """Raise ValueError for what is no http(s) address, or carries a user name."""
    parts = urlsplit(url)
    if parts.scheme not in PORTS or not parts.hostname:
        raise ValueError("a webhook's url must start with https:// or http://")
    if parts.username or parts.password:
        raise ValueError("a webhook's url must not carry a user name or password")
    if parts.port == 0:
        raise ValueError("a webhook's url must not use port 0")


def is_public(address: str) -> bool:
    """Say whether an IP address lies on the public internet, however it is wrapped."""
    ip = ipaddress.ip_address(address.split("%", maxsplit=1)[0])
    if isinstance(ip, ipaddress.IPv6Address):
        inner = ip.ipv4_mapped or ip.sixtofour or (ip.teredo[1] if ip.teredo else None)
        if inner is None and ip in ipaddress.ip_network("64:ff9b::/96"):
            inner = ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
        if inner is not None:
            return is_public(str(inner))
    return ip.is_global and not (ip.is_multicast or ip.is_reserved or ip.is_unspecified)


def resolve(host: str, port: int) -> str:
    """Return one address of a host of which all are public; raises WebhookError."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError as error:
        raise WebhookError(f"{host} was not found") from error
    addresses = [str(entry[4][0]) for entry in found]
    if not addresses or not all(is_public(address) for address in addresses):
        raise WebhookError(f"{host} is not on the public internet")
    return addresses[0]


def signature(secret: str, moment: str, body: bytes) -> str:
    """Return the hexadecimal HMAC-SHA256 of `moment.body`, as the receiver computes it."""
    return hmac.new(
        secret.encode(), moment.encode() + b"." + body, hashlib.sha256
    ).hexdigest()


def post(url: str, message: dict[str, Any], secret: str) -> None:
    """Send a message; raises WebhookError unless the answer is 2xx."""
    check_url(url)
    parts = urlsplit(url)
    host = parts.hostname or ""
    port = parts.port or PORTS[parts.scheme]
    address = resolve(host, port)
    body = json.dumps(message).encode()
    moment = str(int(time.time()))
    headers = {
        "Host": parts.netloc,
        "Content-Type": "application/json",
        "X-Eztaskmanager-Time": moment,
        "X-Eztaskmanager-Signature": f"sha256={signature(secret, moment, body)}",
    }
    path = f"{parts.path or '/'}{'?' + parts.query if parts.query else ''}"
    connection = http.client.HTTPConnection(address, port, timeout=TIMEOUT)
    try:
        _open(connection, address, port, host if parts.scheme == "https" else "")
        connection.request("POST", path, body, headers)
        status = connection.getresponse().status
    except (OSError, http.client.HTTPException) as error:
        raise WebhookError(f"{host}: {type(error).__name__}") from error
    finally:
        connection.close()
    if not 200 <= status < 300:
        raise WebhookError(f"{host} answered {status}")


def _open(
    connection: http.client.HTTPConnection, address: str, port: int, tls_name: str
) -> None:
    """Connect to the judged address; with TLS, the certificate is checked for the name."""
    raw = socket.create_connection((address, port), timeout=TIMEOUT)
    if tls_name:
        raw = ssl.create_default_context().wrap_socket(raw, server_hostname=tls_name)
    connection.sock = raw
