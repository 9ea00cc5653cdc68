"""20,000 rows: previewed and applied in flat memory, with progress told on the way."""

from __future__ import annotations

import io
import tracemalloc
from typing import Any

import pytest
from sheets import write_table

from contracts.models import City, ContractDevice, ContractEvent, ImportSession
from contracts.services import import_jobs, import_sessions
from contracts.tests.factories import make_model, make_status
from contracts.tests.test_imports import HEAD
from inventory.tests.factories import make_organization

pytestmark = [pytest.mark.slow, pytest.mark.django_db, pytest.mark.timeout(400)]
ROWS = 20_000
MIB = 2**20


def peak_of(rows: int, prefix: str) -> int:
    """Import so many rows; return the peak of Python's memory in bytes, from the look-through to the end."""
    file = io.BytesIO()
    place = ("Alpha", "Irkutsk", "Lenina 1", "1", "Kyocera", "ECOSYS P2040dn")
    write_table(file, HEAD, ((*place, f"{prefix}{number:06}", "03.2026") for number in range(rows)))
    content = file.getvalue()
    session = import_sessions.open_session("large", [("large.xlsx", content)], make_status(), None, None)
    tracemalloc.start()
    assert import_jobs.run_next()
    session.refresh_from_db()
    assert (session.state, session.counts["new"]) == ("offered", rows), session.reason
    import_sessions.ask_apply(session.pk, session.token)
    assert import_jobs.run_next()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert ImportSession.objects.get(pk=session.pk).result == {"created": rows, "updated": 0}
    return peak - len(content)


def test_memory_does_not_grow_with_the_rows_and_progress_is_told(monkeypatch: Any):
    make_organization("Alpha")
    City.objects.create(name="Irkutsk")
    make_model()
    told: list[int] = []
    real = import_jobs.cache.set
    monkeypatch.setattr(import_jobs.cache, "set", lambda key, done, time: (told.append(done), real(key, done, time)))
    few = peak_of(2_000, "A")
    told.clear()
    many = peak_of(ROWS, "B")
    assert ContractDevice.objects.count() == ContractEvent.objects.count() == ROWS + 2_000
    assert told == list(range(import_jobs.CHUNK, ROWS + 1, import_jobs.CHUNK))
    assert many < few + 6 * MIB, f"{few / MIB:.1f} MiB for 2,000 rows, {many / MIB:.1f} MiB for {ROWS}"
