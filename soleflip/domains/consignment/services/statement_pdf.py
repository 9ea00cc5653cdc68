"""A statement as PDF: the letter that goes to its owner, in the language of who asks for it.

Everything in it is drawn as plain text (fpdf2 is given no markup), so a name can break out of nothing. Letters are those of
DejaVu Sans, embedded as far as used: Latin, Greek, Cyrillic, Hebrew and more; what it has no letter for is drawn as a box.
"""

from __future__ import annotations

import logging
import unicodedata
from decimal import Decimal
from pathlib import Path
from threading import BoundedSemaphore
from typing import Any, Final

from fpdf import FPDF, FontFace
from fpdf.bidi import BidiParagraph
from fpdf.enums import TableBordersLayout, XPos, YPos
from fpdf.fonts import TTFFont

from shared.database.models import ConsignmentLine, ConsignmentStatement
from shared.rules import changing_hands
from shared.translation import Speech, phrase
from shared.translation import gettext_noop as _

FONT: Final = Path(__file__).resolve().parents[3] / "shared" / "media" / "fonts" / "DejaVuSans.ttf"
NAME: Final = "Sans"
WIDTHS: Final = (24, 66, 24, 26, 25, 25)
ALIGN: Final = ("LEFT", "LEFT", "RIGHT", "RIGHT", "RIGHT", "RIGHT")
HEADINGS: Final = (_("Day"), _("What"), _("Price"), _("Fees, shipping"), _("Amount"), _("Balance"))
BOX: Final = "\u25a1"
RIGHT_TO_LEFT: Final = frozenset({"R", "AL", "AN"})
_ONE = BoundedSemaphore(1)
"""A long statement is seconds of work; a process draws one at a time."""
logging.getLogger("fontTools").setLevel(logging.ERROR)  # it tells of every table of the font
logging.getLogger("fpdf").setLevel(logging.ERROR)


class Letter(FPDF):
    """A page of a letter, with its number at the foot."""

    def __init__(self, title: str, say: Speech, shop: str) -> None:
        """Begin a letter with a title for readers and search."""
        super().__init__(format="A4")
        self.say, self.foot = say, f"{shop} · {title}"
        self.add_font(NAME, "", FONT)
        self.add_font(NAME, "B", FONT)
        self.set_margins(20, 18)
        self.set_auto_page_break(auto=True, margin=20)
        self.set_title(title)
        self.set_creator("SoleFlip")
        self.set_lang(say.language)

    def footer(self) -> None:
        """Write the foot of a page."""
        self.set_y(-14)
        self.write_line(f"{self.foot} · {self.page_no()}/{{nb}}", 8, grey=True)

    def plain(self, text: object) -> str:
        """Return a text that can be drawn: one line, no control characters, boxes for letters the font lacks."""
        font = self.fonts[NAME.lower()]
        known = font.cmap if isinstance(font, TTFFont) else {}
        shown = "".join(
            each if ord(each) in known else " " if each.isspace() else BOX
            for each in unicodedata.normalize("NFC", str(text))
            if unicodedata.category(each) not in ("Cc", "Cf", "Cs") or each.isspace()
        )
        line = " ".join(part for part in shown.split(" ") if part)
        if any(unicodedata.bidirectional(each) in RIGHT_TO_LEFT for each in line):
            line = BidiParagraph(line).get_reordered_string()
        return line

    def write_line(self, text: object, size: float = 10, *, grey: bool = False, after: float = 0) -> None:
        """Write a text over the page's width, broken into lines where it has to be."""
        self.set_font(NAME, size=size)
        self.set_text_color(100 if grey else 0)
        self.multi_cell(0, size * 0.5, self.plain(text), new_x=XPos.LMARGIN, new_y=YPos.NEXT, align="L")
        self.set_text_color(0)
        self.ln(after)


def drawn(found: dict[str, Any], say: Speech) -> bytes:
    """Return a statement (as `StatementService.get` does) as PDF in a language."""
    with _ONE:
        return _drawn(found, say)


