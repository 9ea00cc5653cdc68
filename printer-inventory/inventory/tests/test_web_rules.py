"""Rules for web pages: what they find, in every locale, and what they refuse."""

from __future__ import annotations

import json
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inventory.polling.reading import DeviceReading, Supply
from inventory.polling.web.pages import Document, Fetched
from inventory.web_parser import documents, evaluate, formula, numbers, patterns, rules, xpaths
from inventory.web_parser.errors import ReadError, RuleError
from inventory.web_parser.merge import merge

PAGE = b"""<html><body><table><tr><th>Total impressions</th><td id="total">12.345</td></tr>
<tr><th>Serial number</th><td id="serial">abC123</td></tr><tr><th>Black toner</th><td id="black">45 %</td></tr>
<tr><th>Low one</th><td id="low">Low</td></tr><tr><th>MAC</th><td id="mac">001b-a912-3456</td></tr></table></body></html>"""


def read(*wanted: rules.Rule, content: bytes = PAGE, kind: str = "text/html") -> dict[str, evaluate.Result]:
    fetched = Fetched({rule.page: Document(content, kind) for rule in wanted if not rule.formula})
    return {one.field: one for one in evaluate.evaluate(wanted, fetched)}


class TestNumbers:
    @pytest.mark.parametrize(
        ("text", "number"),
        [
            ("1234", 1234), ("1 234", 1234), ("1.234", 1234), ("1,234", 1234), ("1'234", 1234), ("1’234", 1234),
            ("1\u202f234\u202f567", 1_234_567), ("1\u00a0234", 1234), ("1.234.567", 1_234_567), ("12,34,567", 1_234_567),
            ("١٬٢٣٤", 1234), ("١٢٣٤", 1234), ("۱۲۳۴", 1234), ("१२३४", 1234), ("１，２３４", 1234), ("\u200f١٢٣٤\u200f", 1234),
            ("1.234,00", 1234), ("1,234.56", 1234), ("1234.5", 1234), ("12.345", 12345), ("A4: 1 234 pages", 1234), ("0", 0),
            ("Total: 4,294,967,295", 4_294_967_295), ("0,123", 0), ("1 234,5", 1234),
        ],
    )  # fmt: skip
    def test_counters_are_read_in_every_locale(self, text, number):
        assert numbers.whole_number(text) == number

    @pytest.mark.parametrize(
        "text", ["N/A", "", "--", "5 of 9", "-5", "12k", "1.2M", "9" * 30, "12.34.56", "1.23.456,7,8", "1 2", "A4"]
    )
    def test_what_is_no_counter_is_refused_instead_of_guessed(self, text):
        with pytest.raises(ReadError):
            numbers.whole_number(text)

    @pytest.mark.parametrize(
        ("text", "value"), [("45%", 45), ("45,5 %", 45.5), ("٤٥٪", 45), ("100", 100), ("1.250", 1.25)]
    )
    def test_percentages_have_decimals(self, text, value):
        assert numbers.percentage(text) == value

    @given(st.integers(0, 10**11), st.sampled_from([" ", ".", ",", "'", "\u202f", "٬", "_"]), st.integers(0, 2))
    def test_every_grouping_of_every_number_comes_back(self, number, separator, script):
        text = f"{number:,}".replace(",", separator)
        digits = ["0123456789", "٠١٢٣٤٥٦٧٨٩", "۰۱۲۳۴۵۶۷۸۹"][script]
        if separator == "_":
            text = str(number)
        assert numbers.whole_number(text.translate(str.maketrans("0123456789", digits))) == number

    @given(st.text(max_size=60))
    def test_no_text_breaks_it(self, text):
        with suppress(ReadError):
            assert 0 <= numbers.whole_number(text) <= numbers.LARGEST


