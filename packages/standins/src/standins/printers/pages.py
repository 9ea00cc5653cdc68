"""Status pages as vendors' embedded web servers draw them: tables, definition lists, a page that wants a click, XML and JSON.

Every figure comes from the same `Facts` as the SNMP answers of the moment.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from html import escape
from typing import Final, NamedTuple
from xml.etree import ElementTree as ET

from .behaviour import SupplyState
from .devices import DeviceSpec
from .facts import Facts
from .objects import console

LABELS: Final = {
    "total": "Total impressions", "bw": "Black and white", "color": "Color", "a4": "A4/Letter", "a3": "A3/Ledger",
    "bw_a4": "Black and white A4", "bw_a3": "Black and white A3", "color_a4": "Color A4", "color_a3": "Color A3",
    "print": "Printed", "copy": "Copied", "fax": "Faxed", "scan": "Scanned images", "duplex": "Two-sided sheets",
}  # fmt: skip
"""Counters on a page, in their order, with their words."""

STYLE: Final = (
    "body{font:14px/1.5 system-ui,sans-serif;margin:2rem;max-width:60rem}nav a{margin-right:1rem}"
    "td,th,dd,dt{padding:.2rem .8rem .2rem 0;text-align:left}td.n{text-align:right;font-variant-numeric:tabular-nums}"
)


class Page(NamedTuple):
    """A body and its media type."""

    body: str
    kind: str = "text/html; charset=utf-8"


Fact = tuple[str, str, str]
"""An HTML id, a label and a value."""


def shown_counters(spec: DeviceSpec, facts: Facts) -> list[tuple[str, str, int]]:
    """Return (name, label, value) of the counters a model has a word for."""
    use = spec.printing
    absent = {name for name in LABELS if ("color" in name and not use.color) or ("a3" in name and not use.a3)}
    absent |= {name for name in ("copy", "fax", "scan") if not getattr(use, name)}
    return [(name, label, facts.snapshot.counters[name]) for name, label in LABELS.items() if name not in absent]


def level_text(supply: SupplyState) -> str:
    """Return a supply's level in words: a percentage only where the device tells one."""
    if supply.level >= 0 and supply.spec.report != "some":
        return f"{supply.level if supply.capacity <= 0 else supply.level * 100 // supply.capacity}%"
    return {-3: "OK", 0: "Replace"}.get(supply.level, "--")


def identity_facts(spec: DeviceSpec, facts: Facts) -> list[Fact]:
    """Return who the printer is and what its panel says."""
    who = facts.identity
    return [
        ("model", "Model", f"{who.vendor} {who.model}"),
        ("serial", "Serial number", who.serial),
        ("mac", "MAC address", who.mac_text.upper()),
        ("hostname", "Host name", who.hostname),
        ("location", "Location", who.location),
        ("firmware", "Firmware", who.firmware),
        ("panel", "Panel", console(spec, facts)),
    ]


def counter_facts(spec: DeviceSpec, facts: Facts) -> list[Fact]:
    """Return the counters; layout `european` writes thousands with dots, as panels set to a continental language do."""
    dotted = spec.web == "european"
    return [
        (name, label, f"{value:,}".replace(",", ".") if dotted else str(value))
        for name, label, value in shown_counters(spec, facts)
    ]


def supply_facts(facts: Facts) -> list[Fact]:
    """Return the supplies with their levels."""
    return [
        (
            f"supply-{supply.spec.index}",
            supply.spec.description.partition("{")[0].rstrip("\0;# ") or supply.spec.kind,
            level_text(supply),
        )
        for supply in facts.snapshot.supplies
    ]


def _table(rows: Iterable[Fact]) -> str:
    cells = "".join(
        f'<tr><th scope="row">{escape(label)}</th><td class="n" id="{name}">{escape(value)}</td></tr>'
        for name, label, value in rows
    )
    return f'<table class="mainContentArea"><tbody>{cells}</tbody></table>'


def _definitions(rows: Iterable[Fact]) -> str:
    items = "".join(f'<dt>{escape(label)}</dt><dd id="{name}">{escape(value)}</dd>' for name, label, value in rows)
    return f'<dl class="status-list">{items}</dl>'


def _button(rows: Iterable[Fact]) -> str:
    """Draw the values' places empty; a click fetches them, as pages do that poll their engine only when asked."""
    places = "".join(f'<li>{escape(label)}: <output id="{name}"></output></li>' for name, label, _ in rows)
    script = (
        "document.getElementById('show').addEventListener('click',async()=>{"
        "const values=await(await fetch(location.pathname+'?values=1')).json();"
        "for(const[name,value]of Object.entries(values))document.getElementById(name).textContent=value})"
    )
    return f'<button type="button" id="show">Show</button><ul>{places}</ul><script>{script}</script>'


