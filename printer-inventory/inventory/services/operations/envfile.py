"""One setting of a `.env` file, read and changed without touching anything else in it."""

from __future__ import annotations

import os
import re
import tempfile
from contextlib import suppress
from pathlib import Path

LIMIT = 1024 * 1024
"""Bytes; a `.env` is a page of text, and anything larger is some other file."""

TRUE = frozenset({"true", "on", "ok", "y", "yes", "1"})
"""What django-environ reads as true (`Env.BOOLEAN_TRUE_STRINGS`)."""


def read(path: Path) -> str:
    """Return the file's text, "" when there is none; raise ValueError for what is no text file of a sensible size."""
    try:
        with path.open("rb") as file:
            data = file.read(LIMIT + 1)
    except FileNotFoundError:
        return ""
    if len(data) > LIMIT:
        raise ValueError(f"{path} is larger than a settings file ever is.")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise ValueError(f"{path} is not UTF-8 text (byte {error.start}).") from None


def value_of(text: str, name: str) -> str | None:
    """Return a setting's value without quotes, None where it is not set; as django-environ reads it: the last line wins,
    there is no space around the equals sign, and a remark behind the value is part of it.
    """
    values = [found["value"] for found in _line_of(name).finditer(text)]
    if not values:
        return None
    value = str(values[-1])
    quoted = len(value) > 1 and value[0] == value[-1] and value[0] in "'\""
    return value[1:-1] if quoted else value


def is_true(value: str) -> bool:
    """Whether the settings read this value as true."""
    return value.strip().lower() in TRUE


def with_value(text: str, name: str, value: str) -> str:
    """Return the text with the setting changed wherever it stands, or added as its last line; all else stays as it is."""
    line = _line_of(name)
    if line.search(text):
        return line.sub(lambda found: f"{found['head']}{value}", text)
    end = "\r\n" if "\r\n" in text else "\n"
    gap = end if text and not text.endswith("\n") else ""
    return f"{text}{gap}{name}={value}{end}"


def write(path: Path, text: str) -> None:
    """Replace the file in one step, keeping its mode and owner; a new one is for its owner alone (0600).

    A symbolic link stays one: what it points to is replaced. Raises OSError where the folder cannot be written.
    """
    target = Path(os.path.realpath(path))
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=f"{target.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(text.encode())
            file.flush()
            os.fsync(file.fileno())
        with suppress(FileNotFoundError):
            before = target.stat()
            os.chown(name, before.st_uid, before.st_gid)
            Path(name).chmod(before.st_mode & 0o7777)
        Path(name).replace(target)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _line_of(name: str) -> re.Pattern[str]:
    """Match the lines that django-environ takes for settings of `name`; `head` is all before the value."""
    head = rf"^(?P<head>(?:export )?{re.escape(name)}=)"
    # our own pattern: only the setting's name, escaped, comes from outside
    return re.compile(head + r"(?P<value>[^\r\n]*)", re.MULTILINE)