class TestFormula:
    def test_names_are_whole_words(self):
        tree = formula.parse("rule_1 + rule_12")
        assert formula.calculate(tree, {"rule_1": 5, "rule_12": 7}) == 12

    @pytest.mark.parametrize(
        ("text", "value"),
        [("a*2 - b", 3), ("(a+b)/2", 6), ("7//2", 3), ("a % 3", 2), ("max(a, b, 1)", 7), ("abs(a-b)", 2)],
    )
    def test_it_calculates(self, text, value):
        assert formula.calculate(formula.parse(text), {"a": 5, "b": 7}) == value

    @pytest.mark.parametrize(
        "text",
        [
            "9**9**9", "9**9", "a ** b", "__import__('os').system('id')", "a.b", "a[0]", "'x'*9", "lambda: 1", "a if b else c",
            "(" * 200 + "1" + ")" * 200, "9" * 400, "1e400", "a := 1", "[a for a in b]", "print(1)", "max()", "max(a, key=b)",
            "", "a +", "a; b", "True", "a\n+b", "f'{a}'", "0x" + "f" * 100, "~a", "a << 99", "a" * 600, "max", "-" * 300 + "1",
        ],
    )  # fmt: skip
    def test_anything_but_arithmetic_is_refused(self, text):
        with pytest.raises((RuleError, ReadError)):
            formula.calculate(formula.parse(text), {"a": 1, "b": 2, "c": 3})

    def test_long_products_end_at_the_bound(self):
        with pytest.raises(ReadError):
            formula.calculate(formula.parse("*".join(["a"] * 200)), {"a": 10**9})

    def test_missing_fields_and_zero_divisors_have_words(self):
        with pytest.raises(ReadError, match="b could not be read"):
            formula.calculate(formula.parse("a + b"), {"a": 1})
        with pytest.raises(ReadError, match="zero"):
            formula.calculate(formula.parse("a / (a - 1)"), {"a": 1})

    @given(st.text(max_size=40, alphabet="ab12+-*/%(). ,"))
    def test_no_text_breaks_it(self, text):
        with suppress(RuleError, ReadError):
            assert isinstance(formula.calculate(formula.parse(text), {"a": 3, "b": 0}), int)


class TestPatterns:
    def test_a_redos_pattern_is_stopped(self):
        with pytest.raises(ReadError, match="stopped"):
            patterns.apply("(a+)+$", "", "a" * 5_000 + "b")

    @pytest.mark.parametrize("pattern", ["(?:(?:a{1000}){1000}){1000}", "(", "a" * 501, "(?P<n>a)(?P=m)", "[z-a]", "*"])
    def test_bad_patterns_are_refused_before_they_run(self, pattern):
        with pytest.raises(RuleError):
            patterns.apply(pattern, "", "a")

    def test_groups_and_replacements(self):
        assert patterns.apply(r"(\d+) pages", "", "12 pages") == "12"
        assert patterns.apply(r"\D", "", "a12") == "a"
        assert patterns.apply(r"(\d+)/(\d+)", r"\2", "3/9") == "9"

    def test_no_match_and_wrong_groups_have_words(self):
        with pytest.raises(ReadError, match="matches nothing"):
            patterns.apply("x", "", "abc")
        with pytest.raises(ReadError):
            patterns.apply("a", r"\9", "abc")


class TestXPath:
    def page(self, rows: int) -> documents.Page:
        cells = b"<tr><td>a</td><td>1</td></tr>" * rows
        return documents.parse(Document(b"<html><table>" + cells + b"</table></html>"))

    @pytest.mark.parametrize(
        "xpath",
        [
            "//*[following-sibling::*[following-sibling::*]]",
            "//*[count(//*)>0]",
            "//*//*//*",
            "//td[preceding::*[.='q']]",
        ],
    )
    def test_one_that_would_search_a_large_page_again_and_again_is_refused(self, xpath):
        page = self.page(4_000)
        with pytest.raises(ReadError, match="too many times"):
            xpaths.first_text(xpath, page.root, page.nodes)

    @pytest.mark.parametrize(
        "xpath",
        [
            "//td[normalize-space()='a']/following-sibling::td[1]",
            "//tr[.//td[contains(.,'a')]]/td[2]",
            "//table//tr/td[2]",
        ],
    )
    def test_usual_ones_run_on_usual_pages(self, xpath):
        page = self.page(200)
        assert xpaths.first_text(xpath, page.root, page.nodes) == "1"

    @pytest.mark.parametrize(
        "xpath", ["//td[", "document('/etc/passwd')", "id('x')", "//a\x00", "/" * 600, "//td[" + "." * 9 + "]"]
    )
    def test_what_is_none_is_refused(self, xpath):
        page = self.page(1)
        with pytest.raises((RuleError, ReadError)):
            xpaths.first_text(xpath, page.root, page.nodes)


