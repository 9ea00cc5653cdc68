"""`python -m standins.oidc`: the provider as a process of its own, for the demo."""

from __future__ import annotations

import argparse
import json
import logging
import os
import signal
import sys
from dataclasses import replace
from pathlib import Path
from types import FrameType
from urllib.parse import urlsplit

from standins.oidc.model import ConfigError, Lifetimes, RealmData, demo_data, load_realm
from standins.oidc.server import OidcProvider


def main(arguments: list[str] | None = None) -> int:
    """Serve until SIGINT or SIGTERM; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m standins.oidc", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1", help="a loopback address")
    parser.add_argument("--port", type=int, default=8090, help="0 for any free one")
    parser.add_argument("--users", type=Path, help="JSON file with realm, users and clients; the demo's when not given")
    parser.add_argument("--access-seconds", type=float, default=300, help="how long access and ID tokens hold")
    parser.add_argument(
        "--site",
        action="append",
        default=[],
        help="an address of the first client, instead of those of the file; again for more",
    )
    parser.add_argument("--json-ready", action="store_true", help="print one line of JSON when ready")
    options = parser.parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    signal.signal(signal.SIGTERM, _stop)
    signal.signal(signal.SIGINT, _stop)
    try:
        _serve(options)
    except KeyboardInterrupt:
        return 0
    except (ConfigError, OSError, ValueError) as error:
        print(f"oidc: {error}", file=sys.stderr)
        return 1
    return 0


def _realm(users: Path | None, sites: list[str], password: str) -> RealmData:
    """Return the realm of a file, with its first client at `sites` and, when given, one password for everybody."""
    data = load_realm(users) if users else demo_data()
    if sites and data.clients:
        first = data.clients[0]
        paths = {urlsplit(uri).path for uri in first.redirect_uris}
        there = replace(
            first,
            redirect_uris=tuple(site.rstrip("/") + path for site in sites for path in sorted(paths)),
            post_logout_redirect_uris=tuple(f"{site.rstrip('/')}/" for site in sites),
        )
        data = replace(data, clients=(there, *data.clients[1:]))
    if password:
        data = replace(data, users=tuple(replace(user, password=password) for user in data.users))
    return data


def _serve(options: argparse.Namespace) -> None:
    provider = OidcProvider(
        _realm(options.users, options.site, os.environ.get("DEMO_PASSWORD", "")),
        host=options.host,
        port=options.port,
        lifetimes=Lifetimes(access_token=options.access_seconds, id_token=options.access_seconds),
        control_token=os.environ.get("STANDINS_CONTROL_TOKEN", ""),
    )
    try:
        ready = {"ready": True, "issuer": provider.issuer, "port": provider.port}
        print(json.dumps(ready) if options.json_ready else f"oidc: {provider.issuer}", flush=True)
        provider.serve()
    finally:
        provider.close()


def _stop(_signal: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
