"""Run the members' test suites: `make test` (fast), `make test-slow` (slow), `make test-all` (all).

    python tools/suites.py fast|slow|all [--again] [member...]

A member is a folder with `[tool.pytest.ini_options]` in its pyproject.toml: packages/* and the systems. Two suites run
side by side, the longest first: as measured here, else as `[tool.suites] seconds = 300` in its pyproject guesses. A member
whose suite takes over a minute may ask for xdist there: `workers = 2`. One that promises a coverage asks for it there, too:
`coverage = 80`, over the folders its `[tool.coverage.run] source` names; runs of slow tests alone do not count it.
`--again` runs only the tests that failed in the last run of that choice, to tell a flaky one from a broken one.
The last line printed is `N passed, N failed`, with `, N skipped` after it when there are some.
"""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import threading
import time
import tomllib
import xml.etree.ElementTree as ET
from collections import Counter
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from localservices.errors import LocalServicesError
from localservices.files import local_folder, private_folder, read_json, write_json
from localservices.processes import kill_session
from localservices.testing import find_root, leave_seat, take_seat

ROOT = find_root(Path(__file__).resolve().parent)
SELECTION = {"fast": ["-m", "not slow"], "slow": ["-m", "slow"], "all": []}
LIMIT_SECONDS = {"fast": 1800, "slow": 3600, "all": 4200}
SIDE_BY_SIDE = 2
NO_TESTS = 5  # pytest's exit code when nothing was selected


@dataclass(frozen=True)
class Member:
    """A folder with a test suite."""

    name: str
    folder: Path
    services: tuple[str, ...]
    workers: int
    seconds: float
    coverage: int = 0


@dataclass
class Result:
    """What became of one suite. `reasons` counts why tests were skipped."""

    member: Member
    seconds: float
    exit_code: int
    output: str
    passed: int = 0
    failed: int = 0
    reasons: Counter[str] = field(default_factory=Counter)

    @property
    def skipped(self) -> int:
        """Return how many tests were skipped."""
        return self.reasons.total()


def discover(root: Path) -> list[Member]:
    """Return every member with a suite, by name."""
    members = []
    for path in sorted([*root.glob("packages/*/pyproject.toml"), *root.glob("*/pyproject.toml")]):
        tools: dict[str, Any] = tomllib.loads(path.read_text()).get("tool", {})
        options = tools.get("pytest", {}).get("ini_options")
        if options is not None:
            asked = tools.get("suites", {})
            services = tuple(options.get("localservices", ()))
            workers, seconds = int(asked.get("workers", 0)), float(asked.get("seconds", 0))
            coverage = int(asked.get("coverage", 0))
            members.append(Member(path.parent.name, path.parent, services, workers, seconds, coverage))
    return members


