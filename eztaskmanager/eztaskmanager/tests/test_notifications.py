"""Who is told of what; deliveries recorded; webhooks to public addresses only."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any
from unittest import mock

import pytest
from django.contrib.auth.models import User
from django.core import mail
from django.core.checks import run_checks
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from eztaskmanager import checks
from eztaskmanager.apps import EZTaskmanagerConfig
from eztaskmanager.models import Delivery, LaunchReport
from eztaskmanager.services import notifications, webhook
from eztaskmanager.services.delivery import deliver_pending
from eztaskmanager.services.notifications import (
    EmailNotificationHandler,
    NotificationHandler,
    SlackNotificationHandler,
    WebhookNotificationHandler,
    build_handler,
    emit_notifications,
    get_base_url,
)
from eztaskmanager.states import State
from eztaskmanager.tests.site import probe


class Remember(NotificationHandler):
    """Keeps what it was told."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.told: list[tuple[str, str]] = []

    def emit(self, report: LaunchReport) -> None:
        self.told.append((self.event, self.text(report)))


class Broken(NotificationHandler):
    """Never delivers."""

    def emit(self, report: LaunchReport) -> None:
        raise ConnectionError("mail server on fire")


@pytest.mark.django_db
def test_a_test_message_is_sent_on_demand_and_recorded(client: Client) -> None:
    client.force_login(User.objects.create_superuser("boss"))
    handlers = {"good": Remember(level="failed"), "bad": Broken()}
    address = reverse("admin:eztaskmanager_delivery_send_test")
    with mock.patch.object(EZTaskmanagerConfig, "notification_handlers", handlers):
        early = client.post(address, {"handler": "good"}, follow=True)
        assert "Run a task first" in early.content.decode()
        report_with("ok")
        good = client.post(address, {"handler": "good"}, follow=True).content.decode()
        bad = client.post(address, {"handler": "bad"}, follow=True).content.decode()
        with pytest.raises(CommandError, match="mail server on fire"):
            call_command("ez", "notify", "bad")
        client.force_login(User.objects.create_user("guest", is_staff=True))
        assert client.post(address, {"handler": "good"}).status_code == 403

    assert "The test message went out by good." in good
    assert "mail server on fire" in bad
    assert 'value="good"' in good
    assert [event for event, _ in handlers["good"].told] == ["test"]  # type: ignore[attr-defined]
    kept = Delivery.objects.order_by("id").values_list("handler", "event", "delivered")
    assert list(kept) == [
        ("good", "test", True),
        ("bad", "test", False),
        ("bad", "test", False),
    ]


def report_with(result: str, **fields: Any) -> LaunchReport:
    fields.setdefault("state", State.DONE)
    return LaunchReport.objects.create(
        task=probe("x", name="Nightly"), invocation_result=result, **fields
    )


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("level", "told"),
    [
        ("ok", ["ok", "warnings", "errors", "failed"]),
        (0, ["warnings", "errors", "failed"]),
        ("warnings", ["warnings", "errors", "failed"]),
        ("errors", ["errors", "failed"]),
        ("failed", ["failed"]),
        ("failure", ["failed"]),
        (30, ["failed"]),
    ],
)
def test_levels(level: int | str, told: list[str]) -> None:
    handler = Remember(level=level)
    results = ["ok", "warnings", "errors", "failed", "stopped", ""]

    assert [r for r in results if handler.handle(report_with(r))] == told


@pytest.mark.django_db
def test_one_that_breaks_stops_no_other_and_is_recorded() -> None:
    good = Remember(level="ok")
    handlers = {"broken": Broken(level="ok"), "good": good}
    with mock.patch.object(EZTaskmanagerConfig, "notification_handlers", handlers):
        emit_notifications(report_with("failed"))

    assert len(good.told) == 1
    assert good.told[0][1].startswith("Nightly, started")
    found = Delivery.objects.order_by("handler").values_list(
        "handler", "delivered", "detail"
    )
    assert list(found) == [
        ("broken", False, "ConnectionError: mail server on fire"),
        ("good", True, ""),
    ]


@pytest.mark.django_db
def test_each_ending_is_told_once_and_a_recovery_as_such() -> None:
    handler = Remember(level="failed", events=["result", "recovery", "too_long"])
    task = probe("x", name="Nightly", expected_within=5)
    now = timezone.now()
    ended = {"task": task, "notified": False, "level_counts": {}}
    LaunchReport.objects.create(
        state=State.FAILED,
        invocation_result="failed",
        finished_at=now - timedelta(minutes=2),
        **ended,
    )
    LaunchReport.objects.create(
        state=State.DONE, invocation_result="ok", finished_at=now, **ended
    )
    LaunchReport.objects.create(
        task=task, state=State.RUNNING, started_at=now - timedelta(minutes=6)
    )
    with mock.patch.object(
        EZTaskmanagerConfig, "notification_handlers", {"one": handler}
    ):
        deliver_pending()
        deliver_pending()

    assert [event for event, _ in handler.told] == ["result", "recovery", "too_long"]


