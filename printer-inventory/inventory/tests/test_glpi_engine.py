"""The engine over real programs that behave like agents, well and badly: outcomes for all, nothing left running."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from inventory.polling.glpi import process
from inventory.polling.glpi.command import NoAgentError
from inventory.polling.glpi.engine import GlpiEngine
from inventory.polling.snmp.learned import Learned
from inventory.polling.snmp.targets import PollOutcome, Target, V3Credentials

# Prints one document per host as an agent does, its number, its port and the credentials it was given in it.
PERL_AGENT = r"""#!%(perl)s
use strict; use warnings;
my (@hosts, @ports, $credentials);
for (@ARGV) {
    push @hosts, $1 if /^--host=(.*)/s;
    push @ports, $1 if /^--port=(.*)/s;
    $credentials = $_ if /^--c/;
}
for my $id (0 .. $#hosts) {
    my $host = $hosts[$id];
    open my $log, '>>', "%(folder)s/asked" or die; print $log "$host $$ $credentials\n"; close $log;
    %(quirk)s
    my $type = $host eq '10.0.0.99' ? 'NETWORKING' : 'PRINTER';
    (my $text = $credentials) =~ s/([&<>])/'&#' . ord($1) . ';'/ge;
    print "<?xml version=\"1.0\"?><REQUEST><CONTENT><DEVICE><INFO><ID>$id</ID><TYPE>$type</TYPE><SERIAL>S$host</SERIAL>"
        . "<CONTACT>$text</CONTACT><LOCATION>$ports[$id]</LOCATION></INFO>"
        . "<PAGECOUNTERS><TOTAL>7</TOTAL></PAGECOUNTERS></DEVICE></CONTENT></REQUEST>\n";
}
"""
FAILED = (
    "<REQUEST><CONTENT><DEVICE><ERROR><ID>0</ID><MESSAGE>SNMP communication error: no response from host x</MESSAGE>"
    "</ERROR></DEVICE></CONTENT></REQUEST>"
)
ANSWERED = "<REQUEST><CONTENT><DEVICE><INFO><ID>0</ID><TYPE>PRINTER</TYPE><SERIAL>S1</SERIAL></INFO></DEVICE></CONTENT></REQUEST>"

Install = Callable[..., Path]


@pytest.fixture
def shell_agent(tmp_path: Path) -> Install:
    """Return a function that installs a shell script as an agent and returns its path."""

    def install(script: str, name: str = "glpi-netinventory") -> Path:
        program = tmp_path / "bin" / name
        program.parent.mkdir(exist_ok=True)
        program.write_text(f"#!/bin/sh\n{script}\n")
        program.chmod(0o755)
        return program

    return install


@pytest.fixture
def perl_agent(tmp_path: Path) -> Install:
    """Return a function that installs a Perl agent with a quirk, a statement run before each host's document."""
    perl = shutil.which("perl")
    if perl is None:
        pytest.skip("no Perl is installed, which the agents are written in")

    def install(quirk: str = "") -> Path:
        program = tmp_path / "glpi-netinventory"
        program.write_text(PERL_AGENT % {"perl": perl, "folder": tmp_path, "quirk": quirk})
        program.chmod(0o755)
        return program

    return install


@pytest.fixture
def folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder for the runs' own folders, which must be empty again afterwards."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    yield folder
    assert list(folder.iterdir()) == []


def poll(program: Path, targets: list[Target], **settings: object) -> dict[object, PollOutcome]:
    """Return the outcomes by key; each key comes exactly once."""
    engine = GlpiEngine(program, **{"timeout": 20.0, "workers": 2, **settings})  # type: ignore[arg-type]  # passed on
    outcomes = list(engine.poll(targets))
    assert sorted(str(outcome.key) for outcome in outcomes) == sorted(str(target.key) for target in targets)
    return {outcome.key: outcome for outcome in outcomes}


def one(program: Path, **settings: object) -> PollOutcome:
    """Return the outcome of one printer."""
    return poll(program, [Target(0, "10.0.0.1", version=1)], **settings)[0]