def environment() -> dict[str, str]:
    """Return the variables of a suite: the caller's, but what is compiled is kept for the next start.

    A suite starts Python hundreds of times; compiling the house's own 500 modules each time is a fifth of a start.
    """
    return {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


class Runner:
    """Runs suites as processes of their own and can end them all."""

    def __init__(self, choice: str, folder: Path, again: bool = False) -> None:
        """Keep reports in `folder`; `choice` is a key of SELECTION; `again` runs what failed."""
        self.choice = choice
        self.folder = folder
        self.again = again
        self.stopped = False
        self._running: set[int] = set()
        self._guard = threading.Lock()

    def run(self, member: Member) -> Result:
        """Run one suite to its end and count its tests."""
        report = self.folder / f"{member.name}.xml"
        report.unlink(missing_ok=True)
        command = [sys.executable, "-m", "pytest", "-q", "--color=no", f"--junit-xml={report}", *SELECTION[self.choice]]
        if member.workers:
            command += ["-n", str(member.workers)]
        if self.again:  # all of them where it crashed before a test could fail
            command += ["--last-failed"]
        if member.coverage and self.choice != "slow" and not self.again:
            command += ["--cov", "--cov-report=", f"--cov-fail-under={member.coverage}"]
        begun = time.monotonic()
        with (self.folder / f"{member.name}.log").open("w+", encoding="utf-8", errors="replace") as log:
            exit_code = self._wait(command, member, log.fileno())
            log.seek(0)
            output = log.read()
        result = Result(member, time.monotonic() - begun, exit_code, output)
        count(report, result)
        if exit_code not in {0, NO_TESTS} and not result.failed:
            result.failed = 1  # it crashed before it could say what failed
        return result

    def _wait(self, command: list[str], member: Member, log: int) -> int:
        """Start a suite in a session of its own and return its exit code; what it leaves behind is ended."""
        with self._guard:
            if self.stopped:
                return -signal.SIGTERM
            child = subprocess.Popen(
                command,
                cwd=member.folder,
                env=environment(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
            self._running.add(child.pid)
        try:
            return child.wait(LIMIT_SECONDS[self.choice])
        except subprocess.TimeoutExpired:
            os.write(log, f"\nsuites: ended after {LIMIT_SECONDS[self.choice]} s\n".encode())
            return -signal.SIGKILL
        finally:
            with self._guard:
                kill_session(child.pid)
                self._running.discard(child.pid)
            child.wait()

    def stop(self) -> None:
        """End every suite that runs and start no more."""
        with self._guard:
            self.stopped = True
            for leader in self._running:
                kill_session(leader)


def count(report: Path, result: Result) -> None:
    """Add up a junit report; a test that failed and then broke in its teardown counts once."""
    if not report.exists():
        return
    try:
        cases = ET.parse(report).getroot().iter("testcase")  # noqa: S314 -- written by the pytest we started
    except ET.ParseError:
        return
    outcomes: dict[tuple[str, str], str] = {}
    for case in cases:
        name = (case.get("classname", ""), case.get("name", ""))
        skipped = case.find("skipped")
        if case.find("failure") is not None or case.find("error") is not None:
            outcomes[name] = "failed"
        elif skipped is not None:
            outcomes.setdefault(name, f"skipped: {skipped.get('message') or 'no reason given'}")
        else:
            outcomes.setdefault(name, "passed")
    for outcome in outcomes.values():
        if outcome == "passed":
            result.passed += 1
        elif outcome == "failed":
            result.failed += 1
        else:
            result.reasons[outcome.removeprefix("skipped: ")] += 1


def show(result: Result) -> None:
    """Print a suite's end: one line when it is green, everything when it is not."""
    counts = f"{result.passed} passed" + (f", {result.failed} failed" if result.failed else "")
    counts += f", {result.skipped} skipped" if result.skipped else ""
    if result.failed:
        print(f"\n--- {result.member.name} (exit code {result.exit_code})\n{result.output.rstrip()}\n")
    print(f"{result.member.name:<20} {counts:<36} {result.seconds:6.1f} s", flush=True)


def conclude(results: list[Result]) -> bool:
    """Print why tests were skipped, then the totals on the last line; True when nothing failed."""
    reasons: Counter[str] = Counter()
    for result in results:
        reasons.update(result.reasons)
    for reason, number in reasons.most_common():
        print(f"skipped {number}: {reason}")
    passed, failed = sum(result.passed for result in results), sum(result.failed for result in results)
    print(f"{passed} passed, {failed} failed" + (f", {reasons.total()} skipped" if reasons else ""), flush=True)
    return not failed


def run_all(choice: str, members: list[Member], folder: Path, again: bool = False) -> list[Result]:
    """Run the suites, two at a time, those that took longest last time first."""
    durations = read_json(folder / "durations.json")
    known: dict[str, float] = durations.get(choice, {})
    runner = Runner(choice, folder, again)
    results: list[Result] = []
    with ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
        try:
            ordered = sorted(members, key=lambda member: -known.get(member.name, member.seconds))
            for done in as_completed([pool.submit(runner.run, member) for member in ordered]):
                results.append(done.result())
                show(results[-1])
        except BaseException:
            runner.stop()
            raise
    if not again:
        known |= {result.member.name: round(result.seconds, 2) for result in results}
    failed = [result.member.name for result in results if result.failed]
    write_json(folder / "durations.json", {**durations, choice: known})
    write_json(folder / "failed.json", {**read_json(folder / "failed.json"), choice: failed})
    return results


def main() -> int:
    """Read the command line, hold the services while suites run, and return the exit code."""
    parser = argparse.ArgumentParser(description="Run the members' test suites.")
    parser.add_argument("choice", choices=list(SELECTION))
    parser.add_argument("--again", action="store_true", help="only what failed last time")
    parser.add_argument("member", nargs="*", help="folder names; all when none is given")
    arguments = parser.parse_args()
    folder = private_folder(local_folder(ROOT) / "suites")
    members = discover(ROOT)
    if unknown := set(arguments.member) - {member.name for member in members}:
        parser.error(
            f"no suite in {', '.join(sorted(unknown))}; there are {', '.join(member.name for member in members)}"
        )
    members = [member for member in members if not arguments.member or member.name in arguments.member]
    if arguments.again:
        failed = read_json(folder / "failed.json").get(arguments.choice, [])
        members = [member for member in members if member.name in failed]
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        shared = {"postgres"} if any("postgres" in member.services for member in members) else set[str]()
        seat = take_seat(ROOT, shared, os.environ)
        try:
            return 0 if conclude(run_all(arguments.choice, members, folder, arguments.again)) else 1
        finally:
            leave_seat(seat)
    except LocalServicesError as error:
        sys.exit(f"suites: {error}")
    except KeyboardInterrupt:
        sys.exit("suites: stopped")


if __name__ == "__main__":
    sys.exit(main())
