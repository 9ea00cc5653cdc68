"""Storing what hostile devices say, by the same few statements."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from inventory.models import InventoryTask, LearnedPlan, PageCounter, Printer, PrinterState
from inventory.polling.reading import Alert, DeviceReading, Supply, from_json, to_json
from inventory.polling.snmp.collector import Learned, PollError, PollOutcome
from inventory.services.judging import history_limits, judge
from inventory.services.leases import LeaseHolder, lease_due
from inventory.services.storing import store
from inventory.tests.factories import make_printer

READING = DeviceReading(
    manufacturer="M", model="X", serial="SN1", mac="02:00:00:00:00:01", console="Rea\x00dy", firmware="\x001.0",
    counters={"total": 10}, raw={"1.3.6\x00": "a\x00b"}, errors=("door\x00Open",),
    supplies=(Supply("1.1", description="To\x00ner", percent=5),), alerts=(Alert("1.1", description="\x00"),),
)  # fmt: skip


def put(outcome: PollOutcome, printer: Printer) -> InventoryTask:
    """Lease, judge and store one poll as a sweep does; return its row."""
    now = timezone.now()
    holder = LeaseHolder.new("w", timedelta(minutes=1))
    (lease,) = lease_due(holder, now, 1, [printer.pk])
    assert store([judge(lease, outcome, now, history_limits())], holder.token, now)
    return InventoryTask.objects.get(pk=lease.task_id)


def test_a_reading_survives_its_json() -> None:
    assert from_json(to_json(READING)) == READING


@pytest.mark.django_db
class TestHostileWords:
    def test_nul_characters_are_left_out_everywhere(self) -> None:
        printer = make_printer(serial_number="SN1")
        task = put(PollOutcome(printer.pk, READING, learned=Learned(static={"model": "X\x00"})), printer)
        assert task.status == "SUCCESS"
        counter, state = PageCounter.objects.get(task=task), PrinterState.objects.get(pk=printer.pk)
        assert (counter.reading["console"], counter.reading["raw"]) == ("Ready", {"1.3.6": "ab"})
        assert (counter.total_pages, counter.rule_version, counter.epoch) == (10, state.rule_version, 0)
        assert (state.console, state.firmware, state.errors) == ("Ready", "1.0", ["doorOpen"])
        assert (state.supplies[0]["description"], state.alerts[0]["description"]) == ("Toner", "")
        assert LearnedPlan.objects.get(pk=printer.pk).data["static"] == {"model": "X"}

    def test_the_letters_of_an_escape_are_no_nul(self) -> None:
        printer = make_printer(serial_number="SN1")
        put(PollOutcome(printer.pk, DeviceReading(serial="SN1", console="a\\u0000b", counters={"total": 1})), printer)
        assert PrinterState.objects.get(pk=printer.pk).console == "a\\u0000b"

    def test_an_error_s_words_are_cleaned_too(self) -> None:
        printer = make_printer()
        task = put(PollOutcome(printer.pk, error=PollError("timeout", "no\x00thing")), printer)
        assert (task.status, task.error_message) == ("FAILED", "nothing")
        assert not PageCounter.objects.exists()

    def test_a_stranger_s_serial_number_with_nul_is_put_in_doubt(self) -> None:
        printer = make_printer(serial_number="OTHER")
        stranger = DeviceReading(serial="A\x00B", mac="02:00:00:00:00:01", counters={"total": 1})
        assert put(PollOutcome(printer.pk, stranger), printer).status == "VALIDATION_ERROR"

    def test_a_plan_is_written_when_it_has_changed(self) -> None:
        printer = make_printer(serial_number="SN1")
        put(PollOutcome(printer.pk, READING, learned=Learned(profile="one")), printer)
        first = LearnedPlan.objects.get(pk=printer.pk)
        for profile, written in (("one", False), ("two", True)):
            printer.schedule.refresh_from_db()
            printer.schedule.due_at = timezone.now()
            printer.schedule.save()
            put(PollOutcome(printer.pk, READING, learned=Learned(profile=profile)), printer)
            plan = LearnedPlan.objects.get(pk=printer.pk)
            assert (plan.learned_at != first.learned_at, plan.data["profile"]) == (written, profile)