def error_of(outcome: PollOutcome) -> tuple[str, str]:
    """Return kind and text of the outcome's error."""
    assert outcome.reading is None
    assert outcome.error is not None
    return outcome.error.kind, outcome.error.text


def is_alive(pid: int) -> bool:
    """Return whether a process runs; one that ended and waits to be reaped by another parent does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def wait_until(condition: Callable[[], bool]) -> bool:
    """Return whether the condition came true within thirty seconds."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.02)
    return condition()


def fleet(count: int, version: int | None = 2) -> list[Target]:
    """Return printers 10.0.0.1 and on."""
    return [Target(number, f"10.0.0.{number}", version=version) for number in range(1, count + 1)]


@pytest.mark.usefixtures("folders")
def test_a_fleet_is_asked_in_runs_of_a_few_printers(tmp_path: Path, perl_agent: Install) -> None:
    outcomes = poll(perl_agent(), fleet(23), hosts_per_run=5)
    for number, outcome in outcomes.items():
        assert outcome.reading is not None
        assert (outcome.reading.serial, outcome.reading.location) == (f"S10.0.0.{number}", "161")
        assert (outcome.reading.total, outcome.attempts) == (7, 1)
    runs = [line.split()[1] for line in (tmp_path / "asked").read_text().splitlines()]
    assert len(runs) == 23
    assert max(runs.count(run) for run in runs) <= 5


def test_few_printers_are_shared_among_the_agents(tmp_path: Path, perl_agent: Install) -> None:
    poll(perl_agent(), fleet(4), workers=2, hosts_per_run=10)
    runs = [line.split()[1] for line in (tmp_path / "asked").read_text().splitlines()]
    assert sorted(runs.count(run) for run in set(runs)) == [2, 2]


def test_ports_are_not_mixed_in_a_run(tmp_path: Path, perl_agent: Install) -> None:
    targets = [Target(port, "10.0.0.1", port, version=1) for port in (161, 1161, 2161)]
    outcomes = poll(perl_agent(), targets, workers=1)
    told = {port: outcome.reading.location for port, outcome in outcomes.items() if outcome.reading}
    assert told == {161: "161", 1161: "1161", 2161: "2161"}
    runs = {line.split()[1] for line in (tmp_path / "asked").read_text().splitlines()}
    assert len(runs) == 3


def test_each_group_of_credentials_has_its_own_runs(perl_agent: Install) -> None:
    odd = "$(id) '\"`<&>; --x"
    targets = [
        Target("a", "10.0.0.1", community=odd, version=1),
        Target("b", "10.0.0.2", community="other", version=2),
        Target("c", "10.0.0.3", v3=V3Credentials("monitor", "authpass1")),
        Target("d", "10.0.0.4", community="a,b"),
        Target("e", "10.0.0.5", learned=Learned(version=1)),
    ]
    told = {key: outcome.reading.contact for key, outcome in poll(perl_agent(), targets).items() if outcome.reading}
    assert told == {
        "a": f"--community={odd}",
        "b": "--credentials=version:2c,community:other",
        "c": "--credentials=version:3,username:monitor,authprotocol:sha,authpassphrase:authpass1",
        "d": "--community=a,b",
        "e": "--community=public",
    }


def test_secrets_stand_on_no_command_line(tmp_path: Path, perl_agent: Install) -> None:
    quirk = r"""
    open my $line, '<', "/proc/$$/cmdline" or die; my $seen = join '', <$line>; close $line;
    open my $environment, '<', "/proc/$$/environ" or die; $seen .= join '', <$environment>; close $environment;
    open my $copy, '>', "%s/seen" or die; print $copy $seen; close $copy;
    """
    outcome = poll(perl_agent(quirk % tmp_path), [Target(0, "10.0.0.1", community="s3cret-c0mmunity", version=2)])[0]
    assert outcome.reading is not None
    assert "s3cret-c0mmunity" in outcome.reading.contact
    seen = (tmp_path / "seen").read_bytes()
    assert b"--host=10.0.0.1" in seen
    assert b"s3cret" not in seen


