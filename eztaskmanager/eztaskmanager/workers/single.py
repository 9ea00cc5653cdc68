"""One run inside a process that RQ or Celery gave us."""

from __future__ import annotations

import logging

from django.utils.translation import gettext as _

from eztaskmanager.running.supervisor import DATABASE_TROUBLE
from eztaskmanager.services.claim import Claim
from eztaskmanager.states import State
from eztaskmanager.workers.host import Patience, RunHost

logger = logging.getLogger(__name__)


def run_claimed(host: RunHost, claim: Claim) -> None:
    """Run one claimed run to its stored end.

    What the queue raises here (RQ's time limit) stops the child and ends the run as
    failed, then goes on to the queue.
    """
    patience = Patience()
    host.launch(claim)
    interrupted: BaseException | None = None
    while host.supervisor.runs:
        try:
            host.tick()
            host.supervisor.step(0.2)
            patience.fine()
        except DATABASE_TROUBLE as error:
            patience.trouble(error)
        except BaseException as error:  # noqa: BLE001 - the queue's limit, raised below
            if interrupted is not None:
                break
            interrupted = error
            for run in host.open_runs:
                reason = _("The queue ended it: %(error)s") % {"error": error}
                run.stop(State.FAILED, reason[:200])
    if interrupted is not None:
        raise interrupted
