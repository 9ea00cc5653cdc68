"""Strings of printers: in the panel's character set, cut, padded, NUL-terminated, or hostile. Decoding never fails."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

MAX_LENGTH: Final = 512
"""Characters kept of one string; the longest honest ones (IEEE 1284 ids, sysDescr) are shorter."""

_CODECS: Final = {
    3: "ascii", 4: "latin-1", 5: "iso8859-2", 6: "iso8859-3", 7: "iso8859-4", 8: "iso8859-5", 9: "iso8859-6",
    10: "iso8859-7", 11: "iso8859-8", 12: "iso8859-9", 13: "iso8859-10", 17: "shift_jis", 18: "euc-jp", 38: "euc-kr",
    39: "iso2022-jp", 106: "utf-8", 109: "iso8859-13", 110: "iso8859-14", 111: "iso8859-15", 112: "iso8859-16",
    113: "gbk", 114: "gb18030", 1000: "utf-16-be", 1013: "utf-16-be", 1014: "utf-16-le", 1015: "utf-16",
    2004: "hp-roman8", 2009: "cp850", 2010: "cp852", 2011: "cp437", 2024: "cp932", 2025: "gb2312", 2026: "big5",
    2027: "mac-roman", 2046: "cp855", 2084: "koi8-r", 2086: "cp866", 2088: "koi8-u", 2101: "big5hkscs", 2109: "cp874",
    2250: "cp1250", 2251: "cp1251", 2252: "cp1252", 2253: "cp1253", 2254: "cp1254", 2255: "cp1255", 2256: "cp1256",
    2257: "cp1257", 2258: "cp1258", 2259: "tis-620",
}  # fmt: skip
"""prtLocalizationCharacterSet (IANA MIBenum) to Python's codec."""

_SHORT: Final = 128
"""Octets of the strings that are remembered."""

_MULTIBYTE: Final = frozenset({17, 18, 38, 39, 113, 114, 1000, 1013, 1014, 1015, 2024, 2025, 2026, 2101})
_UTF_16: Final = frozenset({1000, 1013, 1014, 1015})
_CYRILLIC_SHARE: Final = 0.6
_UNPRINTABLE: Final = re.compile(
    "[\x00-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202f\u2060-\u206f\ud800-\udfff\ufeff\ufff0-\uffff]+"
)
_SPACES: Final = re.compile(r"\s{2,}")


def clean(text: str) -> str:
    """Return `text` on one line: control, format and direction characters become a space, ends trimmed, length limited."""
    if not text.isprintable():
        text = _UNPRINTABLE.sub(" ", text)
    if "  " in text:
        text = _SPACES.sub(" ", text)
    return text.strip()[:MAX_LENGTH]


def decode_text(octets: bytes, charset: int | None = None) -> str:
    """Return `octets` as text by `charset` (an IANA MIBenum), else UTF-8, else the more likely of Windows-1251 and Latin-1.

    A printer that names a one-octet set but sends valid UTF-8 is taken to send UTF-8: text of those sets is hardly ever
    valid UTF-8 by chance, while several printers leave the set at its factory value. The strings of a fleet repeat: short ones
    are remembered.
    """
    return _remembered(octets, charset) if len(octets) <= _SHORT else _decode(octets, charset)


@lru_cache(maxsize=16384)
def _remembered(octets: bytes, charset: int | None) -> str:
    return _decode(octets, charset)


def _decode(octets: bytes, charset: int | None) -> str:
    if charset not in _UTF_16:
        octets = octets.split(b"\x00", 1)[0] if not octets.startswith(b"\x00") else octets.replace(b"\x00", b"")
    if octets.isascii() and charset not in _UTF_16 and charset != 39:
        return clean(octets.decode("ascii"))
    tries = [_CODECS[charset]] if charset in _CODECS else []
    if charset in _MULTIBYTE:
        tries.append("utf-8")
    else:
        tries.insert(0, "utf-8")
    for codec in tries:
        try:
            return clean(octets.decode(codec))
        except UnicodeDecodeError:
            continue
    return clean(octets.decode(_guess(octets), "replace"))


def _guess(octets: bytes) -> str:
    """Most octets of a Russian string in Windows-1251 are letters from 0xC0 on; Western text has only a few such."""
    letters = [octet for octet in octets if octet >= 0x80 or chr(octet).isalpha()]
    high = sum(octet >= 0xC0 for octet in letters)
    return "cp1251" if letters and high / len(letters) > _CYRILLIC_SHARE else "latin-1"
