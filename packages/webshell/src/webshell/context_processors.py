"""The frame's data: `shell` in every template, from the setting WEBSHELL (described in `docs/interface.md`)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.functional import SimpleLazyObject
from django.utils.module_loading import import_string

Entry = dict[str, Any]
URLS = ("home", "search_url", "jobs_url", "palette_url")


def webshell(request: HttpRequest) -> dict[str, Any]:
    """Return `shell`, computed only when a template asks for it (a JSON answer never pays for permissions)."""
    return {"shell": SimpleLazyObject(lambda: build(request))}


def build(request: HttpRequest) -> dict[str, Any]:
    """Return the frame's data for this visitor: title, accent, sections with the active one marked, URLs, palette."""
    config: dict[str, Any] = getattr(settings, "WEBSHELL", {})
    sections = entries(request, config.get("sections", ()))
    mark_active(request, sections)
    extra = entries(request, config.get("palette", ()))
    urls = {name: url_of(config.get(name, "")) for name in URLS}
    return {
        **urls,
        "title": config.get("title", ""),
        "icon": config.get("icon", "boxes"),
        "accent": config.get("accent", "printers"),
        "version": config.get("version", ""),
        "sections": sections,
        "many_languages": len(settings.LANGUAGES) > 1 and bool(url_of("set_language")),
        "login_url": url_of(config.get("login_url", "login")),
        "logout_url": url_of(config.get("logout_url", "logout")),
        "home_url": urls["home"] or "/",
        "palette": [
            {
                "label": str(one["label"]),
                "url": one["url"],
                "icon": one.get("icon", ""),
                "hint": str(one.get("hint", "")),
            }
            for one in extra
        ],
        "csrf": {
            "cookie": settings.CSRF_COOKIE_NAME,
            "header": settings.CSRF_HEADER_NAME.removeprefix("HTTP_").replace("_", "-"),
        },
    }


def url_of(name: Any) -> str:
    """Return the URL of a route's name, a path as it is, and "" for what this project does not route."""
    text = str(name)
    if not text or text.startswith("/"):
        return text
    try:
        return reverse(text)
    except NoReverseMatch:
        return ""


def entries(request: HttpRequest, configured: Iterable[Mapping[str, Any]]) -> list[Entry]:
    """Return the entries this visitor may open, each with its `url`; one whose route is missing is left out."""
    shown = [
        {**one, "url": url_of(one.get("url_name", "")), "active": False} for one in configured if allowed(request, one)
    ]
    return [{**one, "badge": count_of(one)} for one in shown if one["url"]]


def count_of(entry: Mapping[str, Any]) -> int:
    """Return what waits in a section: what the function that `badge` names by its dotted path counts; 0 without one."""
    path = entry.get("badge")
    return int(import_string(path)()) if path else 0


def allowed(request: HttpRequest, entry: Mapping[str, Any]) -> bool:
    """Tell whether the visitor may see an entry: `staff` wants staff, `permission` that permission, neither wants nothing."""
    user = getattr(request, "user", None)
    if entry.get("staff"):
        return bool(user and user.is_staff)
    if permission := entry.get("permission"):
        return bool(user and user.has_perm(permission))
    return True


def mark_active(request: HttpRequest, sections: list[Entry]) -> None:
    """Mark the section this page belongs to.

    `match` is "app_name:" (any page of that application, under whatever namespace) or a path prefix; without it the section's own
    URL is the prefix. The longest match wins, and "/" matches only itself.
    """
    resolved = request.resolver_match
    names = {f"{name}:" for name in (*resolved.app_names, *resolved.namespaces)} if resolved else set()
    best, length = None, 0
    for section in sections:
        match = str(section.get("match") or section["url"])
        fits = (
            match in names
            if match.endswith(":")
            else request.path == match or (match != "/" and request.path.startswith(match))
        )
        if fits and len(match) > length:
            best, length = section, len(match)
    if best is not None:
        best["active"] = True
