"""Reads, merges, judges and compiles the catalogs."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from babel.messages.catalog import Catalog, Message
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from translation.sources import LANGUAGES, Domain, template_of

HEADER: Final = """\
# {language} of {name}.
# Written by `tools/messages.py update`, which keeps the translations and adds what is new; edit the msgstr lines.
"""
_PLACEHOLDER: Final = re.compile(r"%\(\w+\)[a-z]|%[sd]|\{\w*\}|<[^<>]+>")


def read(root: Path, domain: Domain, language: str) -> Catalog:
    """Return a catalog as it stands on disk; an empty one when there is none yet."""
    path = domain.catalog(root, language)
    if not path.exists():
        return Catalog(locale=language, project=domain.name)
    with path.open("rb") as file:
        return read_po(file, locale=language, ignore_obsolete=True)


def update(root: Path, domain: Domain, language: str) -> Catalog:
    """Write what the source says today into the catalog: new texts come without translation, gone ones go."""
    catalog = read(root, domain, language)
    known = {(message.id, message.context): message for message in catalog if message.id}
    fresh = Catalog(locale=language, project=domain.name, charset="utf-8", header_comment=HEADER)
    fresh.header_comment = HEADER.format(language=LANGUAGES[language], name=domain.name).rstrip()
    for message in template_of(root, domain):
        if message.id:
            old = known.get((message.id, message.context))
            fresh.add(
                message.id,
                old.string if old else None,
                message.locations,
                message.flags - {"fuzzy"},
                message.auto_comments,
                old.user_comments if old else (),
                context=message.context,
            )
    path = domain.catalog(root, language)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(as_po(fresh))
    return fresh


def as_po(catalog: Catalog) -> bytes:
    """Return the text of a catalog: files without lines and no dates, so that it changes only when a text does."""
    buffer = io.BytesIO()
    write_po(buffer, catalog, width=120, include_lineno=False, omit_header=False, sort_by_file=False)
    dated = re.compile(
        rb'^"(?:POT-Creation-Date|PO-Revision-Date|Generated-By|Last-Translator|Language-Team):.*\n', re.MULTILINE
    )
    return dated.sub(b"", buffer.getvalue())


def as_mo(catalog: Catalog) -> bytes:
    """Return the compiled catalog; texts without a translation are left to the language they were written in."""
    # Babel writes the moment into the header; the same text must give the same file.
    catalog.creation_date = catalog.revision_date = datetime(2026, 1, 1, tzinfo=UTC)
    buffer = io.BytesIO()
    write_mo(buffer, catalog)
    return buffer.getvalue()


def compile_catalog(root: Path, domain: Domain, language: str) -> None:
    """Write the `.mo` beside the `.po`."""
    domain.catalog(root, language, ".mo").write_bytes(as_mo(read(root, domain, language)))


def untranslated(catalog: Catalog) -> Iterator[Message]:
    """Yield what has no translation, or not all the plural forms its language has."""
    for message in catalog:
        if message.id and not _complete(message, catalog.num_plurals):
            yield message


def mistakes(catalog: Catalog) -> Iterator[tuple[Message, str]]:
    """Yield translations whose placeholders or tags are not those of the text: they would fail, or show a name."""
    for message in catalog:
        if not message.id or not _complete(message, catalog.num_plurals):
            continue
        texts, strings = _forms(message.id), _forms(message.string)
        wanted = set(_PLACEHOLDER.findall(texts[-1]))
        allowed = wanted | set(_PLACEHOLDER.findall(texts[0]))
        for string in strings:
            has = set(_PLACEHOLDER.findall(string))
            if has - allowed or (len(texts) == 1 and has != wanted):
                yield message, f"has {sorted(has)} where the text has {sorted(wanted)}"


def _forms(text: Any) -> list[str]:
    return [str(one) for one in text] if isinstance(text, tuple | list) else [str(text)]


def _complete(message: Message, plurals: int) -> bool:
    if isinstance(message.id, tuple | list):
        return isinstance(message.string, tuple | list) and len(message.string) == plurals and all(message.string)
    return bool(message.string)
