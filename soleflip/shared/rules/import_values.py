"""Values as marketplaces' files write them: amounts with signs of currency, days in many forms, words for nothing."""

from __future__ import annotations

import re
import uuid
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from functools import lru_cache

NOTHING = frozenset({"", "n/a", "na", "none", "null", "nan", "inf", "-inf", "-"})
LONGEST_NOTHING = max(map(len, NOTHING))
LARGEST = Decimal("9999999999.99")
_SIGNS = re.compile(r"[€$£¥\s]|EUR|USD|GBP|CHF", re.IGNORECASE)
_PLAIN = re.compile(r"-?\d{1,12}(\.\d{1,4})?")
_MONTHS = {
    "januar": 1, "februar": 2, "märz": 3, "maerz": 3, "april": 4, "mai": 5, "juni": 6, "juli": 7, "august": 8,
    "september": 9, "oktober": 10, "november": 11, "dezember": 12,
}  # fmt: skip
_NAMED = re.compile(r"(\d{1,2})\.?\s+([A-Za-zäÄ]+)\s+(\d{4})")
FORMS = ("%Y-%m-%d", "%Y-%m-%dT%H:%M:%S", "%d.%m.%Y %H:%M:%S", "%d.%m.%Y %H:%M", "%d.%m.%Y", "%d/%m/%Y", "%d/%m/%y",
         "%m/%d/%Y", "%m/%d/%Y %H:%M:%S", "%m/%d/%Y %I:%M %p", "%b %d, %Y", "%B %d, %Y")  # fmt: skip


class BadValue(ValueError):  # noqa: N818 -- the word is the verdict
    """A value that cannot be read; its text says which."""


def word(value: object) -> str | None:
    """Return a text without blanks around it; None for nothing and for the words that mean it."""
    if value is None:
        return None
    text = (value if isinstance(value, str) else str(value)).strip()
    return None if len(text) <= LONGEST_NOTHING and text.lower() in NOTHING else text


def amount(value: object) -> Decimal | None:
    """Return an amount: 1234.5, "1.234,50 €", "$1,234.50"; None for nothing; raises BadValue."""
    return None if value is None else _amount((value if isinstance(value, str) else str(value)).strip())


@lru_cache(maxsize=16_384)
def _amount(told: str) -> Decimal | None:
    value = word(told)
    if value is None:
        return None
    text = value
    if not _PLAIN.fullmatch(text):
        text = _SIGNS.sub("", text).replace("'", "")
        comma, point = text.rfind(","), text.rfind(".")
        if comma > point:
            text = (
                text.replace(".", "").replace(",", ".")
                if len(text) - comma <= 3 or point >= 0
                else text.replace(",", "")
            )
        else:
            text = text.replace(",", "")
    try:
        found = Decimal(text)
    except InvalidOperation:
        raise BadValue(f"Invalid currency format: {value[:40]}") from None
    if not found.is_finite():
        return None
    if abs(found) > LARGEST:
        raise BadValue(f"Amount out of range: {value[:40]}")
    return found


def moment(value: object) -> datetime | None:
    """Return a moment in UTC (a day alone is its first moment); None for nothing; raises BadValue.

    Reads ISO 8601, StockX's "2023-01-01 00:00:00 +00", German and American days.
    """
    if isinstance(value, datetime):
        return value if value.tzinfo else value.replace(tzinfo=UTC)
    text = word(value)
    if text is None:
        return None
    if text.endswith(" +00"):
        text = f"{text[:-4]}+00:00"
    try:
        found = datetime.fromisoformat(text)
        return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
    except OverflowError:  # a day before the first one, once it is in UTC
        raise BadValue(f"Invalid date format: {str(value)[:40]}") from None
    except ValueError:
        pass
    if (named := _NAMED.fullmatch(text)) and (month := _MONTHS.get(named[2].lower())):
        text = f"{named[3]}-{month:02d}-{int(named[1]):02d}"
    for form in FORMS:
        try:
            return datetime.strptime(text, form).replace(tzinfo=UTC)
        except ValueError:
            continue
    raise BadValue(f"Invalid date format: {str(value)[:40]}")


def truth(value: object) -> bool:
    """Say whether a text means yes."""
    return (word(value) or "").lower() in ("1", "true", "yes", "on", "enabled", "ja")


def order_ids(batch_id: uuid.UUID, begun: datetime) -> str:
    """Return the beginning of a batch's order ids; 12 hexadecimal digits of the row number follow (RFC 9562, version 7).

    The first digit after the version is 0 for an order and tells its fees apart; the batch gives the other random ones.
    """
    milliseconds = f"{int(begun.timestamp() * 1000):012x}"
    chance = batch_id.hex[-5:]
    return f"{milliseconds[:8]}-{milliseconds[8:]}-70{chance[:2]}-8{chance[2:]}-"
