"""Readings that no sweep leased, figures by a new rule, and pages between readings."""

from __future__ import annotations

import os
import shutil
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from io import StringIO
from pathlib import Path
from threading import Barrier

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, connections
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from inventory.models import (
    InventoryTask,
    JobState,
    PageCounter,
    PollSchedule,
    Printer,
    PrinterEvent,
    PrinterState,
    Quarantine,
    Resolution,
    Trigger,
)
from inventory.polling.reading import DeviceReading, Supply
from inventory.rules.derive import RULE_VERSION
from inventory.services.importing import FutureReadingError, find_printer, store_reading
from inventory.services.leases import LeaseHolder, lease_due
from inventory.services.resolving import AlreadyResolvedError, resolve
from inventory.services.storing import store
from inventory.services.usage import ALWAYS, pages_between
from inventory.tests.factories import make_printer

HOUR = timedelta(hours=1)
NOW = timezone.now().replace(microsecond=0)
SAMPLES = Path(__file__).parent / "glpi_xml"
CYAN = Supply(index="1.2", kind="toner", color="cyan")


def reading(printer: Printer, supplies: tuple[Supply, ...] = (), **counters: int) -> DeviceReading:
    """Return a reading of the printer itself."""
    return DeviceReading(serial=printer.serial_number, counters=counters, supplies=supplies)


@pytest.mark.django_db
class TestStoreReading:
    def test_it_is_a_poll_like_any_other(self):
        printer = make_printer()
        judged = store_reading(printer, reading(printer, total=100), NOW - HOUR)
        assert judged is not None
        task = InventoryTask.objects.get()
        assert (task.state, task.status, task.trigger) == (JobState.DONE, "SUCCESS", Trigger.IMPORT)
        assert (task.due_at, task.counter.recorded_at) == (NOW - HOUR, NOW - HOUR)
        state = PrinterState.objects.get()
        assert (state.total_pages, state.last_success_at, state.counters) == (100, NOW - HOUR, {"total": 100})

    def test_the_same_time_is_stored_once(self):
        printer = make_printer()
        assert store_reading(printer, reading(printer, total=100), NOW) is not None
        assert store_reading(printer, reading(printer, total=101), NOW) is None
        assert (PageCounter.objects.count(), PrinterState.objects.get().total_pages) == (1, 100)

    def test_the_schedule_and_a_lease_are_left_alone(self):
        printer = make_printer()
        (lease,) = lease_due(LeaseHolder.new("worker", HOUR), timezone.now(), 1)
        before = PollSchedule.objects.values().get()
        store_reading(printer, reading(printer, total=100), NOW - HOUR)
        assert PollSchedule.objects.values().get() == before
        assert InventoryTask.objects.get(pk=lease.task_id).state == JobState.RUNNING

    def test_a_reading_of_the_very_due_time_does_not_keep_the_printer_from_being_polled(self):
        printer = make_printer()
        PollSchedule.objects.update(due_at=NOW)
        assert store_reading(printer, reading(printer, total=100), NOW) is not None
        assert store_reading(printer, reading(printer, total=100), NOW) is None
        (lease,) = lease_due(LeaseHolder.new("worker", HOUR), timezone.now(), 1)
        assert lease.due_at == NOW

    def test_an_older_reading_becomes_history_and_changes_nothing(self):
        printer = make_printer()
        store_reading(printer, reading(printer, total=100), NOW)
        before = PrinterState.objects.values().get()
        old = store_reading(printer, reading(printer, total=90), NOW - HOUR)
        wrong = store_reading(printer, reading(printer, total=110), NOW - 2 * HOUR)
        foreign = store_reading(printer, DeviceReading(serial="OTHER", counters={"total": 1}), NOW - 3 * HOUR)
        assert [one.verdict.value for one in (old, wrong, foreign) if one] == [
            "SUCCESS",
            "HISTORICAL_INCONSISTENCY",
            "VALIDATION_ERROR",
        ]
        assert PrinterState.objects.values().get() == before
        assert not Quarantine.objects.exists()

    def test_a_reading_from_the_future_is_refused(self):
        printer = make_printer()
        with pytest.raises(FutureReadingError):
            store_reading(printer, reading(printer, total=1), NOW + 24 * HOUR)
        assert not InventoryTask.objects.exists()

    def test_a_printer_that_learns_to_count_colours_begins_an_epoch_by_itself(self):
        printer = make_printer()
        store_reading(printer, reading(printer, (CYAN,), total=100), NOW - 2 * HOUR)
        store_reading(printer, reading(printer, (CYAN,), total=101, color=40), NOW - HOUR)
        store_reading(printer, reading(printer, (CYAN,), total=103, color=41), NOW)
        assert list(PageCounter.objects.order_by("pk").values_list("epoch", flat=True)) == [0, 1, 1]
        assert PrinterEvent.objects.get().change == "baseline"
        assert pages_between([printer.pk], *ALWAYS)[printer.pk] == {
            "total": 2,
            "bw_a4": 1,
            "color_a4": 1,
            "bw_a3": 0,
            "color_a3": 0,
        }

    def test_a_cartridge_that_stops_reporting_flips_nobodys_bill(self):
        printer = make_printer()
        store_reading(printer, reading(printer, (CYAN,), total=100), NOW - HOUR)
        judged = store_reading(printer, reading(printer, total=101), NOW)
        assert judged is not None
        assert judged.doubt == "rollback"
        assert PrinterState.objects.get().color_a4 == 100