LAYOUTS: Final[dict[str, Callable[[Iterable[Fact]], str]]] = {
    "table": _table,
    "european": _table,
    "protected": _table,
    "digest": _table,
    "form": _table,
    "frames": _table,
    "api": _definitions,
    "definitions": _definitions,
    "button": _button,
}
"""How a vendor's pages are drawn, by `DeviceSpec.web`."""


def _html(title: str, body: str) -> Page:
    links = "".join(f'<a href="{path}">{word}</a>' for path, word in NAVIGATION)
    return Page(
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title><style>{STYLE}</style>'
        f"</head><body><h1>{escape(title)}</h1><nav>{links}</nav>{body}</body></html>"
    )


NAVIGATION: Final = (("/", "Home"), ("/status", "Status"), ("/supplies", "Supplies"), ("/counters", "Counters"))


def config_xml(spec: DeviceSpec, facts: Facts) -> Page:
    """Return identity, counters and raw levels as XML."""
    root = ET.Element("device")
    for name, _, value in identity_facts(spec, facts):
        ET.SubElement(root, name).text = value
    counters = ET.SubElement(root, "counters")
    for name, _, number in shown_counters(spec, facts):
        ET.SubElement(counters, "counter", name=name).text = str(number)
    supplies = ET.SubElement(root, "supplies")
    for supply in facts.snapshot.supplies:
        ET.SubElement(
            supplies, "supply", index=str(supply.spec.index), kind=supply.spec.kind, level=str(supply.level),
            capacity=str(supply.capacity),
        )  # fmt: skip
    return Page('<?xml version="1.0" encoding="utf-8"?>' + ET.tostring(root, "unicode"), "application/xml")


def status_json(spec: DeviceSpec, facts: Facts) -> Page:
    """Return what the vendor's API tells."""
    who = facts.identity
    body = {
        "device": {"model": who.model, "serial": who.serial, "mac": who.mac_text, "firmware": who.firmware},
        "panel": console(spec, facts),
        "counters": {name: value for name, _, value in shown_counters(spec, facts)},
        "supplies": [
            {"index": supply.spec.index, "kind": supply.spec.kind, "level": supply.level, "capacity": supply.capacity}
            for supply in facts.snapshot.supplies
        ],
        "alerts": [{"code": alert.code, "text": alert.text} for alert in facts.alerts.values()],
    }
    return Page(json.dumps(body), "application/json")


def page(path: str, query: str, spec: DeviceSpec, facts: Facts) -> Page | None:
    """Return the page at a path, None where the model has none."""
    rows: dict[str, Callable[[], list[Fact]]] = {
        "/": lambda: [*identity_facts(spec, facts), *counter_facts(spec, facts)[:1], *supply_facts(facts)],
        "/status": lambda: [*identity_facts(spec, facts), *_alert_facts(facts)],
        "/supplies": lambda: supply_facts(facts),
        "/counters": lambda: counter_facts(spec, facts),
    }
    if spec.web == "frames" and path in ("/", "/menu.html"):
        return _frames(f"{spec.vendor} {spec.model}") if path == "/" else _menu()
    if path in rows:
        found = rows[path]()
        if spec.web == "button" and query == "values=1":
            return Page(json.dumps({name: value for name, _, value in found}), "application/json")
        return _html(f"{spec.vendor} {spec.model}", LAYOUTS[spec.web](found))
    if path == "/config.xml":
        return config_xml(spec, facts)
    return status_json(spec, facts) if path == "/api/status.json" and spec.web == "api" else None


def _frames(title: str) -> Page:
    """Draw the home page as older devices do: two frames, and nothing in the page itself."""
    return Page(
        f"<!doctype html><html><head><title>{escape(title)}</title></head>"
        '<frameset cols="160,*"><frame name="menu" src="menu.html"><frame name="main" src="status">'
        "<noframes>This page needs frames.</noframes></frameset></html>"
    )


def _menu() -> Page:
    links = "".join(f'<li><a href="{path}" target="main">{word}</a></li>' for path, word in NAVIGATION[1:])
    return Page(f"<!doctype html><html><head><title>Menu</title></head><body><ul>{links}</ul></body></html>")


def _alert_facts(facts: Facts) -> list[Fact]:
    return [(f"alert-{row}", f"Alert {alert.code}", alert.text.rstrip("\0")) for row, alert in facts.alerts.items()]