def test_the_agents_own_children_keep_their_standard_input(perl_agent: Install) -> None:
    quirk = r"""my $heard = qx(echo hello | $^X -e 'print scalar <STDIN>'); die qq(heard $heard) unless $heard eq qq(hello\n);"""
    assert poll(perl_agent(quirk), fleet(1))[1].error is None


def test_an_agent_that_hangs_on_a_printer_costs_only_that_one(perl_agent: Install) -> None:
    outcomes = poll(perl_agent("sleep 600 if $host eq '10.0.0.3';"), fleet(6), timeout=5.0, workers=1)
    assert [key for key, outcome in outcomes.items() if outcome.error] == [3]
    assert error_of(outcomes[3])[0] == "timeout"


def test_an_agent_that_dies_on_a_printer_costs_only_that_one(perl_agent: Install) -> None:
    outcomes = poll(perl_agent(r"die qq(bad value\n) if $host eq '10.0.0.3';"), fleet(6), workers=1)
    assert [key for key, outcome in outcomes.items() if outcome.error] == [3]
    kind, text = error_of(outcomes[3])
    assert kind == "bad_answer"
    assert "bad value" in text


def test_a_document_that_cannot_be_read_costs_only_its_printer(perl_agent: Install) -> None:
    quirk = "if ($host eq '10.0.0.2') { print '<REQUEST><DEVICE><INFO></DEVICE></REQUEST>'; next }"
    outcomes = poll(perl_agent(quirk), fleet(4), workers=1)
    assert [key for key, outcome in outcomes.items() if outcome.error] == [2]
    assert error_of(outcomes[2])[0] == "bad_answer"


def test_silence_is_tried_again_by_the_other_version(tmp_path: Path, perl_agent: Install) -> None:
    quirk = """if ($credentials =~ /2c/ && $host ne '10.0.0.1') {
        print "<REQUEST><DEVICE><ERROR><ID>$id</ID><MESSAGE>no response from host $host</MESSAGE></ERROR></DEVICE></REQUEST>";
        next;
    }"""
    outcomes = poll(perl_agent(quirk), [*fleet(2, version=None), Target("2c only", "10.0.0.3", version=2)])
    assert [outcomes[key].attempts for key in (1, 2, "2c only")] == [1, 2, 1]
    assert outcomes[2].reading is not None
    assert outcomes[2].reading.contact == "--community=public"
    assert error_of(outcomes["2c only"])[0] == "timeout"


def test_what_is_no_printer_is_said(perl_agent: Install) -> None:
    assert error_of(poll(perl_agent(), [Target(0, "10.0.0.99", version=2)])[0])[0] == "not_a_printer"


def test_targets_that_cannot_be_told_do_not_stop_the_others(perl_agent: Install) -> None:
    targets = [Target("name", "printer.example"), Target("v3", "10.0.0.2", version=3), *fleet(1)]
    outcomes = poll(perl_agent(), targets)
    assert error_of(outcomes["name"])[0] == error_of(outcomes["v3"])[0] == "bad_target"
    assert outcomes[1].reading is not None


@pytest.mark.usefixtures("folders")
@pytest.mark.parametrize(
    ("script", "kind", "words"),
    [
        ("exit 0", "bad_answer", "status 0"),
        ("echo Unknown option: threads >&2; exit 2", "bad_answer", "Unknown option: threads"),
        ("head -c 3000 /dev/urandom", "bad_answer", "status 0"),
        ("echo '<REQUEST><DEVICE></REQUEST>'", "bad_answer", "not well-formed"),
        ("echo '<!DOCTYPE a [<!ENTITY b \"c\">]><REQUEST>&b;</REQUEST>'", "bad_answer", "document type"),
        ("yes", "bad_answer", "longer than"),
        ("yes '<REQUEST></REQUEST>'", "bad_answer", "documents"),
        (f"echo '{FAILED}'", "timeout", "did not answer"),
        ("sleep 600", "timeout", "within 1"),
        ("while :; do echo x; sleep 0.1; done", "timeout", "within 1"),
        ("trap '' TERM; sleep 600 & wait; sleep 600", "timeout", "within 1"),
        ("kill -SEGV $$", "bad_answer", "status -11"),
        ("yes noise >&2", "timeout", "within 1"),
    ],
)
def test_agents_gone_wrong(shell_agent: Install, script: str, kind: str, words: str) -> None:
    before = set(threading.enumerate())
    found = error_of(one(shell_agent(script), timeout=1.0 if words.startswith("within") else 60.0))
    assert found[0] == kind
    assert words in found[1]
    assert set(threading.enumerate()) <= before


