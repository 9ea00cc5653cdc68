"""The frame and its partials as HTML."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import face
import pytest
from django.contrib.staticfiles import finders
from django.core.management import call_command
from django.test import Client

import webshell
from webshell.words import words

TEMPLATES = Path(webshell.__file__).parent / "templates"
SCRIPTS = face.static_dir() / "face" / "js"


def test_longest_match_marks_the_section(client: Client) -> None:
    page = client.get("/list/").content.decode()
    assert re.findall(r'class="rail-item active" href="([^"]+)"', page) == ["/list/"]
    assert re.findall(r'class="rail-item active" href="([^"]+)"', client.get("/").content.decode()) == ["/"]


def test_sections_follow_permissions(client: Client) -> None:
    page = client.get("/").content.decode()
    assert "<span>Staff</span>" not in page
    assert "<span>Secret</span>" not in page
    assert "<span>Elsewhere</span>" not in page
    client.cookies["may"] = "staff demosite.secret"
    page = client.get("/").content.decode()
    assert "<span>Staff</span>" in page
    assert "<span>Secret</span>" in page


def test_palette_and_words_are_json(client: Client) -> None:
    page = client.get("/").content.decode()
    found = dict(re.findall(r'<script id="([\w-]+)" type="application/json">(.*?)</script>', page, re.DOTALL))
    assert json.loads(found["palette"]) == [
        {"label": "Retire a device", "url": "/detail/", "icon": "archive", "hint": "command"}
    ]
    assert json.loads(found["face-words"])["undo"] == "Undo"


def test_scripts_find_every_word_they_say() -> None:
    said = set()
    for script in SCRIPTS.glob("*.js"):
        said |= set(re.findall(r'face\.say\("(\w+)"', script.read_text()))
    assert said
    assert said <= set(words())


def test_every_asset_of_a_page_exists(client: Client) -> None:
    page = client.get("/").content.decode()
    paths = re.findall(r'(?:href|src)="/static/([^"]+)"', page)
    assert len(paths) > 12
    assert [path for path in paths if finders.find(path) is None] == []


@pytest.mark.parametrize("path", sorted(TEMPLATES.rglob("*.html")), ids=lambda path: path.name)
def test_templates_hold_nothing_the_policy_refuses(path: Path) -> None:
    text = path.read_text()
    assert not re.search(r"\sstyle=|<style|\son\w+=|javascript:", text)
    assert not re.search(r"<script(?![^>]*\bsrc=)", text)


def test_refused_form_keeps_what_was_typed(client: Client) -> None:
    page = client.post(
        "/form/", {"address": "not-an-address", "name": 'Room "12"', "version": "3", "count": "40"}
    ).content.decode()
    assert 'value="not-an-address"' in page
    assert 'value="Room &quot;12&quot;"' in page
    assert '<option value="3" selected>' in page
    field = re.search(r'<input[^>]*name="address"[^>]*>', page)
    assert field
    assert 'aria-invalid="true"' in field[0]
    assert 'aria-describedby="id_address_help id_address_errors"' in field[0]
    assert 'id="id_address_errors"' in page


def test_message_can_be_undone(client: Client) -> None:
    page = client.post("/say/", follow=True).content.decode()
    assert "retired; its history stays." in page
    assert '<form method="post" action="/say/"><input type="hidden" name="csrfmiddlewaretoken"' in page


def test_export_carries_exactly_the_filter(client: Client) -> None:
    page = client.get("/list/?q=Kyocera&page=2&sort=-total").content.decode()
    form = page[page.index('action="/export/"') :]
    hidden = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', form[: form.index("</form>")])
    assert hidden == [("q", "Kyocera"), ("sort", "-total")]


def test_pages_are_linked_with_their_query(client: Client) -> None:
    page = client.get("/list/?sort=-total&page=3").content.decode()
    assert '<span aria-current="page">3</span>' in page
    assert 'href="?sort=-total&amp;page=4" rel="next"' in page
    assert "101–150 of 240" in page


def test_hashed_storage_takes_every_file(settings: Any, tmp_path: Path) -> None:
    settings.STATIC_ROOT = tmp_path
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.ManifestStaticFilesStorage"},
    }
    call_command("collectstatic", interactive=False, verbosity=0)
    paths = json.loads((tmp_path / "staticfiles.json").read_text())["paths"]
    sheet = (tmp_path / paths[face.vendored_path("icons.css")]).read_text()
    assert Path(paths[face.vendored_path("icons.woff2")]).name in sheet
