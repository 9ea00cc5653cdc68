"""Reading logs: the original's JSON to the byte, and the live page's pieces."""

from __future__ import annotations

import gzip
import json
from datetime import UTC, datetime
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from eztaskmanager.models import LaunchReport, Log
from eztaskmanager.services.logs import PAGE
from eztaskmanager.tests.site import probe
from eztaskmanager.views.access import make_key

pytestmark = pytest.mark.django_db
MOMENT = datetime(2026, 10, 5, 7, 49, 7, tzinfo=UTC)


@pytest.fixture
def boss(client: Client) -> Client:
    """A superuser."""
    client.force_login(User.objects.create_superuser("boss"))
    return client


def report_with(*levels: str) -> LaunchReport:
    report = LaunchReport.objects.create(task=probe("x"))
    Log.objects.bulk_create(
        Log(launch_report=report, level=level, message=f"line {n}", timestamp=MOMENT)
        for n, level in enumerate(levels)
    )
    return report


def lines(report: LaunchReport, **query: Any) -> str:
    query.setdefault("key", make_key(report.pk))
    pairs = "&".join(f"{name}={value}" for name, value in query.items())
    return f"{reverse('eztaskmanager:lines', args=[report.pk])}?{pairs}"


def test_the_originals_json_to_the_byte(boss: Client) -> None:
    report = report_with("INFO", "ERROR")
    address = reverse("eztaskmanager:ajax_read_log_lines", args=[report.pk])

    assert boss.get(address + "?offset=1").content == (
        b'{"new_log_lines": ["2026-10-05 09:49:07 CEST - ERROR - line 1"],'
        b' "task_status": "idle", "log_size": 2}'
    )
    missing = reverse("eztaskmanager:ajax_read_log_lines", args=[999])
    assert boss.get(missing).json() == {
        "new_log_lines": ["No log for the report 999."],
        "task_status": None,
        "log_size": 0,
    }
    assert boss.get(address + "?offset=abc").status_code == 200


def test_the_plain_viewer_filters_as_before(boss: Client) -> None:
    report = report_with("INFO", "ERROR", "WARNING")
    address = reverse("eztaskmanager:log_viewer", args=[report.pk])

    assert boss.get(address + "?log_level=ERROR").context["log_txt"].endswith("line 1")
    assert boss.get(address).context["log_all"]["n"] == 3
    assert "available levels" in boss.get(address + "?log_level=x").context["log_txt"]
    missing = boss.get(reverse("eztaskmanager:log_viewer", args=[999]))
    assert missing.status_code == 404
    assert b"No log for the report 999." in missing.content


def test_a_poll_with_nothing_new_asks_twice_and_needs_no_session(
    client: Client, django_assert_num_queries: Any
) -> None:
    report = report_with(*["INFO"] * 50)
    last = report.logs.latest("id").pk

    with django_assert_num_queries(2):
        answer = client.get(lines(report, after=last))

    assert answer.json()["lines"] == []


def test_keys_open_one_log_for_two_minutes(client: Client) -> None:
    report, other = report_with("INFO"), report_with("INFO")
    with time_machine.travel(datetime(2026, 1, 1, tzinfo=UTC), tick=False) as clock:
        key = make_key(report.pk)
        assert client.get(lines(report, key=key, after=0)).status_code == 200
        assert client.get(lines(other, key=key, after=0)).status_code == 403
        assert client.get(lines(report, key="", after=0)).status_code == 403
        clock.shift(121)
        assert client.get(lines(report, key=key, after=0)).status_code == 403


def test_lines_come_in_pages_from_both_ends(client: Client) -> None:
    report = report_with(*["INFO"] * (PAGE + 5))

    newest = client.get(lines(report)).json()
    assert newest["more"]
    assert newest["lines"][-1]["text"] == f"line {PAGE + 4}"
    older = client.get(lines(report, before=newest["lines"][0]["id"])).json()
    assert [line["text"] for line in older["lines"]] == [f"line {n}" for n in range(5)]
    first = client.get(lines(report, after=0)).json()
    assert (len(first["lines"]), first["more"]) == (PAGE, True)


def test_search_and_levels_are_the_servers(client: Client) -> None:
    report = report_with("INFO", "ERROR", "CRITICAL", "WARNING")

    found = client.get(lines(report, level="error")).json()["lines"]
    assert [line["text"] for line in found] == ["line 1", "line 2"]
    found = client.get(lines(report, q="LINE 0|line 3")).json()["lines"]
    assert [line["text"] for line in found] == ["line 0", "line 3"]


def test_events_bring_lines_and_end_with_the_run(client: Client) -> None:
    report = report_with("INFO", "INFO")
    LaunchReport.objects.filter(pk=report.pk).update(finished_at=MOMENT)
    address = reverse("eztaskmanager:events", args=[report.pk])

    asked: Any = f"{address}?key={make_key(report.pk)}"
    single: dict[str, Any] = {"wsgi.multithread": False}
    threaded: dict[str, Any] = {"wsgi.multithread": True}

    refused = client.get(asked, **single)
    answer: Any = client.get(asked, **threaded)

    body = b"".join(answer.streaming_content).decode()
    pieces = [
        json.loads(part)
        for part in body.split("data: ")[1:]
        for part in [part.split("\n")[0]]
    ]
    assert [line["text"] for line in pieces[0]["lines"]] == ["line 0", "line 1"]
    assert refused.status_code == 503


def test_downloads(boss: Client) -> None:
    report = report_with("INFO", "ERROR")

    def get(kind: str) -> bytes:
        answer: Any = boss.get(
            reverse("eztaskmanager:download", args=[report.pk, kind])
        )
        assert f"run-{report.pk}.{kind}" in answer.headers["Content-Disposition"]
        return b"".join(answer.streaming_content)

    assert get("txt").decode().splitlines() == report.get_log_lines()
    rows = [json.loads(line) for line in get("jsonl").splitlines()]
    assert [row["level"] for row in rows] == ["INFO", "ERROR"]
    assert gzip.decompress(get("txt.gz")) == get("txt")


def test_unknown_runs_are_not_found(boss: Client) -> None:
    for name in ("live_log_viewer", "log_viewer"):
        assert boss.get(reverse(f"eztaskmanager:{name}", args=[999])).status_code == 404
    assert (
        boss.get(reverse("eztaskmanager:download", args=[999, "txt"])).status_code
        == 404
    )
    assert (
        boss.get(
            f"{reverse('eztaskmanager:lines', args=[9])}?key={make_key(9)}"
        ).status_code
        == 404
    )