class TestDocuments:
    BOMB = (
        b'<?xml version="1.0"?><!DOCTYPE d [<!ENTITY a "aaaaaaaaaa">'
        + b"".join(b'<!ENTITY %c "%s">' % (98 + n, b"&%c;" % (97 + n) * 10) for n in range(12))
        + b"]><d><total>&m;</total></d>"
    )

    def test_an_xml_bomb_is_refused(self):
        with pytest.raises(ReadError, match="entities"):
            documents.parse(Document(self.BOMB, "application/xml"))

    def test_an_xml_bomb_in_another_encoding_is_refused(self):
        text = self.BOMB.decode().replace('version="1.0"', 'version="1.0" encoding="utf-16"')
        with pytest.raises(ReadError):
            documents.parse(Document(text.encode("utf-16"), "application/xml"))

    def test_an_external_entity_is_not_read(self, tmp_path):
        secret = tmp_path / "secret"
        secret.write_text("the secret")
        text = f'<!DOCTYPE d [<!ENTITY x SYSTEM "file://{secret}">]><d>&x;</d>'
        with pytest.raises(ReadError, match="entities"):
            documents.parse(Document(text.encode(), "text/xml"))

    def test_json_and_namespaced_xml_have_plain_paths(self):
        body = json.dumps({"counters": {"total": 1234, "odd name": "x"}, "list": [1, 2]}).encode()
        page = documents.parse(Document(body, "application/json"))
        assert xpaths.first_text("//counters/total", page.root, page.nodes) == "1234"
        assert xpaths.first_text("//list/item[2]", page.root, page.nodes) == "2"
        page = documents.parse(Document(b'<a xmlns="urn:x"><b>7</b></a>', "application/xml"))
        assert xpaths.first_text("//b", page.root, page.nodes) == "7"

    @pytest.mark.parametrize("kind", ["text/html", "application/xml", "application/json", "text/plain", "", "x/y"])
    @settings(max_examples=25)
    @given(content=st.binary(max_size=200))
    def test_no_bytes_break_it(self, kind, content):
        with suppress(ReadError):
            assert documents.parse(Document(content, kind, "latin-1")).nodes > 0


class TestEvaluate:
    def test_each_kind_of_field_is_read(self):
        found = read(
            rules.Rule("counter", xpath="//td[@id='total']"),
            rules.Rule("serial_number", xpath="//td[@id='serial']", regex=r"\w+"),
            rules.Rule("toner_black", xpath="//th[.='Black toner']/following-sibling::td"),
            rules.Rule("toner_cyan", xpath="//td[@id='low']"),
            rules.Rule("mac_address", xpath="//td[@id='mac']"),
            rules.Rule("counter_a4_bw", formula="counter - 45"),
        )
        reading = evaluate.reading_of(list(found.values()))
        assert (reading.engine, reading.serial, reading.mac) == ("web", "abC123", "00:1B:A9:12:34:56")
        assert reading.counters == {"total": 12345, "bw_a4": 12300}
        assert [(one.color, one.percent, one.state) for one in reading.supplies] == [
            ("black", 45, "level"),
            ("cyan", None, "some remaining"),
        ]
        assert reading.raw["web.counter"] == "12.345"

    def test_what_cannot_be_read_is_said_and_is_no_zero(self):
        found = read(
            rules.Rule("counter", xpath="//td[@id='gone']"), rules.Rule("serial_number", xpath="//td[@id='serial']")
        )
        reading = evaluate.reading_of(list(found.values()))
        assert "total" not in reading.counters
        assert reading.warnings == ("counter: The XPath finds nothing on this page.",)

    def test_nothing_at_all_is_an_error(self):
        found = read(rules.Rule("counter", xpath="//nothing"))
        with pytest.raises(ReadError, match="finds nothing"):
            evaluate.reading_of(list(found.values()))

    def test_formulas_follow_each_other_in_any_order(self):
        found = read(
            rules.Rule("counter", formula="pages + 1"),
            rules.Rule("pages", formula="seen * 2"),
            rules.Rule("seen", xpath="//td[@id='total']"),
        )
        assert found["counter"].value == 24691

    def test_variables_stay_out_of_the_reading(self):
        found = read(rules.Rule("seen", xpath="//td[@id='total']"), rules.Rule("counter", formula="seen"))
        assert evaluate.reading_of(list(found.values())).counters == {"total": 12345}