def test_a_flood_of_output_is_cut_off(shell_agent: Install, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "MAX_INPUT", 2**20)
    kind, text = error_of(one(shell_agent("yes")))
    assert (kind, "more than 1 MiB" in text) == ("bad_answer", True)


def test_noise_beside_an_answer_is_no_failure(shell_agent: Install) -> None:
    outcome = one(shell_agent(f"head -c 300000 /dev/zero >&2; echo hello; echo '{ANSWERED}'; exit 3"))
    assert error_of(outcome)[0] == "bad_answer"
    outcome = one(shell_agent(f"head -c 300000 /dev/zero >&2; echo '{ANSWERED}'; exit 3"))
    assert outcome.reading is not None
    assert outcome.reading.serial == "S1"


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="there is no /proc to see processes in")
@pytest.mark.parametrize(
    ("script", "answers"),
    [
        ("echo $$ > {pids}; sleep 600 & echo $! >> {pids}; wait", False),
        ("echo $$ > {pids}; (trap '' TERM; sleep 600) & echo $! >> {pids}; trap '' TERM; sleep 600", False),
        ("echo $$ > {pids}; sleep 600 & echo $! >> {pids}; echo '{answered}'", True),
    ],
    ids=["child", "stubborn", "child holds the output"],
)
def test_no_process_is_left_behind(tmp_path: Path, shell_agent: Install, script: str, *, answers: bool) -> None:
    pids = tmp_path / "pids"
    outcome = one(shell_agent(script.format(pids=pids, answered=ANSWERED)), timeout=1.0 if not answers else 60.0)
    assert (outcome.reading is not None) == answers
    started = [int(line) for line in pids.read_text().split()]
    assert len(started) == 2
    assert wait_until(lambda: not any(is_alive(pid) for pid in started))
    assert not Path(f"/proc/{started[0]}").exists(), "the agent itself was not reaped"


