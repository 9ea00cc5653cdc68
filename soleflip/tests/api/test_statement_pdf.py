"""A statement as PDF: in two languages, over pages, with names that want to break out of it."""

from __future__ import annotations

import io
from typing import Any

import pypdf
import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from tests.api.test_consignment import API, TODAY, bring_in, issue, make_owner, sell
from tests.api.test_pages import seen_by
from tests.makers import make_product
from tests.people import Person

pytestmark = pytest.mark.api
EVIL = "<b>Ж</b> \\) Tj ET /JavaScript (app.alert(1)) **x** \u202e €"


def read(answer: Any) -> tuple[pypdf.PdfReader, str]:
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/pdf"), answer.text
    found = pypdf.PdfReader(io.BytesIO(answer.content), strict=True)
    text = "\n".join(page.extract_text() for page in found.pages)
    return found, text.replace("\u00a0", " ")


async def test_a_statement_is_a_letter_in_the_readers_language(
    worker: Person, viewer: Person, session: AsyncSession
) -> None:
    await make_product(session, sku="D-1", name="Dunk Łódź")
    owner = await make_owner(worker, name="Жанна Ωμέγα Müller", minimum_payout="1500")
    await bring_in(worker, owner, "D-1")
    await sell(worker, "D-1", "E-1", "1234.50", product_name="Dunk Łódź")
    made = await issue(worker, owner)
    answer = await viewer.get(f"{API}/statements/{made['id']}/pdf", params={"language": "de"})
    assert answer.headers["content-disposition"] == f'attachment; filename="statement-{made["number"]}.pdf"'
    assert "sandbox" in answer.headers["content-security-policy"]
    document, german = read(answer)
    for told in ("Жанна Ωμέγα Müller", "Abrechnung", "1.234,50 €", "1.500,00 €", f"{TODAY:%d.%m.%Y}", "DE89 •••• 3000"):
        assert told in german, told
    assert "Dunk Łódź, 9 (eBay)" in german.replace("\n", " ")
    assert "37040044" not in german
    assert document.root_object.get("/Lang") == "de"
    _, english = read(await viewer.get(f"{API}/statements/{made['id']}/pdf"))
    assert ("1,234.50 €" in english, "To be paid by" in english) == (True, True)
    page = await seen_by(worker).get(f"/consignment/statements/{made['id']}/pdf", headers={"accept-language": "de"})
    assert "Abrechnung" in read(page)[1]
    assert (await viewer.get(f"{API}/statements/00000000-0000-4000-8000-000000000000/pdf")).status_code == 404
    worker.client.cookies.clear()
    assert (await worker.client.get(f"{API}/statements/{made['id']}/pdf")).status_code == 401


async def test_names_break_out_of_nothing_and_long_statements_go_on(worker: Person, session: AsyncSession) -> None:
    await make_product(session, sku="D-2", name="Dunk")
    address = "\n".join(["שלום רחוב 5", "中文 🦊", "W" * 200])
    owner = await make_owner(worker, name=EVIL, address=address)
    for number in range(60):
        text = f"{number} {EVIL}" if number else "W" * 255
        told = {"amount": "-1.50", "text": text, "happened_on": str(TODAY)}
        answer = await worker.post(f"{API}/consignors/{owner['id']}/adjustments", told)
        assert answer.status_code == 201, answer.text
    made = await issue(worker, owner)
    document, text = read(await worker.get(f"{API}/statements/{made['id']}/pdf"))
    shown = text.replace("\n", " ")
    assert "<b>Ж</b> \\) Tj ET /JavaScript (app.alert(1)) **x** €" in shown
    assert "\u202e" not in text
    assert "שלום" in shown
    assert "□□ □" in shown  # letters the font has not
    assert len(document.pages) > 2
    assert f"{len(document.pages)}/{len(document.pages)}" in text
    assert not {"/AA", "/Names", "/AcroForm"} & set(document.root_object)
    assert all("/Annots" not in page for page in document.pages)
    assert "-90.00 €" in shown