class TestRules:
    GOOD = {"field": "counter", "path": "/status", "xpath": "//td", "steps": [{"do": "click", "selector": "#show"}]}

    def test_they_travel_as_json(self):
        wanted = rules.load(
            [self.GOOD, {"field": "serial_number", "regex": "(A.*)"}, {"field": "counter_bw", "formula": "counter"}]
        )
        assert rules.load(json.loads(json.dumps(rules.export(wanted)))) == wanted

    @pytest.mark.parametrize("word", ["script", "evaluate", "javascript", "execute", "JS"])
    def test_script_injection_is_refused_on_purpose(self, word):
        with pytest.raises(RuleError, match="refused on purpose"):
            rules.from_config({**self.GOOD, "steps": [{"do": word, "value": "fetch('/')"}]})

    @pytest.mark.parametrize(
        "change",
        [
            {"field": "Counter"}, {"field": "password"}, {"field": 7}, {"path": "status"}, {"path": "/a b"}, {"path": "/a#b"},
            {"path": "/?p={password}"}, {"protocol": "ftp"}, {"protocol": "file"}, {"xpath": "//td["}, {"xpath": "", "steps": []},
            {"regex": "("}, {"steps": "x"}, {"steps": [1]}, {"steps": [{"do": "click"}]}, {"steps": [{"do": "wait"}]},
            {"steps": [{"do": "wait", "seconds": 99}]}, {"steps": [{"do": "wait", "seconds": float("nan")}]},
            {"steps": [{"do": "click", "selector": "css=a >> internal:control=x"}]}, {"steps": [{"do": "read", "selector": "a"}]},
            {"steps": [{"do": "click", "selector": "js=alert(1)"}]}, {"steps": [{"do": "click", "selector": "a"}] * 21},
            {"replacement": "x"}, {"formula": "9**9**9"}, {"formula": "counter + 1"}, {"xpath": "a\x00"}, {"xpath": ["//td"]},
        ],
    )  # fmt: skip
    def test_what_makes_no_sense_is_refused_with_words(self, change):
        with pytest.raises(RuleError) as caught:
            rules.from_config({**self.GOOD, **change})
        assert str(caught.value)

    @pytest.mark.parametrize(
        "data",
        [
            None, {}, [], "x", {"format": "other"}, [GOOD, GOOD], [{"field": "counter", "formula": "missing"}], [None], [[]],
            [{"field": "a", "formula": "b"}, {"field": "b", "formula": "a"}], [GOOD] * 101,
            {"format": rules.FORMAT, "version": 2, "rules": []},
        ],
    )  # fmt: skip
    def test_files_that_do_not_go_together_are_refused(self, data):
        if data == []:
            assert rules.load(data) == []
            return
        with pytest.raises(RuleError):
            rules.load(data)


class TestMerge:
    def reading(self, total: int, **more) -> DeviceReading:
        return DeviceReading(serial="AB1", counters={"total": total}, **more)

    def test_a_page_printed_between_the_two_reads_is_no_contradiction(self):
        assert merge(self.reading(1000), self.reading(1003)).counters == {"total": 1003}
        merged = merge(self.reading(1000), self.reading(998))
        assert (merged.counters["total"], len(merged.warnings), merged.engine) == (1000, 1, "hybrid")

    def test_another_counter_and_another_device_are(self):
        with pytest.raises(ReadError, match="Correct the rule"):
            merge(self.reading(1000), self.reading(5))
        with pytest.raises(ReadError, match="different devices"):
            merge(self.reading(1000), DeviceReading(serial="CD2", counters={"total": 1000}))

    def test_pages_fill_in_what_snmp_does_not_know(self):
        unknown = Supply("1.1", kind="toner_cartridge", color="black", state="some remaining")
        page = [
            Supply("web.1", kind="toner", color="black", percent=40, state="level"),
            Supply("web.2", kind="fuser", percent=9),
        ]
        web = DeviceReading(counters={"bw_a3": 5}, supplies=tuple(page))
        merged = merge(self.reading(1000, supplies=(unknown,)), web)
        assert merged.counters == {"total": 1000, "bw_a3": 5}
        assert [(one.index, one.percent) for one in merged.supplies] == [("1.1", 40), ("web.2", 9)]
