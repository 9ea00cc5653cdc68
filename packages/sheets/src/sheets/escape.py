"""Text that a spreadsheet program would run as a formula, made harmless and brought back.

In `.xlsx` a text is stored as a text and never runs. A CSV cell has no type: Excel, LibreOffice and Google Sheets run
what starts with `=`, `+`, `-`, `@`, a tab or a carriage return (OWASP, "CSV Injection"), and some locales also take the
full-width forms. Such a text gets an apostrophe in front. So does a text that starts with apostrophes followed by such
a sign, so that taking one apostrophe away always gives the first text back: `unescape_csv(escape_csv(x)) == x` for
every x. A text such as `'twas` is never touched.
"""

from __future__ import annotations

import re
from typing import Final

_SIGNS: Final = r"=+\-@\t\r\n＝＋－＠"
_RUNS: Final = re.compile(rf"'*[ \u00a0]*[{_SIGNS}]")
_ESCAPED: Final = re.compile(rf"'+[ \u00a0]*[{_SIGNS}]")


def starts_formula(text: str) -> bool:
    """Say whether a program could run the text as a formula once its apostrophes and blanks are gone."""
    return _RUNS.match(text) is not None


def escape_csv(text: str) -> str:
    """Return the text as it is written into a CSV cell."""
    return f"'{text}" if _RUNS.match(text) else text


def unescape_csv(text: str) -> str:
    """Return the text that `escape_csv` was given."""
    return text[1:] if text[:1] == "'" and _ESCAPED.match(text) else text
