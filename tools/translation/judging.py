"""What is wrong with the translations, one line each."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from translation import catalogs
from translation.sources import DOMAINS, template_of
from translation.untranslatable import texts_in

ADVICE = "tools/messages.py"


def problems(root: Path) -> Iterator[str]:
    """Yield translations that would fail or lie, and compiled catalogs that are not what their text says."""
    for domain in DOMAINS:
        for language in domain.languages:
            path = domain.catalog(root, language)
            catalog = catalogs.read(root, domain, language)
            for message, reason in catalogs.mistakes(catalog):
                yield f"{path.relative_to(root)}: {message.id!r} {reason}"
            compiled = domain.catalog(root, language, ".mo")
            if not compiled.exists() or compiled.read_bytes() != catalogs.as_mo(catalog):
                yield f"{compiled.relative_to(root)}: is not what the .po says; run `{ADVICE} compile`"


def missing(root: Path, *, complete: bool | None = None) -> Iterator[str]:
    """Yield the texts of the source that have no translation yet; only of domains where that is refused, or is not."""
    for domain in DOMAINS:
        if complete not in (None, domain.complete):
            continue
        template = template_of(root, domain)
        for language in domain.languages:
            catalog = catalogs.read(root, domain, language)
            lacking = {(message.id, message.context) for message in catalogs.untranslated(catalog)}
            known = {(message.id, message.context) for message in catalog}
            for message in template:
                key = (message.id, message.context)
                if message.id and (key in lacking or key not in known):
                    place = message.locations[0][0] if message.locations else domain.source
                    yield f"{domain.source}/{place}: no {language} for {message.id!r}; run `{ADVICE} update`, fill it in"


def hard_coded(root: Path) -> Iterator[str]:
    """Yield texts in templates that cannot be translated because they are not marked."""
    for domain in DOMAINS:
        for path, line, text in texts_in(root, domain.source, jinja=domain.jinja):
            mark = '{{ _("...") }} or {% trans %}' if domain.jinja else "{% translate %}"
            yield f"{path.relative_to(root)}:{line}: {text!r} cannot be translated; wrap it in {mark}"