@pytest.mark.usefixtures("folders")
def test_an_agent_sees_none_of_our_settings(
    shell_agent: Install, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgres://u:hunter2@db/x")
    one(shell_agent(f"env > {tmp_path}/env; echo '{ANSWERED}'"))
    seen = (tmp_path / "env").read_text()
    assert "hunter2" not in seen
    assert "LC_ALL=C.UTF-8" in seen


def test_two_runs_share_no_folder(shell_agent: Install, tmp_path: Path) -> None:
    poll(
        shell_agent(f"echo $HOME >> {tmp_path}/homes; stat -c %a $HOME >> {tmp_path}/modes; echo '{ANSWERED}'"),
        fleet(4),
    )
    homes = (tmp_path / "homes").read_text().split()
    assert len(set(homes)) == 4
    assert set((tmp_path / "modes").read_text().split()) == {"700"}
    assert not any(Path(home).exists() for home in homes)


def test_what_an_agent_says_is_told_without_the_secret(shell_agent: Install) -> None:
    program = shell_agent('echo "cannot use $*" >&2; exit 1')
    text = error_of(poll(program, [Target(0, "10.0.0.1", community="s3cret,c0mm", version=1)])[0])[1]
    assert "--community=***" in text
    assert "s3cret" not in text
    assert "c0mm" not in text


def test_a_program_that_cannot_be_started(tmp_path: Path) -> None:
    program = tmp_path / "glpi-netinventory"
    program.write_text("#!/nonexistent/interpreter\n")
    program.chmod(0o755)
    kind, text = error_of(one(program))
    assert kind == "bad_answer"
    assert "No such file" in text


def test_no_agent_is_said_before_the_first_outcome(tmp_path: Path) -> None:
    engine = GlpiEngine(tmp_path)
    assert engine.available() is None
    with pytest.raises(NoAgentError):
        engine.poll([Target(0, "10.0.0.1")])


@pytest.mark.skipif(shutil.which("setpriv") is None, reason="setpriv is not installed (Debian: util-linux)")
def test_an_agent_does_not_outlive_a_killed_worker(shell_agent: Install, tmp_path: Path) -> None:
    program = shell_agent(f"echo $$ > {tmp_path}/pid; exec sleep 600")
    script = (
        "from inventory.polling.glpi.engine import GlpiEngine; from inventory.polling.snmp.targets import Target;"
        f"list(GlpiEngine({str(program)!r}).poll([Target(0, '10.0.0.1', version=1)]))"
    )
    with subprocess.Popen([sys.executable, "-c", script], cwd=Path(__file__).parents[2]) as worker:
        assert wait_until(lambda: (tmp_path / "pid").exists() and (tmp_path / "pid").read_text().strip() != "")
        pid = int((tmp_path / "pid").read_text())
        assert is_alive(pid)
        worker.kill()
    assert wait_until(lambda: not is_alive(pid))


def test_stopping_ends_the_agents_and_answers_for_all(shell_agent: Install, tmp_path: Path) -> None:
    stop = threading.Event()
    outcomes = GlpiEngine(shell_agent(f"echo $$ >> {tmp_path}/pids; sleep 600"), workers=2).poll(fleet(5), stop)
    threading.Timer(0.5, stop.set).start()
    assert [error_of(outcome)[0] for outcome in outcomes] == ["stopped"] * 5
    assert not any(is_alive(int(pid)) for pid in (tmp_path / "pids").read_text().split())


def test_closing_the_outcomes_early_ends_the_agents(shell_agent: Install, tmp_path: Path) -> None:
    script = f"echo $$ >> {tmp_path}/pids; case \"$*\" in *10.0.0.1\\ *) echo '{ANSWERED}';; *) sleep 600;; esac"
    outcomes = GlpiEngine(shell_agent(script), workers=3).poll(fleet(3))
    assert next(outcomes).key == 1
    outcomes.close()  # type: ignore[attr-defined]  # a generator, promised as an iterator
    assert not any(is_alive(int(pid)) for pid in (tmp_path / "pids").read_text().split())


def test_targets_are_taken_as_agents_become_free(shell_agent: Install) -> None:
    taken = []

    def source() -> Iterator[Target]:
        for target in fleet(50):
            taken.append(target.key)
            yield target

    outcomes = GlpiEngine(shell_agent(f"echo '{ANSWERED}'"), workers=2).poll(source())
    next(outcomes)
    assert len(taken) < 10
    assert len(list(outcomes)) == 49


def test_a_discovery_takes_the_inventory_along(shell_agent: Install) -> None:
    program = shell_agent(
        "for a; do case $a in --save=*) s=${a#--save=};; --first=*) h=${a#--first=};; esac; done\n"
        f"[ $h = 10.0.0.2 ] || {{ mkdir $s/netinventory; echo '{ANSWERED}' > $s/netinventory/$h.xml; }}",
        "fusioninventory-netdiscovery",
    )
    targets = [Target(n, f"10.0.0.{n}", version=1) for n in (1, 2)] + [Target("port", "10.0.0.3", 1161, version=1)]
    outcomes = poll(program, targets)
    assert outcomes[1].reading is not None
    assert error_of(outcomes[2])[0] == "timeout"
    assert "port 161" in error_of(outcomes["port"])[1]


def test_sudo_runs_the_agent_as_the_other_account(
    shell_agent: Install, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = shell_agent(f"echo '{ANSWERED}'")
    shell_agent(f'printf "%s " "$@" > {tmp_path}/sudo; while [ "$1" != -- ]; do shift; done; shift; exec "$@"', "sudo")
    monkeypatch.setenv("PATH", f"{program.parent}{os.pathsep}{os.environ['PATH']}")
    engine = GlpiEngine(program, use_sudo=True, user="glpi")
    assert engine.available() == f"GLPI Agent, {program} by sudo; credentials show in the list of processes"
    assert [outcome.reading is not None for outcome in engine.poll(fleet(1))] == [True]
    assert (tmp_path / "sudo").read_text().startswith(f"-n -u glpi -- {program} --threads=1 ")
