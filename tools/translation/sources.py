"""Finds the texts a source file hands to gettext: Python, Django's templates and Jinja2's, by Babel and Django's own reader."""

from __future__ import annotations

import ast
import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from babel.messages.catalog import Catalog
from babel.messages.extract import extract
from django.conf import settings
from django.utils.translation.template import templatize

from housecheck.outcome import is_test, own_files

KEYWORDS: Final[dict[str, Any]] = {
    "_": None,
    "gettext": None,
    "gettext_lazy": None,
    "gettext_noop": None,
    "phrase": None,
    "ngettext_noop": (1, 2),
    "ngettext": (1, 2),
    "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
}
PLACES: Final = 3


@dataclass(frozen=True, slots=True)
class Domain:
    """One catalog: its name, the folder whose texts it holds, and the folder its `locale` stands in, from the root."""

    name: str
    source: str
    home: str
    languages: tuple[str, ...] = ("ru",)
    file: str = "django"
    jinja: bool = False
    """Whether its templates are Jinja2's; else they are Django's, except below a folder `jinja2`."""
    complete: bool = False
    """Whether a text without translation is refused, and not only told."""

    def catalog(self, root: Path, language: str, suffix: str = ".po") -> Path:
        """Return the path of the catalog of a language."""
        return root / self.home / "locale" / language / "LC_MESSAGES" / f"{self.file}{suffix}"


# What is shared or published carries its own words, so that they go where it goes.
DOMAINS: Final = (
    Domain("webshell", "packages/webshell/src/webshell", "packages/webshell/src/webshell"),
    Domain("eztaskmanager", "eztaskmanager/eztaskmanager", "eztaskmanager/eztaskmanager"),
    Domain("printer-inventory", "printer-inventory", "printer-inventory"),
    Domain("soleflip", "soleflip", "soleflip", ("de",), "messages", jinja=True, complete=True),
)
LANGUAGES: Final = {"ru": "Russian", "de": "German"}


def template_of(root: Path, domain: Domain) -> Catalog:
    """Return every text below a domain's folder with the files it stands in, tests left out, in the order of files."""
    catalog = Catalog(project=domain.name, charset="utf-8")
    for path in own_files(root / domain.source, ".py", ".html", ".txt"):
        if is_test(root / domain.source, path):
            continue
        place = str(path.relative_to(root / domain.source))
        for message, comments, context in found_in(path, jinja=domain.jinja):
            known = catalog.get(message, context) if isinstance(message, str) else catalog.get(message[0], context)
            if known and len(known.locations) >= PLACES:
                continue
            flags = ["python-format"] if "%(" in str(message) else []
            catalog.add(message, None, [(place, 0)], flags=flags, auto_comments=comments, context=context)
    return catalog


def found_in(path: Path, *, jinja: bool = False) -> Iterator[tuple[Any, list[str], str | None]]:
    """Yield (text or (singular, plural), comments, context) of one file."""
    source = path.read_text(encoding="utf-8")
    if path.suffix == ".py":
        yield from _from_python(source)
    elif jinja or "jinja2" in path.parts:
        for _line, message, comments, context in extract("jinja2.ext:babel_extract", io.BytesIO(source.encode())):
            yield message, comments, context
    else:
        yield from _from_python(_as_python(source))
    if path.name == "words.py" and "database" in path.parts:
        yield from ((text, [], None) for text in _words_in(source))
    if path.suffix == ".py" and "models" in path.parts and not jinja:
        yield from ((text, [], None) for text in _names_in(source))


def _names_in(source: str) -> Iterator[str]:
    """Yield what `webshell.labels` translates of models: plain names and help texts, and the names Django makes up."""
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.keyword(arg="help_text" | "verbose_name", value=ast.Constant(value=str(text))) if text:
                yield text
            case ast.ClassDef(name="Meta", body=body):
                yield from (text for line in body if (text := _meta_name(line)))
            case ast.ClassDef(body=body):
                yield from (name for line in body if (name := _made_up(line)))


def _words_in(source: str) -> Iterator[str]:
    """Yield the words of enumerations as pages say them: `in_stock` is "in stock"."""
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.ClassDef(bases=[ast.Name(id="StrEnum")], body=body):
                for line in body:
                    match line:
                        case ast.Assign(value=ast.Constant(value=str(text))):
                            yield text.replace("_", " ")


def _meta_name(line: ast.stmt) -> str:
    match line:
        case ast.Assign(
            targets=[ast.Name(id="verbose_name" | "verbose_name_plural")], value=ast.Constant(value=str(text))
        ):
            return text
    return ""


def _made_up(line: ast.stmt) -> str:
    """Return the name of a field that gives none: `last_seen` is "last seen"."""
    match line:
        case ast.Assign(targets=[ast.Name(id=name)], value=ast.Call(func=func) as call):
            kind = func.attr if isinstance(func, ast.Attribute) else getattr(func, "id", "")
        case _:
            return ""
    relation = kind.endswith("Key") or kind.startswith(("OneToOne", "ManyToMany"))
    named = any(word.arg == "verbose_name" for word in call.keywords)
    # A relation's first argument is the other model; every other field's is its name.
    named = named or (not relation and bool(call.args) and isinstance(call.args[0], ast.Call | ast.Constant))
    return "" if named or not kind.endswith(("Field", "Key")) else name.replace("_", " ")


def _from_python(source: str) -> Iterator[tuple[Any, list[str], str | None]]:
    found = extract("python", io.BytesIO(source.encode()), KEYWORDS, ("Translators:",), {"encoding": "utf-8"})
    for _line, message, comments, context in found:
        yield message, comments, context


def _as_python(source: str) -> str:
    """Return a Django template as the calls of gettext it makes; indentation would be Python's, so it goes."""
    if not settings.configured:
        settings.configure(USE_I18N=False)
    return "\n".join(line.strip() for line in templatize(source).splitlines())
