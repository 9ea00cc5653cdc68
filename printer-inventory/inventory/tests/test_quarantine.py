"""Doubts over real sockets: the fleet does what devices do, a sweep judges it, a person decides (spec 2.4-2.7)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.utils import timezone
from standins.printers import PrinterFleet
from standins.printers.devices import load

from inventory.models import (
    Change,
    InventoryTask,
    LearnedPlan,
    PageCounter,
    PollSchedule,
    Printer,
    PrinterEvent,
    PrinterState,
    Quarantine,
    Resolution,
)
from inventory.rules.identity import normal_mac, normal_serial
from inventory.services import quarantine, usage
from inventory.services.resolving import AlreadyResolvedError, NotPossibleError, reject_many, resolve
from inventory.services.sweeping import Sweep
from inventory.services.undoing import undo
from inventory.tests.factories import make_organization, make_printer

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def devices() -> Iterator[PrinterFleet]:
    """Devices that these tests swap and reset; each test takes ones that nobody else has touched.

    None is a Kyocera: its marker counts a little more than was printed, and these tests count single pages.
    """
    models = tuple(name for name in load() if not name.startswith("kyocera"))
    with PrinterFleet(count=40, speed=0, devices=models) as running:
        yield running


@pytest.fixture
def somebody() -> int:
    return User.objects.create_user("decider").pk


class Site:
    """Printers of a test: rows and the devices behind them, polled when the test says so."""

    taken = 0

    def __init__(self, devices: PrinterFleet, count: int = 1) -> None:
        """Take `count` devices nobody has used and read each once."""
        self.devices = devices
        self.places = list(range(Site.taken, Site.taken + count))
        Site.taken += count
        self.organization = make_organization()
        self.printers = [self._add(place) for place in self.places]
        self.poll()

    def _add(self, place: int) -> Printer:
        one = self.devices.printers[place]
        return make_printer(
            ip_address=one.address,
            snmp_port=one.snmp_port,
            web_port=one.web_port,
            snmp_community=one.community,
            serial_number="",
            organization=self.organization,
        )

    def poll(self) -> dict[str, int]:
        """Poll every active printer of the test now; return how many of each verdict."""
        PollSchedule.objects.filter(due_at__isnull=False).update(due_at=timezone.now())
        verdicts = Sweep().run().verdicts
        for printer in self.printers:
            printer.refresh_from_db()
        return verdicts

    def swap_mac(self) -> str:
        """Put in another network card; return its address. The collector learns the printer anew, as an hour later."""
        truth = self.devices.swap_board(self.places[0], mac=True)
        LearnedPlan.objects.all().delete()
        return normal_mac(truth["mac"])

    def state(self, number: int = 0) -> PrinterState:
        """Return how a printer stands."""
        return PrinterState.objects.get(pk=self.printers[number].pk)

    def doubt(self) -> Quarantine:
        """Return the one open doubt."""
        return Quarantine.objects.get(resolved_at=None)

    def suggestion(self) -> Resolution:
        """Return what the page would suggest."""
        doubt = quarantine.with_facts(Quarantine.objects.filter(resolved_at=None)).get()
        return quarantine.actions_for(doubt, quarantine.elsewhere([doubt]).get(doubt.pk))[0]

    def decide(self, action: Resolution, user_id: int | None = None) -> Quarantine:
        """Resolve the one open doubt."""
        done = resolve(self.doubt().pk, action, user_id, timezone.now())
        for printer in self.printers:
            printer.refresh_from_db()
        return done


def changes(printer: Printer) -> list[str]:
    """Return what happened to a printer, oldest first."""
    return list(PrinterEvent.objects.filter(printer=printer).order_by("pk").values_list("change", flat=True))


class TestIdentityPoisoning:
    def test_a_foreign_device_never_gets_its_mac_on_file(self, devices: PrinterFleet):
        site = Site(devices)
        printer, total = site.printers[0], site.state().total_pages
        Printer.objects.filter(pk=printer.pk).update(mac_address="")
        devices.replace_device(site.places[0])
        assert site.poll() == {"VALIDATION_ERROR": 1}
        assert site.poll() == {"VALIDATION_ERROR": 1}
        assert (printer.mac_address, printer.serial_number) == ("", devices.printers[site.places[0]].serial)
        assert site.state().total_pages == total
        assert (site.doubt().kind, site.doubt().repeats) == ("device", 2)

    def test_a_flood_of_bad_polls_makes_one_row_and_keeps_the_newest_reading(self, devices: PrinterFleet):
        site = Site(devices)
        devices.replace_device(site.places[0])
        for _ in range(6):
            site.poll()
        doubt = site.doubt()
        newest = PageCounter.objects.filter(printer=site.printers[0]).latest("pk")
        assert (Quarantine.objects.count(), doubt.repeats, doubt.counter_id) == (1, 6, newest.pk)
        assert doubt.first_seen_at < doubt.last_seen_at

    def test_the_device_comes_back_and_the_doubt_passes(self, devices: PrinterFleet):
        site = Site(devices)
        Printer.objects.update(serial_number="SOMEBODY-ELSE", mac_address="")
        site.poll()
        assert site.doubt().kind == "device"
        Printer.objects.update(serial_number=devices.printers[site.places[0]].serial)
        assert site.poll() == {"SUCCESS": 1}
        assert Quarantine.objects.get().resolution == Resolution.RECOVERED


class TestBoardSwap:
    def test_a_new_mac_with_the_same_serial_is_taken_and_noted(self, devices: PrinterFleet):
        site = Site(devices)
        printer, before = site.printers[0], site.printers[0].mac_address
        mac = site.swap_mac()
        assert site.poll() == {"SUCCESS": 1}
        event = PrinterEvent.objects.get(change=Change.MAC_UPDATE)
        assert (event.old_values, event.new_values) == ({"mac_address": before}, {"mac_address": mac})
        assert (printer.mac_address, printer.last_match_rule) == (mac, "SN_ONLY")
        assert event.poll_id == InventoryTask.objects.latest("pk").pk
        site.poll()
        assert InventoryTask.objects.latest("pk").match_rule == printer.last_match_rule == "SN_MAC"

    def test_a_mac_that_changes_all_the_time_is_not_followed(self, devices: PrinterFleet):
        site = Site(devices)
        for _ in range(3):
            site.swap_mac()
            assert site.poll() == {"SUCCESS": 1}
        assert PrinterEvent.objects.filter(change=Change.MAC_UPDATE).count() == 1

    def test_a_new_serial_with_the_same_mac_waits_and_becomes_the_same_printer(self, devices: PrinterFleet, somebody):
        site = Site(devices)
        printer, total = site.printers[0], site.state().total_pages
        truth = devices.swap_board(site.places[0], serial=True, mac=False)
        assert site.poll() == {"VALIDATION_ERROR": 1}
        assert (site.doubt().kind, site.suggestion()) == ("board", Resolution.BASELINE)
        site.decide(Resolution.BASELINE, somebody)
        assert normal_serial(printer.serial_number) == normal_serial(truth["serial"])
        state = site.state()
        # Its counters went on, so the pages are counted across the swap.
        assert (state.epoch, state.total_pages, state.last_verdict) == (0, total, "SUCCESS")
        assert changes(printer) == [Change.SERIAL_UPDATE]
        assert site.poll() == {"SUCCESS": 1}

    def test_a_board_with_serial_mac_and_counters_of_its_own_begins_an_epoch(self, devices: PrinterFleet, somebody):
        site = Site(devices)
        devices.swap_board(site.places[0], serial=True, mac=True, counters=True)
        assert site.poll() == {"VALIDATION_ERROR": 1}
        assert site.suggestion() == Resolution.REPLACED
        site.decide(Resolution.BASELINE, somebody)
        assert site.state().epoch == 1
        assert changes(site.printers[0]) == [Change.SERIAL_UPDATE, Change.MAC_UPDATE, Change.BASELINE]
        devices.print_pages(site.places[0], 7)
        assert site.poll() == {"SUCCESS": 1}
        assert usage.pages_between([site.printers[0].pk], *usage.ALWAYS)[site.printers[0].pk]["total"] == 7


class TestReplacement:
    def test_the_new_device_takes_the_place_and_the_old_keeps_its_history(self, devices: PrinterFleet, somebody):
        site = Site(devices)
        old, total = site.printers[0], site.state().total_pages
        truth = devices.replace_device(site.places[0])
        assert site.poll() == {"VALIDATION_ERROR": 1}
        assert (site.doubt().kind, site.suggestion()) == ("device", Resolution.REPLACED)
        site.decide(Resolution.REPLACED, somebody)
        new = Printer.objects.get(is_active=True)
        assert (old.is_active, old.replaced_by_id, old.replaced_at is None) == (False, new.pk, False)
        assert (new.ip_address, new.snmp_port, new.organization_id) == (
            old.ip_address,
            old.snmp_port,
            old.organization_id,
        )
        assert new.serial_number == truth["serial"]
        # The quarantined reading is believed at once, without asking again, and the old one's stays as it was.
        assert PrinterState.objects.get(pk=new.pk).last_verdict == "SUCCESS"
        assert PrinterState.objects.get(pk=new.pk).total_pages != total == site.state().total_pages
        assert (changes(old), changes(new)) == ([Change.REPLACEMENT], [Change.ADDED])
        assert PollSchedule.objects.get(pk=old.pk).due_at is None
        assert site.poll() == {"SUCCESS": 1}

    def test_it_can_be_undone(self, devices: PrinterFleet, somebody):
        site = Site(devices)
        devices.replace_device(site.places[0])
        site.poll()
        done = site.decide(Resolution.REPLACED, somebody)
        undo(done.pk, somebody, timezone.now())
        old = Printer.objects.get(is_active=True)
        assert (old, old.replaced_by_id, old.replaced_at) == (site.printers[0], None, None)
        assert site.doubt().pk == done.pk
        assert site.poll() == {"VALIDATION_ERROR": 1}
        assert site.doubt().repeats == 2


class TestMovedPrinter:
    def test_our_printer_answers_at_another_address_and_takes_it(self, devices: PrinterFleet, somebody):
        site = Site(devices)
        here = site.printers[0]
        moved = make_printer(
            ip_address="127.98.7.6", serial_number=here.serial_number.lower(), snmp_community="old", location="Hall"
        )
        Printer.objects.filter(pk=here.pk).update(serial_number="GONE-1", mac_address="")
        PrinterState.objects.all().update(last_success_at=None)
        assert site.poll() == {"VALIDATION_ERROR": 1, "FAILED": 1}
        assert site.suggestion() == Resolution.MOVED
        done = site.decide(Resolution.MOVED, somebody)
        moved.refresh_from_db()
        assert (here.is_active, moved.is_active) == (False, True)
        assert (moved.ip_address, moved.snmp_community, moved.location) == (
            here.ip_address,
            here.snmp_community,
            "Hall",
        )
        assert (changes(here), changes(moved)) == ([Change.DEACTIVATION], [Change.IP_CHANGE])
        assert PrinterState.objects.get(pk=moved.pk).last_verdict == "SUCCESS"
        assert PrinterEvent.objects.get(change=Change.IP_CHANGE).old_values["ip_address"] == "127.98.7.6"
        assert site.poll() == {"SUCCESS": 1}
        undo(done.pk, somebody, timezone.now())
        here.refresh_from_db()
        moved.refresh_from_db()
        assert (here.is_active, moved.ip_address, moved.snmp_community) == (True, "127.98.7.6", "old")
        assert site.doubt().pk == done.pk

    def test_two_printers_that_changed_places_do_so_on_file(self, devices: PrinterFleet, somebody):
        site = Site(devices, 2)
        one, two = site.printers
        places = {one.pk: one.ip_address, two.pk: two.ip_address}
        serials = (one.serial_number, two.serial_number)
        Printer.objects.update(mac_address="")
        Printer.objects.filter(pk=one.pk).update(serial_number=serials[1])
        Printer.objects.filter(pk=two.pk).update(serial_number=serials[0])
        PrinterState.objects.update(last_success_at=None)
        assert site.poll() == {"VALIDATION_ERROR": 2}
        doubt = Quarantine.objects.get(printer=one)
        resolve(doubt.pk, Resolution.MOVED, somebody, timezone.now())
        one.refresh_from_db()
        two.refresh_from_db()
        assert (one.ip_address, two.ip_address) == (places[two.pk], places[one.pk])
        assert one.is_active
        assert two.is_active
        assert not Quarantine.objects.filter(resolved_at=None).exists()
        assert site.poll() == {"SUCCESS": 2}

    def test_there_must_be_another_printer(self, devices: PrinterFleet, somebody):
        site = Site(devices)
        devices.replace_device(site.places[0])
        site.poll()
        with pytest.raises(NotPossibleError):
            site.decide(Resolution.MOVED, somebody)
        assert site.doubt().is_open


class TestCounterReset:
    def test_a_reset_is_accepted_as_a_baseline_and_no_page_is_counted_twice(self, devices: PrinterFleet, somebody):
        site = Site(devices)
        printer = site.printers[0]
        devices.print_pages(site.places[0], 11)
        site.poll()
        last = site.state().total_pages
        devices.reset_counters(site.places[0])
        devices.print_pages(site.places[0], 3)
        assert site.poll() == {"HISTORICAL_INCONSISTENCY": 1}
        assert site.state().total_pages == last
        assert (site.doubt().kind, site.suggestion()) == ("reset", Resolution.BASELINE)
        site.decide(Resolution.BASELINE, somebody)
        state = site.state()
        assert (state.epoch, state.last_verdict) == (1, "SUCCESS")
        assert state.total_pages is not None
        assert state.total_pages < (last or 0)
        event = PrinterEvent.objects.get(change=Change.COUNTER_RESET)
        assert (event.user_id, event.old_values["total"] > event.new_values["total"]) == (somebody, True)
        devices.print_pages(site.places[0], 5)
        assert site.poll() == {"SUCCESS": 1}
        pages = usage.pages_between([printer.pk], *usage.ALWAYS)[printer.pk]
        assert pages["total"] == 11 + 5
        assert min(value for value in pages.values() if value is not None) >= 0

    def test_accepting_can_be_undone_until_a_newer_reading_continues_it(self, devices: PrinterFleet, somebody):
        site = Site(devices)
        last = site.state()
        devices.reset_counters(site.places[0])
        site.poll()
        done = site.decide(Resolution.BASELINE, somebody)
        undo(done.pk, somebody, timezone.now())
        state = site.state()
        assert (state.total_pages, state.epoch, state.counter_id) == (last.total_pages, 0, last.counter_id)
        assert (state.last_verdict, site.doubt().pk) == ("HISTORICAL_INCONSISTENCY", done.pk)
        site.decide(Resolution.BASELINE, somebody)
        site.poll()
        with pytest.raises(NotPossibleError):
            undo(done.pk, somebody, timezone.now())

    def test_a_rejected_reset_stays_refused_and_asks_nobody_for_a_while(self, devices: PrinterFleet, somebody):
        site = Site(devices)
        devices.reset_counters(site.places[0])
        site.poll()
        rejected = site.decide(Resolution.REJECTED, somebody)
        assert site.poll() == {"HISTORICAL_INCONSISTENCY": 1}
        assert not Quarantine.objects.filter(resolved_at=None).exists()
        Quarantine.objects.filter(pk=rejected.pk).update(quiet_until=timezone.now() - timedelta(seconds=1))
        site.poll()
        assert site.doubt().pk != rejected.pk

    def test_a_jump_is_never_believed_by_waiting(self, devices: PrinterFleet, somebody):
        site = Site(devices)
        before = site.state().total_pages or 0
        devices.print_pages(site.places[0], 6000)
        assert site.poll() == {"HISTORICAL_INCONSISTENCY": 1}
        a_week = timezone.now() - timedelta(days=7)
        PrinterState.objects.update(last_success_at=a_week - timedelta(hours=1))
        Quarantine.objects.update(first_seen_at=a_week)
        assert site.poll() == {"HISTORICAL_INCONSISTENCY": 1}
        assert (site.doubt().kind, site.suggestion()) == ("jump", Resolution.BELIEVED)
        site.decide(Resolution.BELIEVED, somebody)
        assert ((site.state().total_pages or 0) - before, site.state().epoch) == (6000, 0)
        assert usage.pages_between([site.printers[0].pk], *usage.ALWAYS)[site.printers[0].pk]["total"] == 6000


class TestDeciding:
    def test_the_second_of_two_people_is_told(self, devices: PrinterFleet, somebody):
        site = Site(devices)
        devices.reset_counters(site.places[0])
        site.poll()
        doubt = site.doubt()
        resolve(doubt.pk, Resolution.BASELINE, somebody, timezone.now(), doubt.fingerprint)
        with pytest.raises(AlreadyResolvedError):
            resolve(doubt.pk, Resolution.REJECTED, somebody, timezone.now(), doubt.fingerprint)

    def test_a_decision_on_another_answer_than_the_newest_is_refused(self, devices: PrinterFleet, somebody):
        site = Site(devices)
        devices.replace_device(site.places[0])
        site.poll()
        seen = site.doubt().fingerprint
        devices.replace_device(site.places[0])
        site.poll()
        with pytest.raises(AlreadyResolvedError):
            resolve(site.doubt().pk, Resolution.REPLACED, somebody, timezone.now(), seen)
        assert Printer.objects.count() == 1

    def test_many_are_rejected_and_those_decided_meanwhile_are_not_counted(self, devices: PrinterFleet, somebody):
        site = Site(devices, 2)
        for place in site.places:
            devices.reset_counters(place)
        site.poll()
        ids = list(Quarantine.objects.values_list("pk", flat=True))
        resolve(ids[0], Resolution.BASELINE, somebody, timezone.now())
        assert reject_many([*ids, 10**9], somebody, timezone.now()) == 1
        assert set(Quarantine.objects.values_list("resolution", flat=True)) == {"baseline", "rejected"}
