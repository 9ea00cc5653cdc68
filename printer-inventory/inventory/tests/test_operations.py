"""Operations commands on the real Redis and PostgreSQL, and with them away."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from celery import current_app
from django.conf import settings
from django.core.cache import caches
from django.core.management import CommandError, call_command
from django.utils import timezone

from inventory.models import InventoryTask, JobState, PageCounter, PollSchedule, Printer, PrinterState, Verdict
from inventory.services.leases import LeaseHolder, lease_due
from inventory.services.operations import AwayError, polls, queues
from inventory.services.operations import caches as ours
from inventory.services.operations.diagnosis import diagnose
from inventory.tests.factories import make_printer
from inventory.tests.stack import free_port
from inventory.tests.workers import wait_until, worker


def run(*arguments: str) -> str:
    """Return what a command wrote to stdout."""
    out = StringIO()
    call_command(*arguments, stdout=out, stderr=StringIO())
    return out.getvalue()


def told(*arguments: str) -> Any:
    """Return the JSON a command prints."""
    return json.loads(run(*arguments, "--json"))


@pytest.fixture
def marked() -> Iterator[str]:
    """A word in the names of this test's keys, which are gone when it ends."""
    word = uuid.uuid4().hex
    yield word
    for cache in ours.names():
        with ours.server(cache) as client:
            for key in list(client.scan_iter(match=f"*{word}*")):
                client.delete(key)