@pytest.mark.django_db
class TestUsage:
    def test_a_stretch_starts_from_the_last_reading_before_it(self):
        printer, other = make_printer(), make_printer()
        for hours, total in ((30, 10), (20, 15), (10, 35), (1, 65)):
            store_reading(printer, reading(printer, total=total), NOW - hours * HOUR)
        pages = pages_between([printer.pk, other.pk], NOW - 15 * HOUR, NOW - 5 * HOUR)
        assert {pk: row["total"] for pk, row in pages.items()} == {printer.pk: 35 - 15}
        assert pages_between([printer.pk], NOW - 90 * HOUR, NOW - 80 * HOUR) == {}


@pytest.mark.django_db
class TestImportCommand:
    @pytest.fixture
    def saved(self, tmp_path: Path) -> Path:
        """A folder as an agent leaves it, an hour old."""
        for name in ("discovered.xml", "colour_mfp.xml"):
            shutil.copy(SAMPLES / name, tmp_path / name)
            os.utime(tmp_path / name, times=((NOW - HOUR).timestamp(),) * 2)
        return tmp_path

    def run(self, *arguments: str) -> str:
        out = StringIO()
        call_command("import_inventory_xml", *arguments, "--store", stdout=out)
        return out.getvalue()

    def test_readings_reach_their_printers_once(self, saved: Path):
        printer = make_printer(serial_number="nw-0042")
        text = self.run(str(saved))
        assert f"colour_mfp.xml: {printer}: SUCCESS" in text
        assert "discovered.xml: no printer on file" in text
        task = InventoryTask.objects.get()
        assert (task.printer, task.engine, task.counter.recorded_at) == (printer, "glpi", NOW - HOUR)
        assert "stored before" in self.run(str(saved))
        assert InventoryTask.objects.count() == 1

    def test_another_printers_file_is_not_believed(self, saved: Path):
        printer = make_printer(ip_address="10.9.8.7", serial_number="ANOTHER")
        assert "VALIDATION_ERROR" in self.run(str(saved / "colour_mfp.xml"), "10.9.8.7")
        assert Quarantine.objects.get().printer == printer

    def test_two_printers_at_one_address_are_not_guessed_between(self):
        make_printer(ip_address="10.9.8.7", serial_number="")
        make_printer(ip_address="10.9.8.7", serial_number="", snmp_port=1161)
        assert find_printer(DeviceReading(serial="X1"), "10.9.8.7") is None


@pytest.mark.django_db
class TestRecompute:
    @pytest.fixture
    def old(self) -> Printer:
        """A printer whose readings an older rule derived, one of them otherwise than today's."""
        printer = make_printer()
        store_reading(printer, reading(printer, total=100), NOW - 2 * HOUR)
        store_reading(printer, reading(printer, total=110), NOW)
        PageCounter.objects.update(rule_version=RULE_VERSION - 1)
        PageCounter.objects.filter(recorded_at=NOW).update(bw_a4=7, color_a4=103)
        PrinterState.objects.update(rule_version=RULE_VERSION - 1, bw_a4=7, color_a4=103)
        return printer

    def run(self, *arguments: str) -> str:
        out = StringIO()
        call_command("recompute_counters", *arguments, stdout=out)
        return out.getvalue()

    def test_a_dry_run_tells_and_changes_nothing(self, old: Printer):
        before = list(PageCounter.objects.order_by("pk").values())
        text = self.run("--dry-run")
        assert "bw_a4 7 -> 110, color_a4 103 -> 0" in text
        assert "2 readings of older rules, 1 would change" in text
        assert list(PageCounter.objects.order_by("pk").values()) == before

    def test_figures_and_the_state_follow_and_raw_readings_stay(self, old: Printer):
        raw = list(PageCounter.objects.order_by("pk").values_list("reading", flat=True))
        assert "1 changed" in self.run()
        assert list(PageCounter.objects.order_by("pk").values_list("bw_a4", "rule_version")) == [
            (100, RULE_VERSION),
            (110, RULE_VERSION),
        ]
        assert list(PageCounter.objects.order_by("pk").values_list("reading", flat=True)) == raw
        state = PrinterState.objects.get()
        assert (state.bw_a4, state.color_a4, state.rule_version) == (110, 0, RULE_VERSION)
        assert "0 readings" in self.run()

    def test_one_printer_or_a_time_alone(self, old: Printer):
        assert "0 readings" in self.run("--printer", str(old.pk + 1))
        assert "1 readings" in self.run("--since", f"{NOW:%Y-%m-%dT%H:%M:%S%z}", "--dry-run")
        assert "2 readings" in self.run("--since", "2020-01-31", "--dry-run")
        with pytest.raises(CommandError, match="no date"):
            self.run("--since", "yesterday")
        with pytest.raises(CommandError, match="no date"):
            self.run("--since", "2026-02-31")

    def test_chunks_cost_statements_not_memory(self, old: Printer, monkeypatch: pytest.MonkeyPatch):
        monkeypatch.setattr("inventory.services.recomputing.CHUNK", 1)
        with CaptureQueriesContext(connection) as captured:
            assert "2 readings of older rules, 1 changed" in self.run()
        selects = [one["sql"] for one in captured if one["sql"].startswith("SELECT") and "LIMIT 1" in one["sql"]]
        assert len(selects) == 3


