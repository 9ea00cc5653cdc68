"""The agent's XML as hostile text: nothing but its own error comes out, whatever goes in."""

from __future__ import annotations

import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inventory.polling.glpi import xml
from inventory.polling.glpi.mapping import read_inventory, read_inventory_xml
from inventory.polling.glpi.xml import DocumentSplitter, InventoryXmlError, Node, read_documents
from inventory.polling.reading import from_json, to_json

SAMPLES = Path(__file__).parent / "glpi_xml"
TAGS = (
    "REQUEST",
    "CONTENT",
    "DEVICE",
    "INFO",
    "ERROR",
    "PORTS",
    "PORT",
    "PAGECOUNTERS",
    "CARTRIDGES",
    "TOTAL",
    "MAC",
    "x",
)
PIECES = st.sampled_from(
    [f"<{tag}>" for tag in TAGS]
    + [f"</{tag}>" for tag in TAGS]
    + ["<TOTAL>1</TOTAL>", "&amp;", "&#0;", "&#x1F;", "&x;", "<![CDATA[", "]]>", "<!--", "-->", "<?xml version='1.0'?>",
       "<!DOCTYPE a>", "<a b='c'>", "\x00", "\ud7ff", "12?", "OK", "\N{BOM}"]
)  # fmt: skip


def one_device(inner: str) -> bytes:
    """Return a document whose only device holds `inner`."""
    return f"<REQUEST><CONTENT><DEVICE>{inner}</DEVICE></CONTENT></REQUEST>".encode()


def test_several_documents_are_read_one_by_one() -> None:
    roots = read_documents((SAMPLES / "failed_and_answered.xml").read_bytes())
    assert [root.tag for root in roots] == ["REQUEST"] * 3
    assert [len(root.find("DEVICE")) for root in roots] == [1, 1, 0]


def test_unknown_tags_attributes_and_namespaces_do_no_harm() -> None:
    data = b'<r xmlns="urn:x"><Content a="1"><dEVICE><Info><SERIAL> A1 </SERIAL><NEW><DEEP/></NEW></Info></dEVICE></Content></r>'
    assert read_inventory_xml(data)[0].serial == "A1"


def test_text_around_children_belongs_to_the_element() -> None:
    assert read_documents(b"<a>x<b>in</b>y</a>") == [Node("A", "xy", [Node("B", "in")])]


@pytest.mark.parametrize(
    ("data", "serial"),
    [
        (one_device("<INFO><SERIAL>A\x01B&#2;C&#x1f;</SERIAL></INFO>"), "ABC"),
        (one_device("<INFO><SERIAL>A & B &amp; C &nbsp;</SERIAL></INFO>"), "A & B & C &nbsp;"),
        (b"\xef\xbb\xbf<?xml version='1.0'?>" + one_device("<INFO><SERIAL>BOM</SERIAL></INFO>"), "BOM"),
        (b'<?xml version="1.0" encoding="windows-1251"?>'
         + one_device("<INFO><SERIAL>@</SERIAL></INFO>").replace(b"@", "Ж1".encode("cp1251")), "Ж1"),
        (one_device("<INFO><SERIAL>@</SERIAL></INFO>").replace(b"@", b"A\xff1"), "Aÿ1"),
        (one_device("<INFO><SERIAL><![CDATA[<A>]]></SERIAL></INFO>"), "<A>"),
    ],
)  # fmt: skip
def test_what_devices_put_into_it_is_tolerated(data: bytes, serial: str) -> None:
    assert read_inventory_xml(data)[0].serial == serial


def test_a_russian_string_outside_utf_8_is_read() -> None:
    line = "<NAME>Принтер</NAME>".encode("cp1251")
    data = one_device("<INFO>\n@\n<LOCATION>Зал</LOCATION>\n</INFO>").replace(b"@", line)
    reading = read_inventory_xml(data)[0]
    assert (reading.hostname, reading.location) == ("Принтер", "Зал")


LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "empty"),
        (b"   \n", "empty"),
        (b"no xml at all", "no element"),
        (b"<REQUEST>", "not well-formed"),
        (b"<a></b>", "not well-formed"),
        (b"<REQUEST></REQUEST>", "no DEVICE"),
        (b"<?xml version='1.0' encoding='utf-7'?><DEVICE><INFO/></DEVICE>", "encoding"),
        ("<DEVICE><INFO/></DEVICE>".encode("utf-16"), "UTF-16"),
        (f'<!DOCTYPE l0 [<!ENTITY l0 "ha">{LAUGHS}]>'.encode() + one_device("<INFO>&l9;</INFO>"), "declaration"),
        (b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/hostname">]><DEVICE><INFO/></DEVICE>', "declaration"),
        (b'<!DOC\x01TYPE a SYSTEM "http://127.0.0.1:9/x.dtd"><DEVICE><INFO/></DEVICE>', "declaration"),
        (b"<DEVICE>" * 33 + b"</DEVICE>" * 33, "deeper"),
        (b"<a>" * 100_000, "deeper"),
        (one_device("<b/>" * (xml.MAX_NODES + 1)), "elements"),
        (one_device("x" * (xml.MAX_DOCUMENT + 1)), "longer"),
    ],
    ids=range(15),
)
def test_bombs_and_broken_text_are_refused(data: bytes, words: str) -> None:
    with pytest.raises(InventoryXmlError, match=words):
        read_inventory(data)


def test_too_long_a_file_is_refused_before_it_is_decoded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xml, "MAX_INPUT", 10)
    with pytest.raises(InventoryXmlError, match="longer"):
        read_documents(b"<abcdefghi/>")


def test_an_external_entity_is_never_read(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("TOPSECRET")
    data = one_device("<INFO><SERIAL>&x;</SERIAL></INFO>")
    with pytest.raises(InventoryXmlError):
        read_inventory(f'<!doctype a [<!entity x system "{secret.as_uri()}">]>'.encode() + data)
    assert read_inventory_xml(data)[0].serial == "&x;"


def test_an_error_does_not_quote_the_text() -> None:
    with pytest.raises(InventoryXmlError) as caught:
        read_documents(b"<a>\n<b>hunter2</c></a>")
    assert "hunter2" not in str(caught.value)
    assert "line 2" in str(caught.value)


def test_a_long_text_is_cut() -> None:
    root = read_documents(b"<a>" + b"x" * (xml.MAX_TEXT + 5) + b"</a>")[0]
    assert len(root.text) == xml.MAX_TEXT


@given(st.one_of(st.binary(max_size=300), st.lists(PIECES, max_size=40).map(lambda parts: "".join(parts).encode())))
def test_only_its_own_error_and_readings_that_survive_json(data: bytes) -> None:
    try:
        readings = read_inventory_xml(data)
    except InventoryXmlError:
        return
    for reading in readings:
        assert from_json(to_json(reading)) == reading


@given(st.text(max_size=60), st.text(max_size=60), st.text(max_size=60))
def test_texts_of_devices_stay_one_printable_line(serial: str, level: str, count: str) -> None:
    texts = [part.replace("&", "&amp;").replace("<", "&lt;") for part in (serial, level, count)]
    data = one_device(
        f"<INFO><SERIAL>{texts[0]}</SERIAL><MAC>{texts[0]}</MAC><UPTIME>{texts[2]}</UPTIME></INFO>"
        f"<CARTRIDGES><TONERBLACK>{texts[1]}</TONERBLACK></CARTRIDGES><PAGECOUNTERS><TOTAL>{texts[2]}</TOTAL></PAGECOUNTERS>"
    )
    try:
        reading = read_inventory_xml(data)[0]
    except InventoryXmlError:
        return
    assert not any(unicodedata.category(character) in ("Cc", "Zl", "Zp") for character in reading.serial)
    assert reading.total is None or 0 <= reading.total < 2**32
    assert all(supply.percent is None or 0 <= supply.percent <= 100 for supply in reading.supplies)


@given(st.lists(st.integers(min_value=1, max_value=97), max_size=80))
def test_documents_come_out_of_any_cuts_whole(cuts: list[int]) -> None:
    data = (SAMPLES / "failed_and_answered.xml").read_bytes()
    splitter, at, found = DocumentSplitter(), 0, []
    for cut in [*cuts, len(data)]:
        found += splitter.feed(data[at : at + cut])
        at += cut
    assert len(found) == 3
    assert b"".join(found) == data.rstrip()


def test_a_stream_without_an_end_is_given_up() -> None:
    splitter = DocumentSplitter()
    assert splitter.feed(b"x" * xml.MAX_DOCUMENT) == []
    with pytest.raises(InventoryXmlError, match="longer"):
        splitter.feed(b"x")
