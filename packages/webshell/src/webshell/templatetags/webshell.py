"""Template tags of the house: icon, state badge, time, number, URL with changed parameters, supplies, vendored files."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from typing import Any

import face
from django import template
from django.conf import settings
from django.contrib.messages.storage.base import Message
from django.forms import BoundField
from django.templatetags.static import static
from django.utils import timezone
from django.utils.formats import date_format, number_format
from django.utils.html import format_html, format_html_join, json_script
from django.utils.safestring import SafeString
from django.utils.translation import get_language, get_language_info

from webshell.context_processors import url_of
from webshell.pages import window
from webshell.states import badge_of
from webshell.supplies import bar_of, compared, four_inks
from webshell.words import words

register = template.Library()

ICON_NAME = re.compile(r"[a-z0-9-]{1,40}")
# Safe: a constant.
EMPTY = SafeString('<span class="text-3">\N{EN DASH}</span>')


@register.simple_tag
def icon(name: str, label: str = "") -> SafeString:
    """Return a Bootstrap icon; with a label it speaks, without one it is hidden from screen readers.

    A name that is no icon name raises ValueError: it is a mistake in a template, never data.
    """
    if not ICON_NAME.fullmatch(name):
        raise ValueError(f"{name!r} is no icon name")
    if label:
        return format_html('<i class="bi bi-{}" role="img" aria-label="{}"></i>', name, label)
    return format_html('<i class="bi bi-{}" aria-hidden="true"></i>', name)


@register.simple_tag
def state_badge(state: str, text: str = "", title: str = "") -> SafeString:
    """Return the badge of a job word or verdict: icon, word and colour; an unknown state is grey and says its own name."""
    kind, glyph, word = badge_of(state)
    extra = format_html(' title="{}"', title) if title else ""
    return format_html(
        '<span class="state s-{}"{}><i class="bi bi-{}" aria-hidden="true"></i>{}</span>',
        kind,
        extra,
        glyph,
        text or word,
    )


def time_element(value: datetime | None, missing: str, *, relative: bool) -> SafeString:
    """Return the `<time>` of a moment with its exact local time as text, or what stands for a missing one."""
    if value is None:
        return format_html('<span class="text-3">{}</span>', missing) if missing else EMPTY
    aware = timezone.make_aware(value) if timezone.is_naive(value) else value
    local = timezone.localtime(aware)
    shown = date_format(local, "j M Y, H:i")
    exact = f"{local:%Y-%m-%d %H:%M:%S} {local.tzname()}"
    stamp = aware.isoformat(timespec="seconds")
    if relative:
        return format_html('<time datetime="{}" title="{}" data-ago>{}</time>', stamp, exact, shown)
    return format_html('<time datetime="{}" title="{}">{}</time>', stamp, exact, shown)


@register.simple_tag
def ago(value: datetime | None, missing: str = "") -> SafeString:
    """Return a `<time>` that reads "3 min ago" with the exact time on hover; `missing` or a dash for None.

    The text in the HTML is the local time, so the page is right without JavaScript; face's core.js replaces it.
    """
    return time_element(value, missing, relative=True)


@register.simple_tag
def moment(value: datetime | None, missing: str = "") -> SafeString:
    """Return a `<time>` that keeps showing the local time."""
    return time_element(value, missing, relative=False)


@register.filter
def number(value: Any) -> str:
    """Return a number with the locale's separators; "" for None, and what is no number as it is."""
    if value is None or value == "":
        return ""
    if isinstance(value, int | float | Decimal) and not isinstance(value, bool):
        return number_format(value, use_l10n=True, force_grouping=True)
    return str(value)


@register.simple_tag
def quantity(value: Any, unit: str = "") -> SafeString:
    """Return a number with its unit in grey; a dash for None."""
    shown = number(value)
    if not shown:
        return EMPTY
    return format_html('{}<span class="unit">{}</span>', shown, unit) if unit else format_html("{}", shown)


@register.simple_tag(takes_context=True)
def query_with(context: template.Context, **changes: Any) -> str:
    """Return this page's query string with parameters changed; None or "" removes one. Django's `querystring`, for 4.2 too.

    Changing anything but `page` goes back to page 1, because the old page number means nothing in another list.
    """
    query = context["request"].GET.copy()
    if "page" not in changes:
        query.pop("page", None)
    for key, value in changes.items():
        if value is None or value == "":
            query.pop(key, None)
        elif isinstance(value, list | tuple):
            query.setlist(key, [str(one) for one in value])
        else:
            query[key] = str(value)
    return f"?{query.urlencode()}"


