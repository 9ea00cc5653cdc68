"""Maintenance runs by itself where nothing but the server runs."""

from __future__ import annotations

from pathlib import Path

import pytest

from main.tests.site import Site


@pytest.mark.slow
def test_a_due_task_is_run_by_a_worker_that_upkeep_starts(tmp_path: Path) -> None:
    """What the web server does once a minute, on a database of its own: the run ends done and the backup is there."""
    site = Site(tmp_path, served=False, migrated=True, BACKUP_ROOT=str(tmp_path / "backups"))
    try:
        code = (
            "from eztaskmanager.models import Task; from eztaskmanager.services.queues import get_task_service as s;"
            "from main.production.upkeep import Upkeep; s().run_now(Task.objects.get(name='Back up'));"
            "u = Upkeep(); print('started', u.look(now=True), 'again', u.look(now=True)); print('exit', u.wait(100))"
        )
        told_by = site.manage("shell", "-v", "0", "-c", code)
        assert "started True again False" in told_by
        assert "exit 0" in told_by
        state = site.manage(
            "shell", "-v", "0", "-c", "from eztaskmanager.models import LaunchReport as R; print(R.objects.get().state)"
        )
        assert state.strip() == "done"
        assert len(list((tmp_path / "backups").glob("art-factory-*.zip"))) == 1
    finally:
        site.close()
