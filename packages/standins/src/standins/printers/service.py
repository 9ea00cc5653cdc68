"""The process that plays a fleet: opens its sockets, serves until told to stop."""

from __future__ import annotations

import asyncio
import os
import secrets
import signal
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from .control import ControlServer
from .desk import Desk
from .udp import UdpServer
from .web import WebServer
from .world import World

PARENT_CHECK = 1.0


@dataclass(frozen=True, slots=True)
class Ready:
    """What the starter needs to know: the control channel's port and token."""

    control_port: int
    token: str


async def serve(world: World, on_ready: Callable[[Ready], None], *, parent: int = 0, until_eof: bool = False) -> None:
    """Serve until SIGTERM or SIGINT, until process `parent` is gone, or (`until_eof`) until standard input ends."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    udp = UdpServer(world, Desk(world).take)
    udp.open()
    web = WebServer(world)
    if world.config.web:
        await web.open()
    token = secrets.token_urlsafe(24)
    control = ControlServer(world, token)
    port = await control.open()
    watcher = asyncio.create_task(_watch_parent(parent, stop)) if parent else None
    if until_eof:
        loop.add_reader(sys.stdin, _at_eof, stop)
    on_ready(Ready(port, token))
    try:
        await stop.wait()
    finally:
        if until_eof:
            loop.remove_reader(sys.stdin)
        if watcher is not None:
            watcher.cancel()
            with suppress(asyncio.CancelledError):
                await watcher
        await control.close()
        await web.close()
        udp.close()


def _at_eof(stop: asyncio.Event) -> None:
    """Stop when the starter has closed (or lost) its end; anything it writes is read and dropped."""
    if not os.read(sys.stdin.fileno(), 4096):
        stop.set()


async def _watch_parent(parent: int, stop: asyncio.Event) -> None:
    while os.getppid() == parent:  # noqa: ASYNC110 - no event tells that a parent has died
        await asyncio.sleep(PARENT_CHECK)
    stop.set()
