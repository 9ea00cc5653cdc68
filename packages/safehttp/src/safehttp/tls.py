"""TLS settings: checked against the system's authorities, or, for printers only and by name, less."""

from __future__ import annotations

import functools
import ssl

import httpx2


@functools.lru_cache(maxsize=32)
def verifying_context(ca_file: str | None = None) -> ssl.SSLContext:
    """Return settings that check certificate and name; `ca_file` (PEM) is trusted besides the system's authorities.

    Shared by all connections (contexts are thread-safe once configured); a new one costs some ten milliseconds.
    Raises `OSError` when `ca_file` cannot be read.
    """
    if ca_file is None:
        return httpx2.create_ssl_context(trust_env=False)
    context = ssl.create_default_context()
    context.load_verify_locations(cafile=ca_file)
    return context


@functools.lru_cache(maxsize=4)
def device_context(*, verify: bool, legacy: bool) -> ssl.SSLContext:
    """Return settings for a printer's embedded web server.

    `legacy` speaks TLS 1.0 and up, short keys and SHA-1 (OpenSSL's security level 0: level 1 has refused TLS 1.0 since
    OpenSSL 3.0) and servers without secure renegotiation. Nothing secret should go over such a line.
    """
    context = ssl.create_default_context()
    if not verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    if legacy:
        context.set_ciphers("DEFAULT:@SECLEVEL=0")
        context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
        context.options |= ssl.OP_LEGACY_SERVER_CONNECT if hasattr(ssl, "OP_LEGACY_SERVER_CONNECT") else 0x4
    return context
