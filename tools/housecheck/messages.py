"""Translations that hold: placeholders kept, compiled as written, and no text in a template that cannot be translated."""

from __future__ import annotations

from pathlib import Path

from housecheck.outcome import Outcome
from translation import judging
from translation.sources import DOMAINS


def check_messages(root: Path) -> Outcome:
    """Refuse what would be wrong on a page, and what lacks its German; only tell what lacks its Russian.

    So a new text can land before its translation; `tools/messages.py check` refuses that too.
    """
    if not any((root / domain.source).exists() for domain in DOMAINS):
        return Outcome()
    wrong = [*judging.problems(root), *judging.hard_coded(root), *judging.missing(root, complete=True)]
    return Outcome(wrong, list(judging.missing(root, complete=False)))
