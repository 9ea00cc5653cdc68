"""A worker that takes no messages any more starts itself anew; one that has work, or nothing to do, is left alone."""

from __future__ import annotations

from pathlib import Path

import pytest
from standins.printers import PrinterFleet

from inventory.models import InventoryTask, PageCounter
from inventory.tests.test_kill import add, sweep
from inventory.tests.workers import wait_until, worker
from printer_inventory.listening import LOOKS, Deafness


class TestLooks:
    def test_messages_that_wait_for_an_idle_worker_make_it_deaf(self):
        deafness = Deafness()
        assert [deafness.look(1, 0, 7) for _ in range(LOOKS + 1)] == [False] * LOOKS + [True]

    @pytest.mark.parametrize("other", [(0, 0, 7), (3, 1, 7), (3, 0, 8)], ids=["empty", "working", "took one"])
    def test_one_sign_of_life_begins_the_count_anew(self, other: tuple[int, int, int]):
        deafness = Deafness()
        for _ in range(LOOKS):
            assert not deafness.look(3, 0, 7)
        assert not deafness.look(*other)
        assert not any(deafness.look(3, 0, other[2]) for _ in range(LOOKS - 1))


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("pool", "processes"), [("solo", 1), ("prefork", 2)])
def test_a_worker_that_went_deaf_does_its_work_in_the_end(tmp_path: Path, pool: str, processes: int):
    marker = tmp_path / "first"
    values = {"DJANGO_SETTINGS_MODULE": "inventory.tests.deaf", "DEAF_MARKER": str(marker), "WORKER_DEAF_SECONDS": "3"}
    with PrinterFleet(count=3, speed=0) as fleet, worker("daemon", pool, processes, **values) as process:
        add(fleet)
        wait_until(marker.exists, "the first start")
        sweep()
        wait_until(lambda: PageCounter.objects.count() == 3, "the sweep")
        assert int(marker.read_text()) == process.pid, "the process its supervisor knows"
        assert process.poll() is None
        names = set(InventoryTask.objects.values_list("worker", flat=True))
        assert len(names) == 1
        assert children_of(process.pid) == (processes if pool == "prefork" else 0)


def children_of(pid: int) -> int:
    """Return how many living children a process has."""
    return len(Path(f"/proc/{pid}/task/{pid}/children").read_text().split())
