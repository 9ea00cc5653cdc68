"""Troubles of the database that pass by themselves: what was done is rolled back whole and can simply be done again."""

from __future__ import annotations

import psycopg
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

PASSING = frozenset({"40001", "40P01", "55P03", "53300", "57P01", "57P02", "57P03"})
"""SQLSTATEs (PostgreSQL, Appendix A): serialization failure, deadlock, lock not available, too many connections, shut down."""


def passes(error: BaseException) -> bool:
    """Say whether trying again makes sense after an exception: a lost race or a lost connection, no mistake of ours."""
    if isinstance(error, PoolTimeout):
        return True
    cause = error.orig if isinstance(error, DBAPIError) else error
    if isinstance(error, DBAPIError) and error.connection_invalidated:
        return True
    if not isinstance(cause, psycopg.Error):
        return False
    state = cause.sqlstate
    if state is None:  # the driver's own word: nobody answers any more
        return isinstance(cause, psycopg.OperationalError)
    return state in PASSING or state.startswith("08")


def named(error: BaseException) -> str:
    """Return a trouble in words for a person."""
    cause = error.orig if isinstance(error, DBAPIError) else error
    return {"40P01": "two jobs waited for each other", "40001": "somebody changed the same rows"}.get(
        getattr(cause, "sqlstate", None) or "", "the database did not answer"
    )
