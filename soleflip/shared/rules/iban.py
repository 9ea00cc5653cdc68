"""Account numbers (IBAN, ISO 13616): read, checked by their check digits, shown without their middle."""

from __future__ import annotations

import re

FORM = re.compile(r"[A-Z]{2}[0-9]{2}[A-Z0-9]+")
SHORTEST, LONGEST = 15, 34
LENGTHS = {"DE": 22, "AT": 20, "CH": 21, "NL": 18, "FR": 27, "IT": 27, "ES": 24, "BE": 16, "PL": 28, "LU": 20}
"""Lengths of the countries met most (SWIFT's IBAN registry); others are held to their check digits alone."""


def parse(text: str) -> str:
    """Return an IBAN without blanks, in capitals; raises ValueError saying what is wrong.

    The check digits are right when the number, its first four places put last and letters read as 10 to 35, is 1 modulo 97.
    """
    found = re.sub(r"\s", "", text).upper()
    if not found.isascii() or not FORM.fullmatch(found):
        raise ValueError("An IBAN begins with a country and two digits, such as DE89 3704 0044 0532 0130 00")
    wanted = LENGTHS.get(found[:2])
    if wanted and len(found) != wanted:
        raise ValueError(f"An IBAN of {found[:2]} has {wanted} places; this one has {len(found)}")
    if not SHORTEST <= len(found) <= LONGEST:
        raise ValueError(f"An IBAN has {SHORTEST} to {LONGEST} places; this one has {len(found)}")
    if int("".join(str(int(sign, 36)) for sign in found[4:] + found[:4])) % 97 != 1:
        raise ValueError("The check digits of this IBAN are wrong; look for a typing error")
    return found


def masked(iban: str) -> str:
    """Return an IBAN as lists show it: country and check digits, then its last four places."""
    return f"{iban[:4]} •••• {iban[-4:]}"


def spaced(iban: str) -> str:
    """Return an IBAN in groups of four, as people read it."""
    return " ".join(iban[start : start + 4] for start in range(0, len(iban), 4))
