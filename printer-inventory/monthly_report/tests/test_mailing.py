"""The month by e-mail: one mail per occasion, the file of the page, sent once through a crash."""

from __future__ import annotations

import io
import os
import signal
from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone
from sheets import read_table
from standins.smtp import MailServer

from inventory.tests.workers import wait_until
from monthly_report.services.mailing import mail_last_month, mail_month
from monthly_report.tests.factories import MONTH, make_row, open_month
from monthly_report.tests.test_pages import post, signed_in  # noqa: F401 - a fixture
from outbox.models import Delivery, Message
from outbox.services import sending
from outbox.tests.test_kill import start_worker

APRIL = datetime(2026, 4, 2, tzinfo=UTC)


@pytest.mark.django_db
class TestAsking:
    def test_pressed_twice_it_is_one_mail_with_the_file_of_the_page(self, signed_in):  # noqa: F811 - the fixture
        open_month()
        make_row(serial_number="VCF1", a4_bw_start=0, a4_bw_end=7)
        manager = signed_in("Managers")
        body = {"to": "a@example.org; b@example.org", "key": "k", "note": "=1+1"}
        for _ in range(2):
            assert post(manager, "2026-03/mail/", body).status_code == 200
        message = Message.objects.get()
        assert sorted(Delivery.objects.values_list("address", flat=True)) == ["a@example.org", "b@example.org"]
        file = message.attachments.get()
        assert file.name == "monthly_report_2026-03.xlsx"
        with read_table(io.BytesIO(bytes(file.content)), header_row=1) as table:
            assert [row.cells[6] for row in table] == ["VCF1"]

    def test_who_may_not_and_what_is_no_address(self, signed_in):  # noqa: F811 - the fixture
        open_month()
        assert post(signed_in("Viewers"), "2026-03/mail/", {"to": "a@example.org"}).status_code == 403
        for to in ("", "nobody"):
            assert post(signed_in("Managers"), "2026-03/mail/", {"to": to}).status_code == 422
        assert not Message.objects.exists()

    def test_the_month_before_goes_out_once_when_it_is_closed_and_published(self, settings):
        settings.MONTH_REPORT_RECIPIENTS = "a@example.org"
        control = open_month(is_published=False, edit_until=None)
        make_row()
        assert mail_last_month(APRIL) is None
        control.is_published, control.edit_until = True, APRIL + timedelta(hours=1)
        control.save()
        assert mail_last_month(APRIL) is None
        later = APRIL + timedelta(hours=2)
        assert mail_last_month(later) == mail_last_month(later + timedelta(days=3))
        assert Message.objects.count() == 1
        settings.MONTH_REPORT_RECIPIENTS = ""
        assert mail_last_month(later) is None


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("moment", "arrived", "state"), [("EHLO", 1, "done"), ("accepted", 1, "lost")])
def test_a_worker_killed_while_it_sends_the_month(moment, arrived, state, settings):
    open_month()
    make_row(serial_number="VCF1")
    with MailServer() as server:
        mail_month(MONTH, ["a@example.org"], "scheduled")
        worker = start_worker(server)

        def kill() -> None:
            server.at(moment, lambda: None)
            os.kill(worker.pid, signal.SIGKILL)
            worker.wait()
            raise ConnectionError

        server.at(moment, kill)
        wait_until(lambda: worker.poll() is not None, f"the worker's end at {moment}")
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = server.host, server.port
        for _number in range(3):
            mail_month(MONTH, ["a@example.org"], "scheduled")
            sending.send_due(timezone.now() + sending.LEASE + timedelta(seconds=1))
        assert Delivery.objects.get().state == state
        assert len(server.received) == arrived
        (attached,) = server.received[0].message.iter_attachments()
        assert attached.get_filename() == "monthly_report_2026-03.xlsx"
