"""20,000 rows: previewed and applied in flat memory, with progress told on the way."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest
from django.core.cache import cache
from sheets import write_table

from contracts.models import City, ContractDevice, ContractEvent, ImportSession
from contracts.services import import_jobs, import_sessions
from contracts.services.importing_sheets import Judge
from contracts.tests.factories import make_model, make_status
from contracts.tests.test_imports import HEAD
from inventory.tests.factories import make_organization

pytestmark = [pytest.mark.slow, pytest.mark.django_db, pytest.mark.timeout(400)]
ROWS = 20_000


def resident() -> float:
    """Return this process's memory in MiB."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096 / 2**20


def test_memory_does_not_grow_with_the_rows_and_progress_is_told(monkeypatch: Any):
    make_organization("Alpha")
    City.objects.create(name="Irkutsk")
    make_model()
    place = ("Alpha", "Irkutsk", "Lenina 1", "1", "Kyocera", "ECOSYS P2040dn")
    file = io.BytesIO()
    write_table(file, HEAD, ((*place, f"S{number:06}", "03.2026") for number in range(ROWS)))
    told: list[int] = []
    memory: list[float] = []
    judge = Judge.judge

    def sampled(self: Judge, *arguments: Any) -> Any:
        memory.append(resident())
        return judge(self, *arguments)

    monkeypatch.setattr(Judge, "judge", sampled)
    monkeypatch.setattr(cache, "set", lambda *said: told.append(said[1]))
    session = import_sessions.open_session("large", [("large.xlsx", file.getvalue())], make_status(), None, None)
    assert import_jobs.run_next()
    session.refresh_from_db()
    assert (session.state, session.counts["new"], session.done) == ("offered", ROWS, ROWS), session.reason
    import_sessions.ask_apply(session.pk, session.token)
    assert import_jobs.run_next()
    assert ImportSession.objects.get(pk=session.pk).result == {"created": ROWS, "updated": 0}
    assert ContractDevice.objects.count() == ContractEvent.objects.filter(change="added").count() == ROWS
    assert told == list(range(import_jobs.CHUNK, ROWS + 1, import_jobs.CHUNK))
    chunks = ROWS // import_jobs.CHUNK
    looking, applying = memory[:chunks], memory[chunks:]
    assert len(applying) == chunks
    # The first two chunks fill pools and caches; from then on a chunk takes what the one before it gave back.
    for phase in (looking, applying):
        assert max(phase) - phase[2] < 20, [round(one) for one in phase]
