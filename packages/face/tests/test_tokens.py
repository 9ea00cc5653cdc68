"""Every colour that carries text is readable in both themes and all systems (WCAG 2.2, 1.4.3 and 1.4.11)."""

from __future__ import annotations

import re

import pytest

import face

SHEET = re.sub(r"/\*.*?\*/", "", (face.static_dir() / "face" / "tokens.css").read_text(), flags=re.DOTALL)
TEXTS = ("text", "text-2", "text-3", "ok", "running", "waiting", "warning", "failed", "lost", "accent")
GROUNDS = ("canvas", "surface", "raised", "sunken", "hover", "accent-soft")
STATES = ("ok", "running", "waiting", "warning", "failed", "lost", "accent")
SYSTEMS = ("printers", "tasks", "soleflip", "art")


def declared(selector: str) -> dict[str, str]:
    """Return the colours a selector sets, by token without its dashes."""
    found: dict[str, str] = {}
    for match in re.finditer(r"([^{}]+)\{([^}]*)\}", SHEET):
        if selector in [part.strip() for part in match[1].split(",")]:
            found.update(re.findall(r"--([\w-]+):\s*(#[0-9a-f]{6});", match[2]))
    return found


def colours(theme: str, system: str) -> dict[str, str]:
    """Return the tokens as the cascade leaves them on <html data-bs-theme data-accent>."""
    own = (
        declared(f'[data-accent="{system}"]')
        if theme == "light"
        else declared(f'[data-bs-theme="dark"][data-accent="{system}"]')
    )
    return {**declared(":root"), **declared(f'[data-bs-theme="{theme}"]'), **own}


def luminance(colour: str) -> float:
    """Return the relative luminance of #rrggbb (WCAG 2.2, definition of relative luminance)."""
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """Return the contrast ratio of two colours."""
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def test_contrast_is_measured_right() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("system", SYSTEMS)
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_text_is_readable(theme: str, system: str) -> None:
    have = colours(theme, system)
    pairs = [(text, ground) for text in TEXTS for ground in GROUNDS] + [(state, f"{state}-soft") for state in STATES]
    pairs += [("on-accent", "accent-fill"), ("on-accent", "accent-fill-hover")]
    assert {pair for pair in pairs if contrast(have[pair[0]], have[pair[1]]) < 4.5} == set()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_edges_of_controls_and_inks_stand_out(theme: str) -> None:
    have = colours(theme, "printers")
    assert contrast(have["line-strong"], have["surface"]) >= 3
    for ink in ("black", "cyan", "magenta"):
        assert contrast(have[f"ink-{ink}"], have["surface"]) >= 3, ink


def test_accents_differ() -> None:
    for theme in ("light", "dark"):
        assert len({colours(theme, system)["accent"] for system in SYSTEMS}) == len(SYSTEMS)


def test_sheets_use_only_declared_tokens() -> None:
    known = set(re.findall(r"--([\w-]+):", SHEET))
    for path in face.STYLES[1:]:
        text = (face.static_dir() / path).read_text()
        local = set(re.findall(r"--([\w-]+):", text))
        used = {name for name in re.findall(r"var\(--([\w-]+)", text) if not name.startswith("bs-")}
        assert used <= known | local | {"c", "b", "ink"}, path
