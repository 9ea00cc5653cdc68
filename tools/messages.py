"""Keep the translations: every text in the source has its Russian (SoleFlip: its German), and is found compiled.

    tools/messages.py update      read the source, bring the .po files up to date, compile them
    tools/messages.py compile     only compile, after editing a .po
    tools/messages.py check       fail when a text lacks its translation, a placeholder is lost, a .mo is old, or a template
                                  says something that cannot be translated
    tools/messages.py missing     print the texts without translation as JSON, ready to be filled in
    tools/messages.py fill FILE   take translations from such a JSON file ("-" is standard input), then compile

Needs nothing beyond the locked environment: no gettext programs.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from translation import catalogs, judging
from translation.sources import DOMAINS, Domain

ROOT = Path(__file__).resolve().parent.parent


def main(arguments: list[str] | None = None) -> int:
    """Read the command line; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("action", choices=("update", "compile", "check", "missing", "fill"))
    parser.add_argument("file", nargs="?", help="the JSON file for `fill`")
    options = parser.parse_args(arguments)
    match options.action:
        case "check":
            found = [*judging.problems(ROOT), *judging.missing(ROOT), *judging.hard_coded(ROOT)]
            print("\n".join(found) or "messages: everything is translated")
            return 1 if found else 0
        case "missing":
            print(json.dumps(_missing(), ensure_ascii=False, indent=0))
            return 0
        case "fill":
            text = sys.stdin.read() if options.file == "-" else Path(options.file).read_text(encoding="utf-8")
            _fill(json.loads(text))
    for domain, language in _catalogs():
        if options.action == "update":
            catalogs.update(ROOT, domain, language)
        catalogs.compile_catalog(ROOT, domain, language)
        total = catalogs.read(ROOT, domain, language)
        print(
            f"messages: {domain.name} {language}: {len(total)} texts, {len(list(catalogs.untranslated(total)))} missing"
        )
    return 0


def _catalogs() -> Iterator[tuple[Domain, str]]:
    return ((domain, language) for domain in DOMAINS for language in domain.languages)


def _missing() -> dict[str, dict[str, Any]]:
    """Return by domain: text to "", or for plurals the list of forms to fill; a context stands before `|||`."""
    found: dict[str, dict[str, Any]] = {}
    for domain, language in _catalogs():
        catalog = catalogs.update(ROOT, domain, language)
        for message in catalogs.untranslated(catalog):
            plural = isinstance(message.id, tuple | list)
            found.setdefault(domain.name, {})[_key(message)] = [""] * catalog.num_plurals if plural else ""
    return found


def _fill(given: dict[str, dict[str, Any]]) -> None:
    for domain, language in _catalogs():
        catalog = catalogs.read(ROOT, domain, language)
        texts = given.get(domain.name, {})
        unknown = texts.keys() - {_key(message) for message in catalog}
        for message in catalog:
            if message.id and (string := texts.get(_key(message))):
                message.string = tuple(string) if isinstance(string, list) else string
        domain.catalog(ROOT, language).write_bytes(catalogs.as_po(catalog))
        for key in sorted(unknown):
            print(f"messages: {domain.name} has no text {key!r}", file=sys.stderr)


def _key(message: Any) -> str:
    text = message.id[0] if isinstance(message.id, tuple | list) else message.id
    return f"{message.context}|||{text}" if message.context else str(text)


if __name__ == "__main__":
    sys.exit(main())
