"""Sentences stored or raised in English, with their values in them, and recognised where a page says them in another language.

Engines, file readers and judges know no language: a poll's reason or a row's problem is the same for everybody in rows, logs
and the API. `known` takes a sentence apart again. A slot is `%(name)s`; nothing typed by strangers is ever a pattern.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from inventory.rules.sentence_list import SENTENCES

Piece = tuple[str, dict[str, str] | None]
"""A template with what stands in its slots; of a text that is no known sentence, the text and None."""
MOST_SENTENCES: Final = 12
LONGEST: Final = 2000


def _parts(template: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return what stands between a template's slots, and the slots' names."""
    head, *rest = template.split("%(")
    names, literals = [], [head]
    for piece in rest:
        name, _, literal = piece.partition(")s")
        names.append(name)
        literals.append(literal)
    return tuple(literals), tuple(names)


# What says most about itself is tried first.
_SHAPES: Final = sorted(
    ((template, *_parts(template)) for template in SENTENCES), key=lambda one: -sum(map(len, one[1]))
)


def _fits(text: str, literals: Sequence[str], names: Sequence[str]) -> dict[str, str] | None:
    """Return the values of a text that has this shape: each literal is looked for once, from left to right."""
    if not text.startswith(literals[0]) or not text.endswith(literals[-1]):
        return None
    if not names:
        return {} if text == literals[0] else None
    place, values = len(literals[0]), {}
    for name, literal in zip(names[:-1], literals[1:-1], strict=True):
        found = text.find(literal, place + 1)
        if found < 0:
            return None
        values[name], place = text[place:found], found + len(literal)
    end = len(text) - len(literals[-1])
    if end <= place:
        return None
    return values | {names[-1]: text[place:end]}


def _one(text: str) -> Piece | None:
    for template, literals, names in _SHAPES:
        if (values := _fits(text, literals, names)) is not None:
            return template, values
    return None


def known(text: str) -> Iterator[Piece]:
    """Take a text apart into sentences that are known and others, in their order; a space stood between them."""
    if len(text) > LONGEST or text.count(". ") >= MOST_SENTENCES:
        yield text, None
        return
    words = text.split(". ")
    sentences = [f"{one}." for one in words[:-1]] + words[-1:]
    place = 0
    while place < len(sentences):
        for end in range(len(sentences), place, -1):
            if found := _one(" ".join(sentences[place:end])):
                yield found
                place = end
                break
        else:
            yield sentences[place], None
            place += 1