def _drawn(found: dict[str, Any], say: Speech) -> bytes:
    row: ConsignmentStatement = found["row"]
    party = row.party
    title = say.gettext(phrase("Statement %(number)s", number=row.number))
    letter = Letter(title, say, party["shop"])
    letter.set_creation_date(row.issued_at)
    letter.add_page()
    letter.write_line(
        " · ".join(part for part in (party["shop"], party["shop_vat_id"]) if part), 9, grey=True, after=12
    )
    for line in (party["name"], party["contact"], *(party["address"] or "").splitlines()):
        if line:
            letter.write_line(line)
    letter.ln(12)
    letter.write_line(title, 16, after=1)
    days = {name: say.day(getattr(row, name)) for name in ("period_from", "period_until", "issued_at")}
    under = say.gettext(phrase("%(period_from)s to %(period_until)s · issued %(issued_at)s", **days))
    if party["vat_number"]:
        under += " " + say.gettext(phrase("· your VAT number %(vat_number)s", vat_number=party["vat_number"]))
    letter.write_line(under, 9, grey=True, after=6)
    _table(letter, row, found["lines"], say)
    letter.ln(6)
    for sentence in _end(row, found["state"], say):
        letter.write_line(sentence, after=1)
    return bytes(letter.output())


def _table(
    letter: Letter, row: ConsignmentStatement, lines: list[tuple[ConsignmentLine, Decimal]], say: Speech
) -> None:
    letter.set_font(NAME, size=8)
    letter.set_line_width(0.1)
    letter.set_draw_color(160)
    style = FontFace(fill_color=(240, 240, 240))
    with letter.table(
        col_widths=WIDTHS, text_align=ALIGN, line_height=4, padding=1, headings_style=style,
        borders_layout=TableBordersLayout.HORIZONTAL_LINES,
    ) as table:  # fmt: skip

        def put(*cells: object) -> None:
            drawn_row = table.row()
            for cell in cells:
                drawn_row.cell(letter.plain(cell))

        put(*(say.gettext(each) for each in HEADINGS))
        put(say.day(row.period_from), say.gettext(_("Balance before")), "", "", "", say.money(row.opening))
        for line, balance in lines:
            costs = None if line.fees is None else line.fees + (line.shipping or 0)
            put(
                say.day(line.day), _what(line, say), say.money(line.gross) if line.gross is not None else "",
                say.money(costs) if costs is not None else "", say.money(line.amount), say.money(balance),
            )  # fmt: skip
        until = say.gettext(phrase("Balance on %(period_until)s", period_until=say.day(row.period_until)))
        put("", until, "", "", "", say.money(row.closing))


def _what(line: ConsignmentLine, say: Speech) -> str:
    """Return what a line is about, and how its amount came about where that is not plain."""
    parts = [say.gettext(changing_hands.recognised(line.kind, line.text)), line.reference]
    if line.lifted:
        parts.append(say.gettext(phrase("%(lifted)s added to reach the minimum", lifted=say.money(line.lifted))))
    if line.deductions:
        told = {"split": say.money(line.split), "deductions": say.money(line.deductions)}
        parts.append(say.gettext(phrase("split %(split)s, less %(deductions)s", **told)))
    return " · ".join(part for part in parts if part)


def _end(row: ConsignmentStatement, state: str, say: Speech) -> list[str]:
    """Return the sentences under the table: what is paid when and where to, and what there is to say of VAT."""
    where = " " + say.gettext(phrase("to %(iban)s", iban=row.party["iban"])) if row.party["iban"] else ""
    if state == "paid":
        money = say.gettext(phrase("Paid on %(paid_on)s", paid_on=say.day(row.paid_on))) + where + "."
    elif row.closing > 0:
        money = say.gettext(phrase("To be paid by %(due_on)s", due_on=say.day(row.due_on))) + where + "."
    else:
        money = say.gettext(_("Nothing is to be paid; the balance goes over to the next statement."))
    if row.party["shows_vat"]:
        rate = say.number(row.vat_rate, 3)
        return [money, say.gettext(phrase("The amounts of sales hold VAT of %(f)s %%.", f=rate))]
    return [money, say.gettext(_("Sold on commission (3 Abs. 3 UStG). The amounts hold no VAT."))]