@register.inclusion_tag("webshell/partials/supply_bars.html")
def supply_bars(supplies: Iterable[Any] | None) -> dict[str, Any]:
    """Draw the inks of a table's cell in real colours with their figures, and a sign for other supplies that need a hand.

    Each item is a mapping or object with `color`, `kind`, `percent` (0-100 or None), `state` (the words of the Printer-MIB
    levels) and, if known, `description`, `is_receptacle`, `level`, `capacity`, `unit`, `part_number`, `days_left`.
    """
    bars, rest = four_inks(supplies or ())
    return {"bars": bars, "rest": rest}


@register.inclusion_tag("webshell/partials/supply_rows.html")
def supply_rows(supplies: Iterable[Any] | None) -> dict[str, Any]:
    """Draw every supply as a row: name, bar, level in words, amount or days left. Items as for `supply_bars`."""
    return {"rows": [bar_of(supply) for supply in supplies or ()]}


@register.filter
def supplies_value(supplies: Iterable[Any] | None) -> str:
    """Return a text for `data-value` that changes exactly when the drawn bars would."""
    return compared(supplies or ())


@register.simple_tag
def page_window(page: int, last: int) -> list[int | None]:
    """Return the page numbers a pager links, None for a gap."""
    return window(page, last)


@register.simple_tag
def vendored(name: str) -> str:
    """Return the static URL of a vendored file by its short name ("chart.js", "uplot.css"); see face's manifest."""
    return static(face.vendored_path(name))


@register.simple_tag
def face_styles() -> SafeString:
    """Return the links of every style sheet of the house, in order."""
    paths = [face.vendored_path("bootstrap.css"), face.vendored_path("icons.css"), *face.STYLES]
    return format_html_join("\n  ", '<link rel="stylesheet" href="{}">', ((static(path),) for path in paths))


@register.simple_tag
def face_scripts() -> SafeString:
    """Return the scripts of every page: the theme at once, the rest when the page is read."""
    first = format_html('<script src="{}"></script>\n  ', static(face.BOOT_SCRIPT))
    later = [face.vendored_path("bootstrap.js"), *face.SCRIPTS]
    return first + format_html_join("\n  ", '<script src="{}" defer></script>', ((static(path),) for path in later))


@register.simple_tag
def shell_value(name: str) -> str:
    """Return one value of the setting WEBSHELL, for pages drawn without a context processor; "" when it is not set."""
    return str(getattr(settings, "WEBSHELL", {}).get(name, ""))


@register.inclusion_tag("webshell/partials/languages.html", takes_context=True)
def language_switch(context: template.Context, look: str = "menu") -> dict[str, Any]:
    """Draw the choice of language where a project has more than one and routes Django's `set_language` by that name.

    `look` is "menu" for the user's menu and "line" for pages that stand alone. The language is kept in a cookie for a year.
    """
    codes = [code for code, _name in settings.LANGUAGES]
    url = url_of("set_language") if len(codes) > 1 else ""
    languages = [{"code": code, "name": get_language_info(code)["name_local"]} for code in codes] if url else []
    request = context.get("request")
    back = request.get_full_path() if request is not None and request.method == "GET" else ""
    return {
        "languages": languages,
        "current": get_language(),
        "url": url,
        "look": look,
        "back": back,
        "csrf_token": context.get("csrf_token"),
    }


@register.simple_tag
def words_json() -> SafeString:
    """Return the words of face's scripts as a JSON element."""
    return json_script(words(), "face-words")


@register.simple_tag
def undo_url(message: Message) -> str:
    """Return the URL a message offers for undoing (`extra_tags="undo:/path/"`), or ""; only a local path counts."""
    tags = str(message.extra_tags or "").split()
    found = next((tag.removeprefix("undo:") for tag in tags if tag.startswith("undo:")), "")
    return found if found.startswith("/") and not found.startswith("//") else ""


@register.simple_tag
def form_control(field: BoundField) -> SafeString:
    """Return a field's widget with Bootstrap's class, its error state, and help and errors wired for screen readers."""
    css = {"checkbox": "form-check-input", "select": "form-select"}.get(
        getattr(field.field.widget, "input_type", ""), "form-control"
    )
    own = field.field.widget.attrs.get("class", "")
    attributes: dict[str, Any] = {"class": " ".join(filter(None, [own, css, "is-invalid" if field.errors else ""]))}
    parts = (("help", field.help_text), ("errors", field.errors))
    described = [f"{field.auto_id}_{part}" for part, there in parts if there]
    if described:
        attributes["aria-describedby"] = " ".join(described)
    if field.errors:
        attributes["aria-invalid"] = "true"
    return field.as_widget(attrs=attributes)


@register.filter
def is_checkbox(field: BoundField) -> bool:
    """Tell whether the label stands after the control."""
    return getattr(field.field.widget, "input_type", "") == "checkbox"
