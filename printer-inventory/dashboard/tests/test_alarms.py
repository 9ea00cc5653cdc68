"""Rules tell once when something begins and once when it is over; mails about supplies are written once, and sent once."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import transaction
from django.utils import timezone
from standins.smtp import MailServer

from dashboard.models import Alarm, AlertRule, SuppliesMail, SuppliesMailRun
from dashboard.rules.alarms import Standing, changes
from dashboard.rules.schedule import due_on
from dashboard.services import alarms, mails
from dashboard.tests.test_pages import SUPPLY, demo_incident, read_printer
from inventory.models import FleetAlarm, InventoryTask, PageCounter, PrinterState, Quarantine
from inventory.tests.test_pages import client_of
from outbox.models import Delivery, Message, Webhook
from outbox.services import sending

pytestmark = pytest.mark.django_db


def rule(kind: str, threshold: int = 24, **values) -> AlertRule:
    return AlertRule.objects.create(name=kind, kind=kind, threshold=threshold, recipients="a@example.org", **values)


def watch() -> tuple[int, int]:
    counts = alarms.watch(timezone.now())
    return counts["opened"], counts["closed"]


class TestRules:
    def test_silence_is_told_once_and_so_is_its_end(self):
        printer = read_printer(hours=30)
        rule("silent")
        assert [watch(), watch()] == [(1, 0), (0, 0)]
        PrinterState.objects.filter(pk=printer.pk).update(last_success_at=timezone.now())
        assert [watch(), watch()] == [(0, 1), (0, 0)]
        subjects = list(Message.objects.order_by("pk").values_list("subject", flat=True))
        assert subjects == ["silent: 1 alarm", "silent: 1 alarm is over"]
        assert Delivery.objects.count() == 2

    def test_a_recovery_that_nobody_wants_is_not_told(self):
        printer = read_printer(hours=30)
        rule("silent", tell_recovery=False)
        watch()
        PrinterState.objects.filter(pk=printer.pk).update(last_success_at=timezone.now())
        assert watch() == (0, 1)
        assert Message.objects.count() == 1

    def test_a_fleet_that_is_not_read_at_all_is_one_alarm_and_not_one_per_printer(self):
        for _number in range(3):
            read_printer(hours=30)
        rule("silent")
        rule("standstill")
        FleetAlarm.objects.create(text="No successful poll for 30 minutes")
        assert watch() == (1, 0)
        assert Alarm.objects.get().rule.kind == "standstill"

    def test_many_at_once_are_one_message(self):
        for _number in range(60):
            read_printer(hours=30)
        rule("silent")
        assert watch() == (60, 0)
        assert "and 10 more" in Message.objects.get().text

    def test_a_level_that_flutters_is_one_alarm(self):
        printer = read_printer()
        rule("low", 10)
        assert watch() == (1, 0)
        for percent, expected in ((11, (0, 0)), (9, (0, 0)), (13, (0, 0)), (100, (0, 1))):
            PrinterState.objects.filter(pk=printer.pk).update(supplies=[{**SUPPLY, "percent": percent}])
            assert watch() == expected

    def test_a_jump_waits_in_quarantine(self):
        printer = read_printer()
        now = timezone.now()
        task = InventoryTask.objects.create(
            printer=printer, due_at=now, state="done", status="HISTORICAL_INCONSISTENCY"
        )
        counter = PageCounter.objects.create(task=task, printer=printer, recorded_at=now, rule_version=1, reading={})
        Quarantine.objects.create(printer=printer, counter=counter, kind="jump", first_seen_at=now, last_seen_at=now)
        rule("jump")
        assert watch() == (1, 0)
        Quarantine.objects.update(resolution="believed", resolved_at=timezone.now())
        assert watch() == (0, 1)

    def test_a_jam_is_told_to_a_webhook_too(self):
        printer = read_printer()
        demo_incident(printer)
        made = rule("jam")
        made.webhooks.add(Webhook.objects.create(name="Desk", url="https://example.org/x", secret="s"))
        assert watch() == (1, 0)
        assert sorted(Delivery.objects.values_list("channel", flat=True)) == ["mail", "webhook"]
        assert Message.objects.get().data["opened"][0]["text"] == "Paper jam"

    def test_another_organization_is_another_matter(self):
        printer, other = read_printer(hours=30), read_printer(hours=30)
        rule("silent", organization=other.organization)
        assert watch() == (1, 0)
        assert Alarm.objects.get().printer == other != printer

    def test_one_that_is_switched_off_looks_at_nothing(self):
        read_printer(hours=30)
        rule("silent", is_active=False)
        assert watch() == (0, 0)

    def test_changes(self):
        standing = Standing({"a": "x", "b": "y"}, frozenset({"c"}))
        assert changes(frozenset({"b", "c", "d"}), standing) == (["a"], ["d"])


class TestSchedule:
    ZONE = ZoneInfo("Asia/Irkutsk")  # UTC+8

    @pytest.mark.parametrize(
        ("now", "day"),
        [
            (datetime(2026, 11, 30, 0, 59, tzinfo=UTC), None),  # Monday, 08:59 there
            (datetime(2026, 11, 30, 1, 0, tzinfo=UTC), "2026-11-30"),
            (datetime(2026, 11, 30, 12, 59, tzinfo=UTC), "2026-11-30"),
            (datetime(2026, 11, 30, 13, 0, tzinfo=UTC), None),
            (datetime(2026, 12, 1, 2, 0, tzinfo=UTC), None),  # Tuesday
        ],
    )
    def test_it_is_due_on_its_days_from_its_time_on(self, now, day):
        found = due_on(now, self.ZONE, "0", time(9))
        assert (str(found) if found else None) == day

    def test_one_of_late_evening_is_caught_up_with_after_midnight(self):
        assert str(due_on(datetime(2026, 11, 30, 17, 0, tzinfo=UTC), self.ZONE, "0", time(23))) == "2026-11-30"


class TestSuppliesMail:
    @pytest.fixture
    def mail(self):
        local = timezone.localtime(timezone.now(), ZoneInfo("Asia/Irkutsk"))
        at = (local - timedelta(minutes=1)).time().replace(microsecond=0)
        return SuppliesMail.objects.create(name="Order", recipients="a@example.org", weekdays="0123456", at=at)

    def test_it_is_written_once_a_day_with_its_list(self, mail):
        read_printer()
        assert [mails.dispatch(timezone.now()) for _number in range(3)] == [1, 0, 0]
        message = Message.objects.get()
        assert message.subject == "Order: 1 line to order"
        assert "1 x Black Toner" in message.text
        assert message.attachments.get().name.endswith(".xlsx")
        assert SuppliesMailRun.objects.get().lines == 1

    def test_a_crash_between_run_and_message_leaves_neither(self, mail, monkeypatch):
        def die(*_arguments: object) -> None:
            raise SystemExit

        monkeypatch.setattr(mails, "compose", die)
        with pytest.raises(SystemExit), transaction.atomic():
            mails.dispatch(timezone.now())
        assert not SuppliesMailRun.objects.exists()
        monkeypatch.undo()
        assert mails.dispatch(timezone.now()) == 1

    def test_it_arrives_once(self, mail, settings):
        read_printer()
        with MailServer() as server:
            settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
            settings.EMAIL_HOST, settings.EMAIL_PORT = server.host, server.port
            for _number in range(3):
                mails.dispatch(timezone.now())
                sending.send_due(timezone.now())
            assert len(server.received) == 1


class TestPages:
    def test_a_rule_is_added_tested_and_deleted(self):
        client = client_of("Inventory Admin")
        facts = {
            "name": "Night",
            "kind": "silent",
            "threshold": "8",
            "recipients": "A@b.de; a@B.de",
            "tell_recovery": "on",
            "is_active": "on",
        }
        assert client.post("/dashboard/alarms/rules/add/", facts).status_code == 302
        made = AlertRule.objects.get()
        assert made.recipients == "A@b.de"
        for _number in range(2):
            client.post(f"/dashboard/alarms/rules/{made.pk}/test/", {"key": "one-press"})
        assert Message.objects.get().subject == "Test: Night"
        assert "Test: Night" in client.get(made.get_absolute_url()).text
        assert "Test: Night" in client.get("/dashboard/deliveries/").text
        client.post(f"/dashboard/alarms/rules/{made.pk}/delete/")
        assert not AlertRule.objects.exists()

    @pytest.mark.parametrize(
        ("change", "words"),
        [({"recipients": ""}, "somebody"), ({"recipients": "x"}, "no e-mail address"), ({"kind": "low"}, "at most 99")],
    )
    def test_what_makes_no_sense_is_refused_and_what_was_typed_stays(self, change, words):
        facts = {"name": "Night", "kind": "silent", "threshold": "800", "recipients": "a@b.de", **change}
        answer = client_of("Inventory Admin").post("/dashboard/alarms/rules/add/", facts)
        assert answer.status_code == 422
        assert words in answer.text
        assert 'value="Night"' in answer.text

    @pytest.mark.parametrize("url", ["http://127.0.0.1/", "http://10.1.2.3/x", "x"])
    def test_a_webhook_inside_is_refused(self, url):
        answer = client_of("Inventory Admin").post("/dashboard/alarms/webhooks/add/", {"name": "In", "address": url})
        assert answer.status_code == 422
        assert not Webhook.objects.exists()

    def test_a_webhook_s_secret_is_shown_once_and_its_path_never(self, monkeypatch):
        monkeypatch.setattr("outbox.services.calling.judge", lambda _url: "https://example.org")
        client = client_of("Inventory Admin")
        client.post(
            "/dashboard/alarms/webhooks/add/",
            {"name": "Desk", "address": "https://example.org/xyzzy-path", "is_active": "on"},
        )
        hook = Webhook.objects.get()
        assert hook.secret.reveal() in client.get("/dashboard/alarms/").text
        again = client.get("/dashboard/alarms/").text + client.get(f"/dashboard/alarms/webhooks/{hook.pk}/edit/").text
        assert hook.secret.reveal() not in again
        assert "xyzzy-path" not in again

    def test_a_supplies_mail_is_added_and_sent_now(self):
        client = client_of("Inventory Admin")
        facts = {"name": "Order", "recipients": "a@b.de", "weekdays": ["0", "2"], "at": "08:00", "is_active": "on"}
        assert client.post("/dashboard/alarms/mails/add/", facts).status_code == 302
        made = SuppliesMail.objects.get()
        assert made.weekdays == "02"
        client.post(f"/dashboard/alarms/mails/{made.pk}/send/", {"key": "k"})
        client.post(f"/dashboard/alarms/mails/{made.pk}/send/", {"key": "k"})
        assert Delivery.objects.count() == 1

    def test_a_lost_delivery_is_sent_again_by_a_person_only(self):
        client = client_of("Inventory Admin")
        alarms.send_test(rule("silent"), "1")
        Delivery.objects.update(state="lost")
        client.post(f"/dashboard/deliveries/{Delivery.objects.get().pk}/again/")
        assert Delivery.objects.get().state == "queued"
