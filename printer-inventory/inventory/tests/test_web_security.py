"""Web polling against attackers: SSRF in every spelling, by redirect, by script and by DNS rebinding; stored XSS; garbage."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.test import Client

from access.services.roles import bootstrap_roles
from inventory.models import Printer
from inventory.polling.web.browser import BrowserPool
from inventory.polling.web.engine import WebEngine
from inventory.polling.web.pages import Fetched, PageRequest, WebTarget
from inventory.polling.web.policy import WebRules
from inventory.tests.factories import make_printer
from inventory.tests.hostile import Server, serving

RULES = WebRules(("127.0.0.0/8",), seconds=20)
SPELLINGS = [
    "http://2130706433:{port}/", "http://0x7f000001:{port}/", "http://127.1:{port}/", "http://0.0.0.0:{port}/",
    "http://[::ffff:127.0.0.1]:{port}/", "http://[::]:{port}/", "http://[::1]:{port}/", "http://localhost.:{port}/",
    "http://localhost:{port}/", "http://redis:6379/", "http://postgres:5432/", "http://10.0.0.1/", "http://[fd00::1]/",
    "http://example.org/", "http://169.254.169.254/latest/meta-data/", "http://127.0.0.1:{port}/", "//127.0.0.1:{port}/",
    "http://0177.0.0.1:{port}/", "http://①②⑦.0.0.1:{port}/", "http://user@127.0.0.1:{port}/", "file:///etc/passwd",
    "gopher://127.0.0.1:{port}/", "http://127.0.0.1%00.example.org/", "http://127.0.0.1:{port}\\@127.9.9.9/",
]  # fmt: skip
XSS = (
    "<html><head><script>window.hacked=1</script><base href='http://evil.test/'><meta http-equiv='refresh' content='0;url=/x'>"
    "</head><body onload='hacked=1'><table><tr><th>Serial number</th><td id='sn'>&lt;script&gt;alert(1)&lt;/script&gt;</td></tr>"
    "</table><img src=x onerror='parent.hacked=1'><svg onload='hacked=1'><script>hacked=1</script></svg>"
    "<a href='javascript:parent.hacked=1'>go</a><a href='//evil.test/x'>far</a><a href='/status'>near</a>"
    "<iframe srcdoc='<script>hacked=1</script>'></iframe><form action='http://evil.test/'><input name=p type=password value=pw1>"
    "</form><div style='background:url(http://evil.test/)' data-pick='\"><script>hacked=1</script>'>x</div>"
    "<p class='\"onmouseover=hacked=1 x=\"'>y</p></body></html>"
)


@pytest.fixture
def printer_server() -> Iterator[Server]:
    with serving("127.9.9.9") as running:
        yield running


@pytest.fixture
def neighbour() -> Iterator[Server]:
    with serving("127.0.0.1") as running:
        running.pages["/"] = (200, {"Access-Control-Allow-Origin": "*"}, "the neighbour's secret")
        yield running


def fetch(server: Server, path: str, pool: BrowserPool | None = None) -> Fetched:
    page = PageRequest("http", path, browser=pool is not None)
    return WebEngine(RULES, pool).fetch(WebTarget(1, server.address, server.port, pages=(page,)))


class TestServerSideRequests:
    @pytest.mark.parametrize("spelling", SPELLINGS)
    def test_a_redirect_leads_nowhere_but_to_the_printer(
        self, printer_server: Server, neighbour: Server, spelling: str
    ):
        location = spelling.format(port=neighbour.port).encode().decode("latin-1")
        printer_server.pages["/"] = (302, {"Location": location}, "")
        fetched = fetch(printer_server, "/")
        assert not fetched.documents
        assert len(fetched.errors) == 1
        assert neighbour.asked == []

    def test_a_redirect_to_another_port_of_the_printer_is_refused(self, printer_server: Server):
        with serving("127.9.9.9") as other:
            printer_server.pages["/"] = (302, {"Location": f"{other.url}/"}, "")
            assert not fetch(printer_server, "/").documents
            assert other.asked == []

    def test_dns_rebinding_finds_no_name_to_rebind(self, printer_server: Server, neighbour: Server, monkeypatch):
        monkeypatch.setattr("socket.getaddrinfo", lambda *_, **__: pytest.fail("a name was looked up"))
        printer_server.pages["/"] = (302, {"Location": f"http://rebind.test:{neighbour.port}/"}, "")
        assert "is not this printer" in next(iter(fetch(printer_server, "/").errors.values()))
        assert neighbour.asked == []

    @pytest.mark.parametrize("address", ["169.254.169.254", "10.0.0.1", "8.8.8.8", "0.0.0.0", "224.0.0.1", "fd00::1"])  # noqa: S104 - asked for, not bound
    def test_an_address_outside_the_networks_is_not_asked(self, address: str):
        page = PageRequest("http", "/")
        fetched = WebEngine(RULES).fetch(WebTarget(1, address, 80, pages=(page,)))
        assert "PRINTER_NETWORKS" in fetched.errors[page] or "no printer has" in fetched.errors[page]

    def test_credentials_never_follow_a_redirect_away(self, printer_server: Server, neighbour: Server):
        printer_server.pages["/"] = (302, {"Location": f"{neighbour.url}/"}, "")
        page = PageRequest("http", "/")
        WebEngine(RULES).fetch(WebTarget(1, printer_server.address, printer_server.port, "admin", "pw", pages=(page,)))
        assert neighbour.asked == []

    def test_a_page_without_end_is_cut_off(self, printer_server: Server):
        printer_server.pages["/"] = (200, {}, "x" * (RULES.page_bytes + 10))
        assert "bytes" in next(iter(fetch(printer_server, "/").errors.values()))


@pytest.fixture(scope="module")
def pool() -> Iterator[BrowserPool]:
    running = BrowserPool()
    yield running
    running.close()


@pytest.mark.slow
@pytest.mark.timeout(240)
class TestBrowser:
    def test_scripts_frames_and_sockets_reach_only_the_printer(
        self, printer_server: Server, neighbour: Server, pool: BrowserPool
    ):
        urls = [
            f"http://{host}:{neighbour.port}/"
            for host in ("127.0.0.1", "localhost", "[::1]", "rebind.test", "2130706433")
        ]
        script = "".join(f"fetch('{url}',{{mode:'no-cors'}}).catch(()=>0);new Image().src='{url}';" for url in urls)
        script += (
            f"try{{new WebSocket('ws://127.0.0.1:{neighbour.port}/')}}catch(e){{}};navigator.sendBeacon('{urls[0]}');"
        )
        script += "fetch('/own').then(r=>r.text()).then(t=>document.getElementById('own').textContent=t)"
        frames = "".join(f"<iframe src='{url}'></iframe><link rel=prefetch href='{url}'>" for url in urls)
        printer_server.pages["/"] = (
            200,
            {},
            f"<html><body>{frames}<p id=own></p><script>{script}</script></body></html>",
        )
        printer_server.pages["/own"] = (200, {}, "1234")
        fetched = fetch(printer_server, "/", pool)
        (document,) = fetched.documents.values()
        assert b'id="own">1234<' in document.content
        assert neighbour.asked == []

    @pytest.mark.parametrize(
        "spelling", ["http://127.0.0.1:{port}/", "http://localhost:{port}/", "http://rebind.test:{port}/"]
    )
    def test_a_redirect_in_the_browser_is_judged_too(
        self, printer_server: Server, neighbour: Server, pool: BrowserPool, spelling: str
    ):
        printer_server.pages["/"] = (302, {"Location": spelling.format(port=neighbour.port)}, "")
        fetched = fetch(printer_server, "/", pool)
        assert not fetched.documents
        assert neighbour.asked == []

    def test_one_printer_leaves_nothing_for_the_next(self, printer_server: Server, pool: BrowserPool):
        beacon = "setInterval(()=>fetch('http://127.9.9.10:'+location.port+'/',{mode:'no-cors'}).catch(()=>0),50)"
        printer_server.pages["/"] = (
            200,
            {"Set-Cookie": "a=1"},
            f"<p>x</p><script>window.name='kept';{beacon}</script>",
        )
        assert fetch(printer_server, "/", pool).documents
        with serving("127.9.9.10") as second:
            second.pages["/"] = (
                200,
                {},
                "<p id=a></p><script>document.getElementById('a').textContent=document.cookie||'clean'</script>",
            )
            (document,) = fetch(second, "/", pool).documents.values()
            assert b">clean<" in document.content
            assert [path for path in second.asked if path != "/favicon.ico"] == ["/"]


@pytest.fixture
def manager(db: None) -> Client:
    bootstrap_roles()
    user = User.objects.create_user("manager")
    user.groups.set(Group.objects.filter(name="Inventory Admin"))
    client = Client(raise_request_exception=True)
    client.force_login(user)
    return client


def post(client: Client, name: str, data: Any) -> Any:
    body = data if isinstance(data, bytes) else json.dumps(data)
    return client.post(f"/inventory/api/web-parser/{name}/", body, content_type="application/json")


class TestEndpoints:
    @pytest.fixture
    def printer(self, printer_server: Server, manager: Client) -> Printer:
        printer_server.pages["/"] = (200, {}, XSS)
        return make_printer(ip_address=printer_server.address, web_port=printer_server.port)

    def test_stored_xss_from_a_web_page_does_nothing(self, manager: Client, printer: Printer):
        answer = post(manager, "fetch-page", {"printer_id": printer.pk, "path": "/"}).json()
        shown = manager.get(answer["preview"])
        html = shown.content.decode()
        policy = shown.headers["Content-Security-Policy"]
        assert "sandbox allow-scripts" in policy
        assert "allow-same-origin" not in policy
        assert "unsafe" not in policy
        assert (
            html.count("<script") == html.count('<script src="http://testserver/static/inventory/web-preview.js"') == 1
        )
        lowered = html.lower()
        for bad in (
            "onload",
            "onerror",
            "onmouseover",
            "javascript:",
            "evil.test",
            "srcdoc",
            "style=",
            "<svg",
            "<base",
            "<iframe",
            "pw1",
        ):
            assert bad not in lowered.replace("web-preview.js", "")
        assert 'data-href="/status"' in html
        assert "&lt;script&gt;alert(1)" in html

    def test_a_preview_belongs_to_the_one_who_asked(self, manager: Client, printer: Printer):
        answer = post(manager, "fetch-page", {"printer_id": printer.pk, "path": "/"}).json()
        other = User.objects.create_user("other")
        other.groups.set(Group.objects.filter(name="Inventory Admin"))
        client = Client()
        client.force_login(other)
        assert client.get(answer["preview"]).status_code == 404
        assert post(client, "pick", {"snapshot": answer["snapshot"], "element": 3}).status_code == 422

    def test_a_click_becomes_an_xpath_that_finds_the_element_again(self, manager: Client, printer: Printer):
        answer = post(manager, "fetch-page", {"printer_id": printer.pk, "path": "/"}).json()
        html = manager.get(answer["preview"]).content.decode()
        number = int(html.partition('Serial number</th><td data-pick="')[2].partition('"')[0])
        told = post(manager, "pick", {"snapshot": answer["snapshot"], "element": number}).json()
        assert [one["why"] for one in told["candidates"]] == ["id", "label", "position"]
        for one in told["candidates"]:
            tested = post(
                manager, "test-xpath", {"snapshot": answer["snapshot"], "field": "serial_number", "xpath": one["xpath"]}
            ).json()
            assert tested["value"] == "<script>alert(1)</script>"

    @pytest.mark.parametrize("spelling", SPELLINGS)
    def test_an_address_that_is_no_printer_of_ours_is_refused(
        self, manager: Client, printer: Printer, neighbour: Server, spelling: str
    ):
        url = spelling.format(port=neighbour.port)
        for name in ("fetch-page", "test"):
            answer = post(manager, name, {"url": url, "rules": []})
            assert answer.status_code in (400, 422)
        assert neighbour.asked == []

    def test_the_documented_test_address_reads_a_printer_of_ours(self, manager: Client, printer: Printer):
        rule = {"field": "serial_number", "xpath": "//td[@id='sn']", "regex": "[a-z]+"}
        told = post(
            manager, "test", {"url": f"http://{printer.ip_address}:{printer.web_port}/", "rules": [rule]}
        ).json()
        assert told["results"][0]["value"] == "script"

    def test_a_rule_of_another_printer_is_not_touched(self, manager: Client, printer: Printer):
        rule = {"printer_id": printer.pk, "field": "counter", "xpath": "//b"}
        saved = post(manager, "save-rule", rule).json()
        other = make_printer()
        assert post(manager, "save-rule", {**rule, "printer_id": other.pk, "edit_id": saved["id"]}).status_code == 404
        assert (
            post(manager, "save-rule", {"printer_id": other.pk, "edit_id": saved["id"], "delete": True}).status_code
            == 404
        )
        assert post(manager, "save-rule", {**rule, "edit_id": saved["id"], "version": 7}).status_code == 409
        assert (
            post(manager, "save-rule", {**rule, "edit_id": saved["id"], "version": 0, "xpath": "//i"}).status_code
            == 200
        )

    def test_a_stored_password_is_shown_nowhere_and_follows_to_no_other_address(
        self, manager: Client, printer: Printer
    ):
        printer.web_username, printer.web_password = "admin", "the-web-secret"
        printer.save()
        for path in (
            f"/inventory/{printer.pk}/edit/",
            f"/inventory/{printer.pk}/",
            f"/inventory/{printer.pk}/web-parser/",
        ):
            assert b"the-web-secret" not in manager.get(path).content
        form = {
            "ip_address": "127.9.9.77", "snmp_port": 161, "web_port": printer.web_port, "version": printer.version,
            "web_username": "admin", "snmp_version": "auto", "polling_method": "WEB", "serial_number": printer.serial_number,
        }  # fmt: skip
        assert manager.post(f"/inventory/{printer.pk}/edit/", form).status_code == 302
        printer.refresh_from_db()
        assert (printer.ip_address, bool(printer.web_password), printer.web_username) == ("127.9.9.77", False, "admin")

    @pytest.mark.parametrize(
        "data",
        [
            b"", b"null", b"[]", b"{", b"\xff\xfe", b"[" * 100_000, {"printer_id": "x"}, {"printer_id": 10**40},
            {"printer_id": -1},
            {"printer_id": True}, {"printer_id": None}, {"printer_id": 10**18}, {"snapshot": ["a"], "element": 1},
            {"snapshot": "../../x", "element": "1"}, {"element": 1.5}, {"template_id": "9" * 30}, {"url": 7},
            {"url": "http://[::1"},
            {"url": "http://a:99999999/"}, {"html": 5, "xpath": "//a"}, {"html": "", "xpath": "//a"},
            {"html": "<a>", "xpath": "\x00"},
            {"html": "<a>x", "xpath": "//a", "regex": "("}, {"html": "\ud800", "xpath": "//a"},
            {"url": "http://127.9.9.9/", "rules": {}},
            {"printer_id": 0, "name": "\x00"}, {"html": "<a>9", "xpath": "//a", "field": "counter", "formula": "9**9**9"},
        ],
    )  # fmt: skip
    def test_garbage_is_a_4xx_everywhere(self, manager: Client, data: Any):
        names = (
            "save-rule",
            "fetch-page",
            "execute-action",
            "pick",
            "test-xpath",
            "test",
            "try",
            "save-template",
            "apply-template",
        )
        for name in names:
            assert post(manager, name, data).status_code < 500

    @pytest.mark.parametrize("path", ["import", "export", "", "preview/x"])
    def test_files_and_pages_take_garbage(self, manager: Client, printer: Printer, path: str):
        base = f"/inventory/{printer.pk}/web-parser/{path}{'/' if path else ''}"
        assert manager.get(base).status_code < 500
        for body in (b"", b"[]", b'{"rules": 5}', b'[{"field": "counter"}]', b'{"format": 1}', b"\xff"):
            assert manager.post(base, body, content_type="application/json").status_code < 500
        assert manager.get("/inventory/web-parser/?page=99999999999999999999").status_code == 200
        assert manager.get("/inventory/api/web-parser/templates/?device_model_id=x").status_code == 400