@pytest.fixture
def redis_away(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let caches and broker point to a port where nobody listens."""
    url = f"redis://:hidden@127.0.0.1:{free_port()}/0"
    settings.CACHES = {name: {**cache, "LOCATION": url} for name, cache in settings.CACHES.items()}
    away = current_app.connection_for_read(url)
    monkeypatch.setattr(current_app._get_current_object(), "connection_for_read", away.clone)


class TestRedis:
    def test_only_keys_of_the_cache_are_cleared(self, marked: str) -> None:
        caches["default"].set(f"{marked}-a", 1)
        caches["default"].set(f"{marked}-b", 1)
        caches["inventory"].set(f"{marked}-a", 1)
        with ours.server("default") as client:
            client.set(f"foreign-{marked}", "x")
            client.set(f"{marked}-a", "x")
            assert told(
                "redis_management", "--action", "clear", "--cache", "default", "--pattern", f"{marked}*", "--yes"
            ) == {"deleted": {"default": 2}}
            assert (client.get(f"foreign-{marked}"), client.get(f"{marked}-a")) == (b"x", b"x")
        assert caches["inventory"].get(f"{marked}-a") == 1
        assert caches["default"].get(f"{marked}-a") is None

    def test_nothing_is_cleared_without_a_yes(self, marked: str, monkeypatch: pytest.MonkeyPatch) -> None:
        caches["default"].set(marked, 1)
        for answer in ("no", ""):
            monkeypatch.setattr("builtins.input", lambda _, answer=answer: answer)
            with pytest.raises(CommandError, match="Nothing was done"):
                run("redis_management", "--action", "clear", "--cache", "default", "--pattern", f"{marked}*")
        assert caches["default"].get(marked) == 1
        monkeypatch.setattr("builtins.input", lambda _: "yes")
        assert "1 keys deleted" in run(
            "redis_management", "--action", "clear", "--cache", "default", "--pattern", f"{marked}*"
        )

    def test_clear_wants_a_cache_named(self) -> None:
        with pytest.raises(CommandError, match="--cache"):
            run("redis_management", "--action", "clear", "--yes")

    def test_a_prefix_with_pattern_letters_is_taken_by_the_letter(self, marked: str, settings: Any) -> None:
        settings.CACHES = {**settings.CACHES, "odd": {**settings.CACHES["default"], "KEY_PREFIX": "[a*"}}
        caches["odd"].set(marked, 1)
        with ours.server("default") as client:
            client.set(f"a:1:{marked}", "x")
            assert ours.count("odd", f"{marked}*") == 1
            assert ours.clear("odd", f"{marked}*") == 1
            assert client.get(f"a:1:{marked}") == b"x"

    def test_keys_tell_how_long_they_live_and_hide_sessions(self, marked: str) -> None:
        caches["inventory"].set(marked, 1, timeout=500)
        caches["inventory"].set(f"{marked}-2", 1, timeout=None)
        first, second = told("redis_management", "--action", "keys", "--cache", "inventory", "--pattern", f"{marked}*")[
            "keys"
        ]["inventory"]
        assert 400 < first["seconds"] <= 500
        assert second["seconds"] is None
        caches["sessions"].set(f"django.contrib.sessions.cached_db{marked}", 1)
        page = run("redis_management", "--action", "keys", "--cache", "sessions", "--pattern", f"*{marked}")
        assert marked[:4] in page
        assert marked[:5] not in page

    def test_status_stats_info_and_the_round_trip(self, marked: str) -> None:
        caches["default"].set(marked, 1)
        assert told("redis_management")["keys"]["default"] >= 1
        assert set(told("redis_management", "--list")["caches"]) == set(settings.CACHES)
        assert told("redis_management", "--action", "info")["server"]["redis_version"]
        before = ours.count("default")
        assert set(told("redis_management", "--action", "test")["milliseconds"]) == set(settings.CACHES)
        assert ours.count("default") == before

    @pytest.mark.parametrize("action", ["status", "stats", "keys", "test", "info"])
    def test_redis_away_is_told_in_words_without_its_password(self, action: str, redis_away: None) -> None:
        with pytest.raises(CommandError, match="is away") as caught:
            run("redis_management", "--action", action)
        assert "hidden" not in str(caught.value)


@pytest.fixture
def empty_queue() -> Iterator[str]:
    """The low-priority queue, emptied before and after."""
    queues.purge(["low_priority"])
    yield "low_priority"
    queues.purge(["low_priority"])


class TestQueues:
    def test_waiting_messages_are_counted_and_purged_only_when_asked(
        self, empty_queue: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for _ in range(3):
            current_app.send_task("inventory.tasks.cleanup_old_inventory_data", queue=empty_queue)
        assert told("celery_monitor", "--action", "queues", "--queue", empty_queue) == {"queues": {empty_queue: 3}}
        monkeypatch.setattr("builtins.input", lambda _: "n")
        with pytest.raises(CommandError, match="Nothing was done"):
            run("celery_monitor", "--action", "purge", "--queue", empty_queue)
        assert queues.lengths()[empty_queue] == 3
        assert told("celery_monitor", "--action", "purge", "--queue", empty_queue, "--yes") == {
            "purged": {empty_queue: 3}
        }
        assert queues.lengths()[empty_queue] == 0

    def test_a_queue_of_somebody_else_is_refused(self) -> None:
        with pytest.raises(ValueError, match="not a queue of Printer Inventory"):
            queues.purge(["theirs"])
        with pytest.raises(CommandError, match="no queue theirs"):
            run("celery_monitor", "--action", "purge", "--queue", "theirs", "--yes")

    def test_the_broker_away_is_told_in_words(self, redis_away: None) -> None:
        with pytest.raises(AwayError, match="broker"):
            queues.lengths()
        with pytest.raises(CommandError, match="is away") as caught:
            run("celery_monitor")
        assert "hidden" not in str(caught.value)

    def test_without_workers_it_says_so_and_fails(self) -> None:
        with pytest.raises(CommandError, match="No worker answered"):
            run("celery_monitor", "--worker", f"{uuid.uuid4().hex}@nowhere", "--timeout", "0.1")


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_a_worker_tells_of_itself() -> None:
    with worker("daemon,low_priority"):
        wait_until(lambda: _answers("daemon"), "the worker's answer")
        (found,) = told("celery_monitor")["workers"]
        assert (found["pool"], set(found["queues"])) == ("TaskPool", {"daemon", "low_priority"})
        assert "Nobody serves high_priority" in run("celery_monitor")
        (known,) = told("celery_monitor", "--action", "inspect")["workers"]
        assert "inventory.tasks.inventory_daemon_task" in known["registered"]
        current_app.send_task("inventory.tasks.cleanup_old_inventory_data", queue="low_priority")
        wait_until(lambda: "cleanup_old_inventory_data" in run("celery_monitor", "--action", "stats"), "the task's end")
        levels = {finding.link: finding.level for finding in diagnose(timezone.now())}
        assert levels["workers"] == "warning"


def _answers(queue: str) -> bool:
    try:
        return any(queue in found["queues"] for found in told("celery_monitor", "--timeout", "0.5")["workers"])
    except CommandError:
        return False


@pytest.mark.django_db
class TestPolls:
    def ended(self, printer: Printer, verdict: Verdict, ago: timedelta) -> InventoryTask:
        at = timezone.now() - ago
        state = JobState.FAILED if verdict is Verdict.FAILED else JobState.DONE
        return InventoryTask.objects.create(
            printer=printer,
            state=state,
            status=verdict,
            due_at=at,
            started_at=at,
            finished_at=at,
            error_message="no answer",
        )

    def test_verdicts_of_the_last_hours_are_counted(self) -> None:
        one, two = make_printer(), make_printer()
        self.ended(one, Verdict.SUCCESS, timedelta(minutes=5))
        self.ended(one, Verdict.SUCCESS, timedelta(minutes=50))
        self.ended(two, Verdict.FAILED, timedelta(minutes=10))
        self.ended(two, Verdict.FAILED, timedelta(hours=5))
        summary = told("check_inventory_tasks")["summary"]
        assert summary["ended"] == [
            {"state": "done", "status": "SUCCESS", "polls": 2, "printers": 1},
            {"state": "failed", "status": "FAILED", "polls": 1, "printers": 1},
        ]
        assert (summary["printers"], summary["due"], summary["stuck"]) == (2, 2, 0)
        assert told("check_inventory_tasks", "--hours", "6")["summary"]["ended"][0]["polls"] == 2
        assert "FAILED" in run("check_inventory_tasks")

    def test_what_is_leased_is_open_and_not_due(self) -> None:
        make_printer()
        make_printer()
        assert polls.due(timezone.now()).count() == 2
        lease_due(LeaseHolder.new("w", timedelta(minutes=1)), timezone.now(), 1)
        summary = told("check_inventory_tasks")["summary"]
        assert (summary["due"], summary["open"]["running"], summary["stuck"]) == (1, 1, 0)

    def test_an_open_poll_that_no_schedule_knows_is_stuck(self) -> None:
        printer = make_printer()
        lease_due(LeaseHolder.new("w", timedelta(minutes=1)), timezone.now(), 1)
        PollSchedule.objects.filter(pk=printer.pk).update(open_task=None)
        with pytest.raises(CommandError, match="1 polls are stuck"):
            run("check_inventory_tasks")

    def test_the_queue_is_in_the_order_of_the_workers(self) -> None:
        later, first = make_printer(), make_printer()
        PollSchedule.objects.filter(pk=first.pk).update(priority=0)
        facts = told("check_inventory_tasks", "--show-queue")
        assert [row["printer_id"] for row in facts["waiting"]] == [first.pk, later.pk]
        assert set(facts["messages"]) == set(queues.names())
        assert str(first.ip_address) in run("check_inventory_tasks", "--show-queue")

    def test_one_printer_s_story(self) -> None:
        printer = make_printer()
        poll = self.ended(printer, Verdict.FAILED, timedelta(minutes=5))
        story = told("check_inventory_tasks", "--printer-id", str(printer.pk))["printer"]
        assert [(row["id"], row["verdict"], row["reason"]) for row in story["polls"]] == [
            (poll.pk, "FAILED", "no answer")
        ]
        assert "no answer" in run("check_inventory_tasks", "--printer-id", str(printer.pk))

    @pytest.mark.parametrize("options", [("--printer-id", "0"), ("--hours", "0"), ("--hours", "nan")])
    def test_nonsense_is_refused_in_words(self, options: tuple[str, ...]) -> None:
        with pytest.raises(CommandError):
            run("check_inventory_tasks", *options)


@pytest.mark.django_db
class TestDiagnosis:
    def levels(self) -> dict[str, str]:
        return {finding.link: finding.level for finding in diagnose(timezone.now(), 0.1)}

    def test_without_workers_the_chain_is_broken_there(self) -> None:
        make_printer()
        assert self.levels() == {
            "database": "ok",
            "redis": "ok",
            "workers": "broken",
            "messages": "ok",
            "schedule": "ok",
            "leases": "ok",
            "readings": "warning",
            "addresses": "ok",
            "logs": "ok",
        }
        with pytest.raises(CommandError, match=r"Broken: workers\."):
            run("diagnose_daemon", "--timeout", "0.1")

    def test_redis_away_hides_nothing_else(self, redis_away: None) -> None:
        make_printer()
        levels = self.levels()
        assert {link for link, level in levels.items() if level == "broken"} == {"redis", "workers", "messages"}
        assert levels["schedule"] == "ok"

    def test_overdue_outside_and_old_are_found(self) -> None:
        printer = make_printer(ip_address="192.0.2.1")
        long_ago = timezone.now() - timedelta(days=1)
        PollSchedule.objects.filter(pk=printer.pk).update(due_at=long_ago)
        PrinterState.objects.filter(pk=printer.pk).update(last_success_at=long_ago)
        levels = self.levels()
        assert (levels["schedule"], levels["addresses"], levels["readings"]) == ("broken", "warning", "warning")

    def test_a_lease_that_has_run_out_is_a_warning(self) -> None:
        make_printer()
        lease_due(LeaseHolder.new("w", timedelta(seconds=-1)), timezone.now(), 1)
        assert self.levels()["leases"] == "warning"


class TestCleanup:
    def fill(self) -> None:
        """Four polls of a printer's first day (the last one failed) and one of today."""
        printer = make_printer()
        noon = timezone.localtime(timezone.now() - timedelta(days=200)).replace(hour=12)
        for hours, verdict in ((0, "SUCCESS"), (1, "SUCCESS"), (2, "SUCCESS"), (3, "FAILED"), (4800, "SUCCESS")):
            at = noon + timedelta(hours=hours)
            task = InventoryTask.objects.create(
                printer=printer, state="done", status=verdict, due_at=at, finished_at=at
            )
            if verdict == "SUCCESS":
                PageCounter.objects.create(task=task, printer=printer, recorded_at=at, rule_version=1, reading={})

    @pytest.mark.django_db
    def test_a_dry_run_counts_what_would_go_and_deletes_nothing(self) -> None:
        self.fill()
        facts = told("cleanup_old_tasks", "--dry-run", "--keep-days", "30")
        assert (facts["would_delete"], facts["deleted"], InventoryTask.objects.count()) == (2, 0, 5)
        assert told("cleanup_old_tasks", "--dry-run", "--keep-days", "300")["would_delete"] == 0
        with pytest.raises(CommandError, match="--keep-days"):
            run("cleanup_old_tasks", "--keep-days", "0")

    @pytest.mark.django_db(transaction=True)
    def test_it_keeps_each_day_s_last_good_reading_and_tidies_up(self) -> None:
        self.fill()
        assert told("cleanup_old_tasks", "--keep-days", "30", "--archive-days", "100")["deleted"] == 2
        assert (InventoryTask.objects.count(), PageCounter.objects.count()) == (3, 3)
        assert set(InventoryTask.objects.values_list("status", flat=True)) == {"SUCCESS"}


@pytest.mark.django_db(transaction=True)
def test_postgresql_away_is_told_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    from django.db import connection

    connection.close()
    monkeypatch.setitem(connection.settings_dict, "PORT", str(free_port()))
    try:
        for command in ("check_inventory_tasks", "cleanup_old_tasks"):
            with pytest.raises(CommandError, match="PostgreSQL is away"):
                run(command)
        levels = {finding.link: finding.level for finding in diagnose(timezone.now(), 0.1)}
        assert (levels["database"], levels["redis"], levels["logs"]) == ("broken", "ok", "ok")
    finally:
        monkeypatch.undo()
        connection.close()


def test_redis_errors_in_the_middle_are_told_too() -> None:
    with pytest.raises(AwayError, match="ResponseError"), ours.server("default") as client:
        client.execute_command("NO-SUCH-COMMAND")