@pytest.mark.django_db
class TestJudging:
    def test_doubts_cost_one_statement_however_many(self):
        printers = [make_printer(ip_address=f"127.97.0.{number}") for number in range(1, 9)]
        for printer in printers:
            store_reading(printer, reading(printer, total=5000), NOW - HOUR)
        holder = LeaseHolder.new("worker", HOUR)
        PollSchedule.objects.update(due_at=NOW - timedelta(seconds=1))  # once: who was swept is no longer due

        def sweep(count: int) -> int:
            leases = lease_due(holder, timezone.now(), count)
            judged = [judge_total(lease, 10) for lease in leases]
            with CaptureQueriesContext(connection) as captured:
                store(judged, holder.token, timezone.now())
            return len(captured)

        assert sweep(2) == sweep(6)
        assert Quarantine.objects.count() == 8

    def test_the_usual_rate_is_learned(self):
        printer = make_printer()
        for hour in range(49):
            store_reading(printer, reading(printer, total=1000 * hour), NOW - (48 - hour) * HOUR)
        usual = PrinterState.objects.get().pages_per_hour
        assert usual is not None
        assert 200 < usual < 1000


def judge_total(lease, total):
    """Return the verdict on a leased printer that now counts `total`."""
    from inventory.polling.snmp.targets import PollOutcome
    from inventory.services.judging import history_limits, judge

    outcome = PollOutcome(lease.printer_id, DeviceReading(serial=lease.serial, counters={"total": total}))
    return judge(lease, outcome, timezone.now(), history_limits())


@pytest.fixture
def doubt(transactional_db: None) -> Quarantine:
    """An open doubt that other connections see."""
    printer = make_printer()
    store_reading(printer, reading(printer, total=5000), NOW - HOUR)
    store_reading(printer, reading(printer, total=5), NOW)
    return Quarantine.objects.get()


class TestAtOnce:
    def test_two_people_decide_at_once_and_one_wins(self, doubt: Quarantine):
        barrier = Barrier(2)

        def decide(action: Resolution) -> str:
            try:
                barrier.wait(10)
                return str(resolve(doubt.pk, action, None, timezone.now()).resolution)
            except AlreadyResolvedError:
                return "late"
            finally:
                connections.close_all()

        with ThreadPoolExecutor(2) as pool:
            ends = sorted(pool.map(decide, (Resolution.BASELINE, Resolution.REJECTED)))
        doubt.refresh_from_db()
        assert ends == sorted(["late", doubt.resolution])
        assert PrinterState.objects.get().epoch == (1 if doubt.resolution == "baseline" else 0)

    def test_a_poll_that_was_under_way_stores_nothing_after_a_decision(self, doubt: Quarantine):
        PollSchedule.objects.update(due_at=timezone.now())
        holder = LeaseHolder.new("worker", HOUR)
        (lease,) = lease_due(holder, timezone.now(), 1)
        stale = judge_total(lease, 6)
        resolve(doubt.pk, Resolution.BASELINE, None, timezone.now())
        assert store([stale], holder.token, timezone.now()) == []
        assert not Quarantine.objects.filter(resolved_at=None).exists()
        # Its poll is not lost: the next worker takes the same row over.
        (again,) = lease_due(LeaseHolder.new("next", HOUR), timezone.now(), 1)
        assert again.task_id == lease.task_id
        assert again.epoch == 1
