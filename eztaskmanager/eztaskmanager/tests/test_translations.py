"""Nothing a person reads escapes translation: a made-up language marks what passed it."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django.utils import translation

from eztaskmanager.models import Delivery, LaunchReport, Log
from eztaskmanager.states import State, Trigger
from eztaskmanager.tests.site import task_of

pytestmark = pytest.mark.django_db
READ_ALOUD = ("title", "aria-label", "placeholder")
# What people and programs name, and what is the same in every language.
# A command's own help comes as it is, and so do verdicts where the original shows them.
OF_THE_COMMAND = (
    "First word|Second word|A switch|Another switch|A text|One or more texts."
    "|Seconds to wait|Verbosity level.*|«Separated by commas:|-f, --count=3.*"
)
DATA = re.compile(
    rf"^({OF_THE_COMMAND}|warnings|LaunchReport Nightly .*|.* - WARNING -"
    r"|(› )?(Nightly( \(idle\))?[ |]*|, boss|boss|mail|result|default|good morning)"
    r"|txt|jsonl|gz|DEBUG|INFO|WARNING|ERROR|-+|[\d, :.–-]+|Europe/\w+"
    r"|eztaskmanager(: \w+)?|Django(:|[-_]R[Qq])?|[a-z_]*command|manage\.py .*"
    r"|--?[\w-]+:?|arg\w*:?|30 2 \* \* mon-fri|\d{4}-\d\d-\d\d [\d:]+ [A-Z]+"
    r")$"
)


class Texts(HTMLParser):
    """Collects what a page shows and says: texts, and attributes that are read aloud."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._silent = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take attributes; be silent in scripts."""
        if tag in ("script", "style"):
            self._silent = tag
        values = dict(attrs)
        names = [*READ_ALOUD, *(["value"] if values.get("type") == "submit" else [])]
        self.found += [value for name in names if (value := values.get(name))]

    def handle_endtag(self, tag: str) -> None:
        """Listen again."""
        if tag == self._silent:
            self._silent = ""

    def handle_data(self, data: str) -> None:
        """Take a text."""
        if not self._silent:
            self.found.append(data)


def untranslated(html: str) -> list[str]:
    """Return what has letters outside of what passed translation, and is no data."""
    texts = Texts()
    texts.feed(html)
    left = []
    for text in texts.found:
        rest, before = text, ""
        while rest != before:
            before, rest = rest, re.sub(r"«[^«»]*»", "", rest, flags=re.DOTALL)
        words = " ".join(rest.split())
        if re.search(r"[^\W\d_]{2}", words) and not DATA.match(words):
            left.append(words)
    return left


@pytest.fixture
def marked(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make every translated text visible: «text»."""
    backend: Any = translation._trans  # type: ignore[attr-defined]  # where all of it goes
    plain = backend.gettext

    def mark(text: str) -> str:
        return f"«{plain(text)}»" if text else plain(text)

    monkeypatch.setattr(backend, "gettext", mark)
    monkeypatch.setattr(backend, "pgettext", lambda _, text: mark(text))
    monkeypatch.setattr(backend, "ngettext", lambda _one, many, _n: mark(many))
    monkeypatch.setattr(backend, "npgettext", lambda _, _one, many, _n: mark(many))


@pytest.mark.usefixtures("marked")
def test_every_text_of_the_pages_can_be_translated() -> None:
    client = Client()
    client.force_login(User.objects.create_superuser("boss"))
    task = task_of(
        "eztaskmanager",
        "test_command",
        ["good", "morning"],
        name="Nightly",
        cron="30 2 * * mon-fri",
        time_zone="Europe/Rome",
    )
    run = LaunchReport.objects.create(
        task=task,
        state=State.DONE,
        invocation_result="warnings",
        trigger=Trigger.MANUAL,
        requested_by="boss",
    )
    Log.objects.create(launch_report=run, level="WARNING", message="")
    Delivery.objects.create(report=run, handler="mail", event="result", delivered=True)
    task.compute_cache()

    pages = [
        reverse("admin:eztaskmanager_task_changelist"),
        reverse("admin:eztaskmanager_task_change", args=[task.pk]),
        reverse("admin:eztaskmanager_launchreport_changelist"),
        reverse("admin:eztaskmanager_delivery_changelist"),
        reverse("eztaskmanager:live_log_viewer", args=[run.pk]),
    ]
    left = {
        page: found
        for page in pages
        if (found := untranslated(client.get(page).content.decode()))
    }
    assert left == {}
