"""The foreman: one process at a time keeps order and runs the workers; the next one takes over when it dies."""

from __future__ import annotations

import atexit
import logging
import os
import socket
import threading
import uuid
from datetime import timedelta
from typing import Final

from django.conf import settings
from django.db import DatabaseError, close_old_connections, connection, transaction
from django.utils import timezone

from main.models import Budget, ItemStatus, Lease, OrderItem
from main.production.claiming import Claim, LeaseLost
from main.production.outcomes import end
from main.production.recovering import overdue, recover
from main.production.retrying import Decision, Money, Next
from main.production.upkeep import Upkeep
from main.production.working import poll_next, submit_next
from main.services import events, spending
from main.services.deriving import derive

logger = logging.getLogger(__name__)
FOREMAN: Final = "foreman"
LEASE: Final = timedelta(seconds=10)
BEAT: Final = 2.0
IDLE: Final = 0.25
IDLE_MOST: Final = 1.0
"""Seconds between two looks: the longer there was nothing, the rarer, since a desk that idles should cost next to nothing."""
PATIENCE: Final = timedelta(hours=2)
wake: Final = threading.Event()
"""Set when there may be something to do; a worker that idles looks at once."""


def identity() -> str:
    """Return a name for this process that no other has."""
    return f"{socket.gethostname()[:30]}:{os.getpid()}:{_TOKEN}"


_TOKEN: Final = uuid.uuid4().hex[:8]


def take_lease(name: str, holder: str, lease: timedelta = LEASE) -> bool:
    """Take or renew a lease; True when it is ours. A holder on this machine whose process is gone has lost it."""
    now = timezone.now()
    with transaction.atomic():
        row, _made = Lease.objects.select_for_update().get_or_create(
            name=name, defaults={"holder": holder, "until": now + lease}
        )
        if row.holder != holder and row.until > now and not _is_dead(row.holder):
            return False
        row.holder, row.until = holder, now + lease
        row.save(update_fields=["holder", "until"])
    return True


def leave(holder: str) -> None:
    """Give every lease of a process back."""
    Lease.objects.filter(holder=holder).delete()


def _is_dead(holder: str) -> bool:
    host, pid, _token = [*holder.split(":"), "", ""][:3]
    if host != socket.gethostname()[:30] or not pid.isdigit():
        return False
    if int(pid) == os.getpid():
        return holder != identity()
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return False


def keep_order() -> dict[str, int]:
    """Free what dead workers held, give up on what nobody answers, and let go what the caps allow again."""
    now = timezone.now()
    freed = recover(now)
    lost = sum(_give_up(item) for item in overdue(now, PATIENCE))
    return {"freed": freed, "lost": lost, "released": release_held()}


def release_held() -> int:
    """Let items that a cap held go on when they fit again, oldest first; return how many."""
    released = 0
    held = OrderItem.objects.filter(status=ItemStatus.HELD, error_category__in=("cap", "quota")).select_related("order")
    for item in held.order_by("id")[:50]:
        try:
            spending.check_caps(Budget.objects.get_or_create(pk=1)[0], item, timezone.now())
        except spending.CapReached:
            continue
        if item.error_category == "quota" and timezone.now() - item.updated_at < timedelta(minutes=5):
            continue
        with transaction.atomic():
            waiting = OrderItem.objects.filter(pk=item.pk, status=ItemStatus.HELD, error_category=item.error_category)
            if waiting.update(status=ItemStatus.PENDING, error_category="", reason=""):
                released += 1
                events.record("item_release", order=item.order_id, entity=item.pk, actor="foreman")
                derive(item.order_id)
    return released


def _give_up(item: OrderItem) -> bool:
    fence = uuid.uuid4()
    if not OrderItem.objects.filter(pk=item.pk, status=item.status, fence=item.fence).update(fence=fence):
        return False
    try:
        text = f"the provider gave no end for {PATIENCE.total_seconds() / 3600:.0f} hours; it may have been charged"
        end(Claim(item, fence), Decision(Next.UNKNOWN, Money.DOUBT), "timeout", text)
    except LeaseLost:
        return False
    return True


class Foreman:
    """The threads of one process: one that keeps order and holds the lease, and the workers."""

    def __init__(self, threads: int | None = None, upkeep: Upkeep | None = None) -> None:
        """Prepare; `threads` is the setting WORKER_THREADS unless told. With `upkeep`, maintenance runs from here too."""
        self.upkeep = upkeep
        self.holder = identity()
        self.threads = settings.WORKER_THREADS if threads is None else threads
        self.stopping = threading.Event()
        self.working = threading.Event()
        self._started: list[threading.Thread] = []

    def start(self) -> None:
        """Start the threads; they end with the process."""
        jobs = [("foreman", self._oversee), *((f"worker-{number}", self._work) for number in range(self.threads))]
        for name, job in jobs:
            thread = threading.Thread(target=job, name=name, daemon=True)
            thread.start()
            self._started.append(thread)
        atexit.register(self.stop)

    def stop(self) -> None:
        """Let the threads finish what they do, and give the lease back."""
        if self.stopping.is_set():
            return
        self.stopping.set()
        wake.set()
        for thread in self._started:
            thread.join(5)
        try:
            leave(self.holder)
        except DatabaseError:
            logger.info("The lease could not be given back; it runs out by itself")
        finally:
            connection.close()

    def _oversee(self) -> None:
        """Hold the lease, keep order, beat."""
        while not self.stopping.is_set():
            try:
                close_old_connections()
                if take_lease(FOREMAN, self.holder):
                    take_lease(f"worker:{self.holder}", self.holder)
                    self.working.set()
                    keep_order()
                    if self.upkeep is not None:
                        self.upkeep.look()
                else:
                    self.working.clear()
            except DatabaseError as error:
                logger.warning("The foreman cannot reach the database: %s", error)
            except Exception:
                logger.exception("The foreman stumbled and goes on")
            self.stopping.wait(BEAT)
        connection.close()

    def _work(self) -> None:
        """Work while this process has the lease; look again at once after something was done."""
        idle = IDLE
        while not self.stopping.is_set():
            if not self.working.wait(BEAT):
                continue
            try:
                close_old_connections()
                busy = work_once(self.holder)
            except DatabaseError as error:
                logger.warning("A worker cannot reach the database: %s", error)
                busy = False
            except Exception:
                logger.exception("A worker stumbled and goes on")
                busy = False
            if busy:
                idle = IDLE
                continue
            idle = IDLE if wake.wait(idle) else min(idle * 2, IDLE_MOST)
            wake.clear()
        connection.close()


def work_once(worker: str) -> bool:
    """Do one thing: what is on its way first, then what waits. False when there is nothing to do."""
    return poll_next(worker) or submit_next(worker)


_running: Foreman | None = None
_lock: Final = threading.Lock()


def start_in_server() -> None:
    """Start production inside a web server, once per process, unless AUTO_WORKERS is off."""
    global _running  # noqa: PLW0603 -- one per process is the point
    with _lock:
        if settings.AUTO_WORKERS and _running is None:
            _running = Foreman(upkeep=Upkeep() if settings.AUTO_UPKEEP else None)
            _running.start()
