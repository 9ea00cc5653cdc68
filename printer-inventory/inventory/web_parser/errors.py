"""What is wrong with a rule, or with what it found, as a sentence for the person who writes it."""

from __future__ import annotations


class RuleError(ValueError):
    """The rule cannot be used as it is written; nothing was run."""


class ReadError(Exception):
    """The rule is sound, but this page does not give what it asks for."""
