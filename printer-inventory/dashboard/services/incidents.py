"""Incidents: the fleet's alerts as they come and go, by two statements, however many printers complain."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from django.db import connection, transaction

from inventory.services.alerts import UNFOLDED

KEY: Final = "left(a.source || ':' || coalesce(a.index, '') || ':' || coalesce(a.code::text, a.code_name), 120)"

OPEN_SQL: Final = f"""
INSERT INTO dashboard_deviceincident (printer_id, key, kind, code_name, description, severity, opened_at)
SELECT DISTINCT ON (p.id, {KEY}) p.id, {KEY}, left(a.kind, 60), left(a.code_name, 80), left(a.description, 255), a.severity,
       coalesce(st.last_success_at, %(now)s)
{UNFOLDED}
ON CONFLICT (printer_id, key) WHERE closed_at IS NULL DO NOTHING
"""

CLOSE_SQL: Final = f"""
UPDATE dashboard_deviceincident i SET closed_at = greatest(i.opened_at, coalesce(
    (SELECT last_success_at FROM inventory_printerstate WHERE printer_id = i.printer_id), %(now)s))
WHERE i.closed_at IS NULL AND NOT EXISTS (
    SELECT 1 FROM (SELECT p.id, {KEY} AS key {UNFOLDED}) stands WHERE stands.id = i.printer_id AND stands.key = i.key)
"""  # noqa: S608 - made of constants


def follow(now: datetime) -> tuple[int, int]:
    """Open what has come and close what has gone; return (opened, closed). Any number of workers may do this."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(CLOSE_SQL, {"now": now})
        closed = cursor.rowcount
        cursor.execute(OPEN_SQL, {"now": now})
        return cursor.rowcount, closed
