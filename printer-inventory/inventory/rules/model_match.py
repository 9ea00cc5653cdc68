"""Which model of the catalogue a spreadsheet means: exactly, without blanks, by a part of its words, or by a part of ours."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal

Step = Literal["exact", "no-space", "contained", "contains", "ambiguous", "none"]

SHORTEST_PART: Final = 4
"""Characters a part must have to count as a name: "20" is in too many models to mean one."""

_DROPPED: Final = re.compile(r"[\W_]+")


@dataclass(frozen=True, slots=True)
class CatalogueModel:
    """A model of the catalogue with its manufacturer's name."""

    pk: int
    manufacturer: str
    name: str


@dataclass(frozen=True, slots=True)
class ModelMatch:
    """The model found (None when there is none, or several fit) and by which step."""

    model: CatalogueModel | None
    step: Step


def compact(text: str) -> str:
    """Return letters and digits alone, in lower case."""
    return _DROPPED.sub("", unicodedata.normalize("NFKC", text).casefold())


@dataclass(slots=True)
class Catalogue:
    """Models to be found by what people call them; answers are remembered, because the rows of a file repeat."""

    models: Sequence[CatalogueModel]
    _by_maker: dict[str, list[tuple[str, CatalogueModel]]] = field(default_factory=dict)
    _known: dict[tuple[str, str], ModelMatch] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Index the models by their makers."""
        for model in self.models:
            self._by_maker.setdefault(compact(model.manufacturer), []).append((compact(model.name), model))

    def find(self, manufacturer: str, name: str) -> ModelMatch:
        """Return the model of a manufacturer (any manufacturer where none is named) that `name` means."""
        key = (compact(manufacturer), name.strip().casefold())
        if key not in self._known:
            self._known[key] = self._find(key[0], name.strip())
        return self._known[key]

    def _find(self, maker: str, name: str) -> ModelMatch:
        groups = [self._by_maker.get(maker, [])] if maker else self._by_maker.values()
        candidates = [one for group in groups for one in group]
        short = compact(name)
        if not short:
            return ModelMatch(None, "none")
        exact = [model for _, model in candidates if model.name.casefold() == name.casefold()]
        if exact:
            return _single(exact, "exact")
        same = [model for known, model in candidates if known == short]
        if same:
            return _single(same, "no-space")
        inside = [(known, model) for known, model in candidates if len(known) >= SHORTEST_PART and known in short]
        if inside:
            longest = max(len(known) for known, _ in inside)
            return _single([model for known, model in inside if len(known) == longest], "contained")
        around = [model for known, model in candidates if len(short) >= SHORTEST_PART and short in known]
        return _single(around, "contains") if around else ModelMatch(None, "none")


def _single(models: Iterable[CatalogueModel], step: Step) -> ModelMatch:
    found = list(models)
    return ModelMatch(found[0], step) if len(found) == 1 else ModelMatch(None, "ambiguous")
