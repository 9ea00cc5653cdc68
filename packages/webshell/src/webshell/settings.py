"""What a system's settings module takes from here; imports nothing of Django, because settings are still being read."""

from __future__ import annotations

from typing import Any, Final

STRICT: Final[dict[str, tuple[str, ...]]] = {
    "default-src": ("'none'",),
    "script-src": ("'self'",),
    "style-src": ("'self'",),
    "img-src": ("'self'", "data:"),
    "font-src": ("'self'",),
    "connect-src": ("'self'",),
    "manifest-src": ("'self'",),
    "form-action": ("'self'",),
    "frame-ancestors": ("'none'",),
    "base-uri": ("'none'",),
    "object-src": ("'none'",),
}
"""`data:` is for the arrows and ticks in Bootstrap's style sheet; nothing may be inline or evaluated."""


def csp(**more: tuple[str, ...]) -> dict[str, Any]:
    """Return django-csp 4's CONTENT_SECURITY_POLICY: the strict policy with sources added per directive.

    Directives are named with underscores: `csp(img_src=("blob:",))`. A source that would switch the policy off
    ('unsafe-inline', 'unsafe-eval', a lone `*`) raises ValueError. Source: W3C CSP Level 3, section 6.
    """
    directives = {name: list(sources) for name, sources in STRICT.items()}
    for key, sources in more.items():
        if bad := [source for source in sources if source == "*" or source.startswith("'unsafe-")]:
            raise ValueError(f"{bad[0]} in {key} would undo the content security policy")
        known = directives.setdefault(key.replace("_", "-"), [])
        known[:] = [source for source in known if source != "'none'"] + list(sources)
    return {"DIRECTIVES": directives}
