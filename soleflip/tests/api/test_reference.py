"""The API's reference page: whole, offline, escaped."""

from __future__ import annotations

import re

import httpx2
from fastapi import FastAPI

from shared.web.reference import METHODS, operations_of


async def test_every_operation_stands_on_the_page_and_nothing_comes_from_elsewhere(
    app: FastAPI, client: httpx2.AsyncClient
) -> None:
    page = (await client.get("/docs")).text
    document = app.openapi()
    count = sum(method in verbs for verbs in document["paths"].values() for method in METHODS)
    assert page.count('<td class="cell-title mono">') == count > 50
    assert not re.findall(r'(?:src|href)="https?:', page)
    assert (await client.get("/redoc")).text == page
    for address in set(re.findall(r'(?:src|href)="(/static/[^"]+)"', page)):
        assert (await client.get(address)).status_code == 200, address


def test_words_of_the_document_are_text() -> None:
    verbs = {"get": {"summary": "x", "description": "First line.\nMore.", "tags": ["a"], "security": [{}]}}
    (found,) = operations_of({"paths": {"/x": verbs}})["a"]
    assert (found.method, found.text, found.needs) == ("GET", "First line.", True)
