"""Private keys and secrets in files that git holds or would add."""

from __future__ import annotations

import math
import re
from collections import Counter
from pathlib import Path

from housecheck.outcome import Outcome, files, is_test

MAX_BYTES = 1024 * 1024
MIN_LENGTH, MIN_ENTROPY = 16, 3.3  # bits per character; English words lie below 3

_PRIVATE_KEY = re.compile(r"-----BEGIN (?:[A-Z0-9]+ ){0,3}PRIVATE KEY(?: BLOCK)?-----|PuTTY-User-Key-File-[0-9]:")
_KNOWN = (
    ("an AWS access key", re.compile(r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b")),
    ("a GitHub token", re.compile(r"\b(?:gh[pousr]_[A-Za-z0-9]{36,}|github_pat_[A-Za-z0-9_]{50,})\b")),
    ("a GitLab token", re.compile(r"\bglpat-[A-Za-z0-9_-]{20,}")),
    ("a Slack token", re.compile(r"\bxox[abeoprs]-[0-9A-Za-z-]{20,}")),
    ("a Slack webhook", re.compile(r"hooks\.slack\.com/services/T[A-Z0-9]{6,}/B[A-Z0-9]{6,}/[A-Za-z0-9]{16,}")),
    ("a Stripe key", re.compile(r"\b[rs]k_live_[0-9A-Za-z]{20,}")),
    ("a Google API key", re.compile(r"\bAIza[0-9A-Za-z_-]{35}\b")),
    ("a signed token", re.compile(r"\beyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{20,}")),
)
_ASSIGNMENT = re.compile(
    r"(?i)(?P<name>[a-z0-9_.-]*(?:passw(?:or)?d|passphrase|secret|token|api_?key|credential)[a-z0-9_]*)[\"']?\s*[:=]{1,2}\s*"
    r"(?:[rbuf]{0,2}[\"'](?P<quoted>[^\"'\s]{16,})[\"']|(?P<plain>[A-Za-z0-9+/_=.-]{16,})\s*$)",
    re.MULTILINE,
)


def check_private_keys(root: Path) -> Outcome:
    """Refuse private keys anywhere, tests included: those make their own."""
    outcome = Outcome()
    for path, text in _texts(root):
        for found in _PRIVATE_KEY.finditer(text):
            outcome.problem(
                root, path, _line(text, found.start()), "a private key; remove it, and replace the key pair"
            )
    return outcome


def check_secrets(root: Path) -> Outcome:
    """Refuse tokens of known shape, and random-looking values given to a name such as `password` outside tests."""
    outcome = Outcome()
    for path, text in _texts(root):
        for what, pattern in _KNOWN:
            for found in pattern.finditer(text):
                outcome.problem(root, path, _line(text, found.start()), f"{what}; remove it, and revoke it")
        if is_test(root, path) or path.name == ".env.example" or path.parent.name == "locks":
            continue
        for found in _ASSIGNMENT.finditer(text):
            if _looks_random(found["quoted"] or found["plain"] or ""):
                line = _line(text, found.start())
                outcome.problem(
                    root, path, line, f"{found['name']} is given a random value; read it from the environment"
                )
    return outcome


def _texts(root: Path) -> list[tuple[Path, str]]:
    found = []
    for path in files(root):
        data = path.read_bytes()[:MAX_BYTES]
        if b"\0" not in data[:8192]:
            found.append((path, data.decode("utf-8", "replace")))
    return found


def _looks_random(value: str) -> bool:
    """Say whether a value mixes letters and digits and repeats little: Shannon entropy per character."""
    if len(value) < MIN_LENGTH or not re.search(r"[0-9]", value) or not re.search(r"[A-Za-z]", value):
        return False
    if re.search(r"[{}()<>$%\[\]\s]", value) or "://" in value:
        return False
    counts = Counter(value)
    entropy = -sum(count / len(value) * math.log2(count / len(value)) for count in counts.values())
    return entropy >= MIN_ENTROPY


def _line(text: str, start: int) -> int:
    return text.count("\n", 0, start) + 1
