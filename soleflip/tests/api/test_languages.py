"""Pages speak German or English: by the person's setting, else by the browser; numbers and days as the language writes them."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from shared.rules.decisions import again
from shared.translation import choose, speech
from tests.api.test_pages import OURS, PAGES, seen_by
from tests.api.test_pricing import make_market
from tests.makers import make_item, make_order, make_product
from tests.people import Person

GERMAN = {"accept-language": "de-DE,de;q=0.9,en;q=0.5"}
ENGLISH_WORDS = re.compile(r">\s*(?:Pair|Brand|Price|Sales|Orders|Settings|Sign in|Search|Nothing [^<]*)\s*<")


@pytest.mark.parametrize(
    ("told", "accepted", "language"),
    [
        ("auto", "", "en"),
        ("auto", "de", "de"),
        ("auto", "fr, de-AT;q=0.7, en;q=0.3", "de"),
        ("auto", "en-GB,de;q=0.9", "en"),
        ("auto", "de;q=x,;;,=" + "a" * 9999, "de"),
        ("en", "de", "en"),
        ("de", "en", "de"),
        ("klingon", "de", "de"),
    ],
)
def test_the_setting_comes_first_then_the_browser(told: str, accepted: str, language: str) -> None:
    assert choose(told, accepted) == language


def test_numbers_and_days_are_written_as_the_language_writes_them() -> None:
    german, english = speech("de"), speech("en")
    assert (german.money(Decimal("1234.5")), english.money(Decimal("1234.5"))) == ("1.234,50\u00a0€", "1,234.50\u00a0€")
    moment = datetime(2026, 3, 5, 9, 7, tzinfo=UTC)
    assert [german.day(moment), german.minute(moment), german.month(moment)] == [
        "05.03.2026",
        "05.03. 09:07",
        "Mär 2026",
    ]
    assert [english.day(moment), english.moment(None), german.moment(None)] == ["05 Mar 2026", "never", "nie"]
    assert [german.number(1234.56), english.number(Decimal(2)), german.number(None)] == ["1.234,6", "2", "–"]
    assert [german.words("in_stock"), english.words("in_stock"), german.words(None)] == ["auf Lager", "in stock", "–"]


async def test_every_page_is_german_for_a_german_browser(admin: Person, session: AsyncSession) -> None:
    await make_item(session, await make_product(session))
    order = await make_order(session)
    client = seen_by(admin)
    for path in (*PAGES, f"/orders/{order.id}", "/docs"):
        page = await client.get(path, headers=GERMAN)
        assert (page.status_code, '<html lang="de"' in page.text) == (200, True), path
        assert not ENGLISH_WORDS.findall(page.text), path
    assert "150,00" in (await client.get("/orders", headers=GERMAN)).text
    client.cookies.clear()
    assert "Anmelden" in (await client.get("/login", headers=GERMAN)).text
    assert "Sign in" in (await client.get("/login")).text


async def test_a_decision_is_explained_in_german(worker: Person, session: AsyncSession) -> None:
    product = await make_product(session)
    item = await make_item(session, product)
    await make_market(session, product)
    client = seen_by(worker)
    assert (await client.post("/pricing/decide", headers=OURS)).status_code == 303
    for path in ("/pricing", f"/pricing/items/{item.id}"):
        page = (await client.get(path, headers=GERMAN)).text
        assert ("Anbieten für" in page, "bleiben" in page, "List at" in page) == (True, True, False), path
    assert "List at" in (await client.get("/pricing")).text
    assert (again([], "EUR", speech("de")), again([{"kind": "list_at"}], "EUR", speech("de"))) == ("", "")


async def test_a_person_chooses_the_language_of_their_pages(viewer: Person) -> None:
    client = seen_by(viewer)
    assert (await client.post("/settings/language", data={"language": "fr"}, headers=OURS)).status_code in (400, 422)
    assert (await client.post("/settings/language", data={"language": "de"}, headers=OURS)).status_code == 303
    page = (await client.get("/settings", headers={"accept-language": "en"})).text
    assert ("Sprache" in page, '<option value="de" lang="de" selected>' in page) == (True, True)


async def test_what_is_wrong_is_said_in_german_too(worker: Person, session: AsyncSession) -> None:
    item = await make_item(session)
    client = seen_by(worker)
    refused = await client.post(f"/inventory/{item.id}/offer", data={"price": "?"}, headers={**OURS, **GERMAN})
    assert (refused.status_code, "Betrag" in refused.text or "Preis" in refused.text) == (400, True)
    client.cookies.clear()
    told = {"username": "nobody", "password": "wrong"}
    wrong = await client.post("/login", data=told, headers={**OURS, **GERMAN})
    assert (wrong.status_code, "Name oder Passwort falsch" in wrong.text) == (401, True)
