"""Everything that is checked without running the product: `make check`.

    python tools/check.py              all checks, two side by side
    python tools/check.py NAME...      some of them
    python tools/check.py --list       their names

Each check prints one line with its seconds; a failing one prints what it found. The exit code is 1 when one failed.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path

from housecheck import commands, contracts, environment, links, locks, messages, rules, secrets, sizes, templates
from housecheck.outcome import Outcome

ROOT = Path(__file__).resolve().parent.parent
SIDE_BY_SIDE = 2
SHOWN = 60

# The longest first, so that the last one to finish is short.
CHECKS: dict[str, Callable[[Path], Outcome]] = {
    "django-types": commands.check_django_types,
    "types": commands.check_types,
    "sole-types": commands.check_sole_types,
    "migrations": commands.check_migrations,
    "django": commands.check_django,
    "imports": commands.check_imports,
    "contracts-cover": contracts.check_contracts_cover,
    "ruff": commands.check_ruff,
    "format": commands.check_format,
    "rules": rules.check_rules,
    "sizes": sizes.check_sizes,
    "templates": templates.check_templates,
    "messages": messages.check_messages,
    "secrets": secrets.check_secrets,
    "private-keys": secrets.check_private_keys,
    "environment": environment.check_environment,
    "links": links.check_links,
    "locks": locks.check_locks,
    "vendored": commands.check_vendored,
}


def run_checks(root: Path, names: list[str]) -> int:
    """Run the named checks on a folder, print what they say, return how many failed."""
    failed = 0
    with ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
        running = {pool.submit(_timed, CHECKS[name], root): name for name in CHECKS if name in names}
        for done in as_completed(running):
            outcome, seconds = done.result()
            failed += bool(outcome.problems)
            _show(running[done], outcome, seconds)
    return failed


def main(arguments: list[str] | None = None) -> int:
    """Read the command line; return the exit code."""
    parser = argparse.ArgumentParser(description="Check the house.")
    parser.add_argument("name", nargs="*", help="checks to run; all when none is given")
    parser.add_argument("--list", action="store_true", help="print the names and stop")
    options = parser.parse_args(arguments)
    if options.list:
        print("\n".join(CHECKS))
        return 0
    if unknown := set(options.name) - CHECKS.keys():
        parser.error(f"no such check: {', '.join(sorted(unknown))}; there are {', '.join(CHECKS)}")
    names = options.name or list(CHECKS)
    began = time.monotonic()
    failed = run_checks(ROOT, names)
    print(f"{len(names) - failed} checks passed, {failed} failed in {time.monotonic() - began:.1f} s")
    return 1 if failed else 0


def _timed(check: Callable[[Path], Outcome], root: Path) -> tuple[Outcome, float]:
    began = time.monotonic()
    try:
        outcome = check(root)
    except SyntaxError as error:
        outcome = Outcome(problems=[f"{error.filename or 'a file'}:{error.lineno}: {error.msg}"])
    return outcome, time.monotonic() - began


def _show(name: str, outcome: Outcome, seconds: float) -> None:
    print(
        f"{'FAIL' if outcome.problems else 'ok  '}  {name:<16} {seconds:5.1f} s  {'; '.join(outcome.notes)}", flush=True
    )
    for line in outcome.problems[:SHOWN]:
        print(f"      {line}", flush=True)
    if len(outcome.problems) > SHOWN:
        print(f"      and {len(outcome.problems) - SHOWN} more", flush=True)


if __name__ == "__main__":
    sys.exit(main())
