"""Messages are written once and sent once, to a mail server that speaks SMTP, and a delivery ends in one state with a reason."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from standins.smtp import MailServer

from inventory.tests.test_pages import HOSTILE
from outbox.models import Delivery, Message, Webhook
from outbox.rules import retrying
from outbox.rules.signing import signature
from outbox.services import calling, posting, sending
from outbox.tests.hook import HookServer

pytestmark = pytest.mark.django_db


@pytest.fixture
def server(settings):
    with MailServer() as running:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_TIMEOUT = running.host, running.port, 5
        yield running


def post(key: str = "k", to: tuple[str, ...] = ("a@example.org",), **more) -> Message:
    return posting.post(key, "test", more.pop("subject", "Hello"), "Text", to=to, **more)


def sent(*, at=None) -> dict[str, int]:
    return sending.send_due(at or timezone.now())


class TestMails:
    def test_a_message_goes_out_once_to_each_and_nobody_sees_the_others(self, server):
        for _number in range(2):
            post(
                to=("a@example.org", "b@example.org"),
                html="<p>Text</p>",
                files=[posting.File("m.csv", b"1;2", "text/csv")],
            )
        assert (sent()["sent"], sent()["sent"]) == (2, 0)
        assert [one.recipients for one in server.received] == [("a@example.org",), ("b@example.org",)]
        message = server.received[0].message
        assert (message["To"], message["Subject"]) == ("a@example.org", "Hello")
        assert [part.get_filename() for part in message.iter_attachments()] == ["m.csv"]
        assert message["Message-ID"] != server.received[1].message["Message-ID"]

    def test_what_is_rolled_back_is_never_sent(self, server):
        with transaction.atomic():
            post()
            transaction.set_rollback(True)
        assert sent()["sent"] == 0
        assert server.received == []

    def test_a_subject_cannot_add_a_header(self, server):
        post(subject=f"x\r\nBcc: evil@example.org {HOSTILE}")
        assert sent()["sent"] == 1
        assert server.received[0].recipients == ("a@example.org",)
        assert server.received[0].message["Bcc"] is None

    def test_a_refusal_for_ever_fails_with_the_servers_words(self, server):
        server.refused["a@example.org"] = "550 no such user"
        post(to=("a@example.org", "b@example.org"))
        assert (sent()["failed"], len(server.received)) == (1, 1)
        failed = Delivery.objects.get(address="a@example.org")
        assert (failed.state, "no such user" in failed.reason) == ("failed", True)

    def test_a_refusal_for_now_is_tried_again_later_and_given_up_in_the_end(self, server):
        server.refused["a@example.org"] = "451 try later"
        post()
        now = timezone.now()
        assert sent(at=now)["put_off"] == 1
        assert sent(at=now)["put_off"] == 0
        for _number in range(len(retrying.WAITS)):
            now += timedelta(hours=9)
            counts = sent(at=now)
        assert counts["failed"] == 1
        server.refused.clear()
        assert posting.send_again(Delivery.objects.get().pk)
        assert sent(at=now + timedelta(days=1))["sent"] == 1

    def test_without_a_mail_server_it_waits(self, settings):
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1
        post()
        assert sent()["put_off"] == 1
        assert "ConnectionRefusedError" in Delivery.objects.get().reason

    def test_a_server_that_hangs_up_while_it_is_told_leaves_it_lost(self, server):
        def hang_up() -> None:
            raise ConnectionError

        server.at(".", hang_up)
        post()
        assert sent()["lost"] == 1
        assert sent(at=timezone.now() + timedelta(days=1)) == {"sent": 0, "put_off": 0, "failed": 0, "lost": 0}

    @pytest.mark.parametrize(("text", "found"), [("a@b.de; A@B.de, c@d.ru", ["a@b.de", "c@d.ru"]), (" ", [])])
    def test_addresses_are_told_apart(self, text, found):
        assert posting.addresses(text) == found

    def test_what_is_no_address_is_named(self):
        with pytest.raises(ValidationError, match="nobody"):
            posting.addresses("a@b.de nobody")


class TestWebhooks:
    @pytest.fixture
    def hook(self, monkeypatch):
        with HookServer() as running:
            monkeypatch.setattr(calling, "policy", running.policy)
            running.row = Webhook.objects.create(name="Desk", url=running.url, secret="s3cret", origin="x")
            yield running

    def test_it_is_told_signed(self, hook):
        posting.post("w", "test", "Hello", "Text", webhooks=[hook.row], data={"printer": 7})
        assert sent()["sent"] == 1
        headers, body = hook.told[0]
        assert json.loads(body) == {"id": Delivery.objects.get().pk, "kind": "test", "data": {"printer": 7}}
        moment = headers["X-Printer-Inventory-Time"]
        assert headers["X-Printer-Inventory-Signature"] == signature("s3cret", moment, body)

    def test_an_answer_that_may_change_is_asked_for_again(self, hook):
        hook.status = 503
        posting.post("w", "test", "Hello", "Text", webhooks=[hook.row])
        assert sent()["put_off"] == 1
        hook.status = 404
        assert sent(at=timezone.now() + timedelta(minutes=2))["failed"] == 1
        assert "404" in Delivery.objects.get().reason

    @pytest.mark.parametrize(
        "url", ["http://127.0.0.1:6379/", "http://10.0.0.1/", "http://169.254.169.254/", "ftp://a.de/"]
    )
    def test_only_the_public_internet_is_told(self, url):
        with pytest.raises(ValueError, match=r".+"):
            calling.judge(url)
        hook = Webhook.objects.create(name="Inside", url=url)
        posting.post("w", "test", "Hello", "Text", webhooks=[hook])
        assert sent()["failed"] == 1

    def test_its_secrets_are_not_stored_readable(self):
        Webhook.objects.create(name="Desk", url="https://example.org/path-is-secret", secret="s3cret")
        row = Webhook.objects.values_list("url", "secret").get()
        assert "secret" not in f"{row[0].token}{row[1].token}"
