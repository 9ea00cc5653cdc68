"""Error pages as a user of the demo sees them: `make run` has DEBUG on."""

from __future__ import annotations

import pytest
from django.test import Client

HTML = {"accept": "text/html"}


@pytest.mark.parametrize("path", ["/nowhere/", "/products/999999/", "/orders/999999/", "/media/../manage.py"])
@pytest.mark.parametrize("debug", [True, False])
def test_a_missing_page_is_the_houses_with_a_way_back(client, db, settings, path, debug) -> None:
    settings.DEBUG = debug
    answer = client.get(path, headers=HTML)
    text = answer.content.decode()
    assert answer.status_code == 404
    assert "There is nothing here" in text
    assert 'href="/"' in text
    assert 'class="rail-item' in text
    assert "URLconf" not in text


def test_a_form_without_its_token_has_a_page_with_debug(db, settings) -> None:
    settings.DEBUG = True
    answer = Client(enforce_csrf_checks=True).post("/order/", headers=HTML)
    assert answer.status_code == 403
    assert "reload the page and send the form again" in answer.content.decode()


def test_an_unreadable_request_and_a_strange_host_have_a_page_with_debug(client, db, settings) -> None:
    settings.DEBUG = True
    for answer in (
        client.get("/inventory/?q=%00", headers=HTML),
        client.get("/", headers={**HTML, "host": "evil.example"}),
    ):
        assert answer.status_code == 400
        assert "This request cannot be read" in answer.content.decode()
