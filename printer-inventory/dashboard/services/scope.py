"""What a page looks at: an organization, a city, a period, and no further than whoever asks may see.

Every statement over the fleet goes through `fetch`, which takes none that does not name the limit.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, Final

from django.db import connection

from access.reach import organizations
from inventory.services import rollups
from inventory.services.found_devices import number

PERIODS: Final = (7, 30, 90, 365)


@dataclass(frozen=True, slots=True)
class Scope:
    """`days` back from today, today counted in; `organization` and `city` are ids, None for all.

    `reach` are the organizations of whoever made the scope, None without a limit; nothing else is ever found.
    """

    now: datetime
    days: int = 30
    organization: int | None = None
    city: int | None = None
    reach: list[int] | None = field(default_factory=organizations)

    @classmethod
    def parse(cls, query: Mapping[str, str], now: datetime) -> Scope:
        """Return the scope of a query string; what makes no sense is ignored."""
        days = number(query.get("days"))
        return cls(now, days if days in PERIODS else 30, number(query.get("org")), number(query.get("city")))

    @property
    def today(self) -> date:
        """The local day."""
        return rollups.local_day(self.now)

    @property
    def since(self) -> date:
        """The first day."""
        return self.today - timedelta(days=self.days - 1)

    def facts(self) -> dict[str, Any]:
        """Return the values that `where` and the reports' statements name."""
        return {
            "now": self.now, "since": self.since, "today": self.today, "org": self.organization, "city": self.city,
            "reach": self.reach,
        }  # fmt: skip


WHERE: Final = """
    p.is_active AND (%(org)s::bigint IS NULL OR p.organization_id = %(org)s)
    AND (%(city)s::bigint IS NULL OR c.city_id = %(city)s)
    AND (%(reach)s::bigint[] IS NULL OR p.organization_id = ANY(%(reach)s::bigint[]))
"""
"""Of a statement in which `p` is the printer and `c` its contract device."""

JOINS: Final = """
    LEFT JOIN inventory_organization o ON o.id = p.organization_id
    LEFT JOIN contracts_contractdevice c ON c.printer_id = p.id
        AND (%(reach)s::bigint[] IS NULL OR c.organization_id = ANY(%(reach)s::bigint[]))
    LEFT JOIN contracts_city ct ON ct.id = c.city_id
    LEFT JOIN contracts_devicemodel dm ON dm.id = coalesce(p.device_model_id, c.model_id)
    LEFT JOIN contracts_manufacturer mf ON mf.id = dm.manufacturer_id
"""
NAME: Final = "CASE WHEN p.snmp_port = 161 THEN host(p.ip_address) ELSE host(p.ip_address) || ':' || p.snmp_port END"
PLACE: Final = "concat_ws(', ', ct.name, nullif(coalesce(c.address, p.location), ''), nullif(c.room_number, ''))"
MODEL: Final = "coalesce(mf.name || ' ' || dm.name, '')"


def fetch(sql: str, scope: Scope, **more: Any) -> tuple[list[str], list[tuple[Any, ...]]]:
    """Run a statement over the fleet; return its columns and rows. Raise ValueError for one that knows no limit."""
    if "%(reach)s" not in sql:
        raise ValueError("a statement of the dashboard that does not name %(reach)s shows everything to everybody")
    with connection.cursor() as cursor:
        cursor.execute(sql, {**scope.facts(), **more})
        return [column[0] for column in cursor.description or ()], cursor.fetchall()