@pytest.mark.django_db
def test_mail_has_a_real_subject_the_reason_and_a_link() -> None:
    handler = EmailNotificationHandler("a@example.org", ["b@example.org"], "failed")

    with mock.patch.object(
        notifications, "EZTASKMANAGER_BASE_URL", "http://tasks.example.org"
    ):
        report = report_with("failed", state=State.FAILED, reason="Exit code 3.")
        assert handler.handle(report)

    (message,) = mail.outbox
    assert message.subject.startswith("Nightly, started ")
    assert message.subject.endswith(", failed")
    assert "Exit code 3." in message.body
    assert (
        f"http://tasks.example.org/eztaskmanager/livelogviewer/{report.pk}/"
        in message.body
    )


@pytest.mark.django_db
def test_slack_gets_four_blocks_within_its_limits() -> None:
    with mock.patch("slack_sdk.WebClient") as client:
        handler = SlackNotificationHandler("token", "#ops", "failed")
        report = report_with("failed")
        for number in range(20):
            report.logs.create(level="ERROR", message=f"{number} " + "x" * 900)
        assert handler.handle(report)

    client.assert_called_once_with(token="token")
    call = client.return_value.chat_postMessage.call_args.kwargs
    assert call["channel"] == "#ops"
    assert [block["type"] for block in call["blocks"]] == [
        "context",
        "section",
        "context",
        "section",
    ]
    assert len(call["blocks"][3]["text"]["text"]) < 3000


def test_base_url_prefers_the_site() -> None:
    with mock.patch.object(notifications, "apps") as apps:
        site = apps.get_app_config.return_value.get_current.return_value
        site.domain = "site.example.org"
        assert get_base_url() == "site.example.org"
        apps.get_app_config.side_effect = LookupError
        with mock.patch.object(
            notifications, "EZTASKMANAGER_BASE_URL", "https://a.example.org/x/"
        ):
            assert get_base_url() == "a.example.org/x"
        with mock.patch.object(notifications, "EZTASKMANAGER_BASE_URL", None):
            assert get_base_url() == ""


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"class": "no.such.Thing"}, "no NotificationHandler"),
        ({"class": f"{__name__}.Remember", "level": "loud"}, "level must be one of"),
        ({"class": f"{__name__}.Remember", "events": ["rain"]}, "events must be"),
        ({"class": f"{__name__}.Remember", "colour": 1}, "colour"),
    ],
)
def test_wrong_handlers_are_told_by_check(options: dict[str, Any], words: str) -> None:
    before = dict(options)
    with pytest.raises(ValueError, match=words):
        build_handler(options)
    assert options == before
    with mock.patch.object(
        checks, "EZTASKMANAGER_NOTIFICATION_HANDLERS", {"mine": options}
    ):
        found = [
            problem for problem in run_checks() if problem.id == "eztaskmanager.E003"
        ]
    assert "'mine'" in found[0].msg


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("93.184.216.34", True),
        ("2606:4700::1111", True),
        ("127.0.0.1", False),
        ("10.1.2.3", False),
        ("169.254.169.254", False),
        ("100.64.0.1", False),
        ("192.0.2.1", False),
        ("224.0.0.1", False),
        ("0.0.0.0", False),
        ("::1", False),
        ("fe80::1%eth0", False),
        ("fc00::1", False),
        ("::ffff:127.0.0.1", False),
        ("2002:7f00:1::", False),
        ("64:ff9b::a00:1", False),
    ],
)
def test_which_addresses_are_public(address: str, public: bool) -> None:
    assert webhook.is_public(address) is public


@pytest.mark.parametrize(
    "url", ["ftp://x.example.org", "https://u:p@x.example.org", "https:///x", "nothing"]
)
def test_addresses_of_webhooks_are_checked_at_start(url: str) -> None:
    with pytest.raises(ValueError, match="url"):
        WebhookNotificationHandler(url, "secret")


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:9/", "http://localhost:9/", "http://[::1]:9/"]
)
def test_a_webhook_to_ourselves_is_refused(url: str) -> None:
    with pytest.raises(webhook.WebhookError, match="not on the public internet"):
        webhook.post(url, {}, "secret")


@pytest.fixture
def receiver() -> Iterator[tuple[str, list[tuple[dict[str, str], bytes]]]]:
    """A web server that keeps what it gets; `/moved` redirects."""
    got: list[tuple[dict[str, str], bytes]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            got.append((dict(self.headers), body))
            self.send_response(302 if self.path == "/moved" else 200)
            self.send_header("Location", "/elsewhere")
            self.end_headers()

        def log_message(self, *args: Any) -> None:
            """Say nothing."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", got
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.django_db
def test_a_webhook_arrives_signed_and_follows_no_redirect(
    receiver: tuple[str, list[tuple[dict[str, str], bytes]]],
) -> None:
    url, got = receiver
    with mock.patch.object(webhook, "is_public", return_value=True):
        handler = WebhookNotificationHandler(f"{url}/hook", "secret", "failed")
        assert handler.handle(report_with("failed", state=State.FAILED))
        with pytest.raises(webhook.WebhookError, match="answered 302"):
            webhook.post(f"{url}/moved", {}, "secret")

    headers, body = got[0]
    moment = headers["X-Eztaskmanager-Time"]
    expected = webhook.signature("secret", moment, body)
    assert headers["X-Eztaskmanager-Signature"] == f"sha256={expected}"
    assert json.loads(body)["run"]["state"] == "failed"
    assert len(got) == 2
