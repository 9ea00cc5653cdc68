"""`make security-check` tells what it could not look at; silence of the advisory service is no clean bill."""

from __future__ import annotations

from cli.security import verdict

GOOD = {"name": "a", "version": "1", "vulns": []}
BAD = {"name": "b", "version": "2", "vulns": [{"id": "PYSEC-1", "fix_versions": ["3"]}]}
SKIPPED = {"name": "c", "version": "1", "skip_reason": "Dependency not found on PyPI and could not be audited"}


def test_a_weakness_fails_with_the_version_that_mends_it() -> None:
    assert verdict([GOOD, BAD]) == (
        1, ["b 2: PYSEC-1, mended in 3", "2 of 2 packages were checked, 1 weaknesses are known"]
    )  # fmt: skip


def test_what_nobody_looked_at_is_said() -> None:
    assert verdict([GOOD, SKIPPED])[1][-1] == "NOT CHECKED: c"
    code, lines = verdict([SKIPPED])
    assert (code, lines[-1][:11], lines[0][:6]) == (0, "NOT CHECKED", "0 of 1")
