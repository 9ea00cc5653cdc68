"""What a `run.toml` may say, and how it is told that it may not."""

from __future__ import annotations

from pathlib import Path

import pytest

from localservices.errors import RunFileError
from localservices.runfile import (
    ENVIRONMENT_WORDS,
    MAX_BYTES,
    Link,
    Login,
    Process,
    Step,
    Values,
    discover,
    read_run_file,
)

WHOLE = """
title = "Printers"
summary = "Polls them"
order = 2
accent = "printers"
url = "http://127.0.0.1:{port:web}/"
health = "http://localhost:{port:web}/health/"
[services]
postgres = ["printers"]
redis = true
[environment]
DATABASE_URL = "{service:DATABASE_SERVER_URL}/printers"
[[login]]
user = "admin"
role = "all"
[[link]]
text = "Sign in elsewhere"
url = "http://127.0.0.1:{port:web}/in/"
[[prepare]]
name = "migrate"
command = ["{python}", "manage.py", "migrate"]
[[process]]
name = "fleet"
command = ["fleet", "--out", "{local}/fleet.json"]
ready = "log:serving"
[[process]]
name = "web"
command = ["daphne", "-p", "{port:web}"]
port = 5000
after = ["fleet"]
ready = "http://127.0.0.1:{port:web}/"
"""
MINIMAL = 'title = "T"\nurl = "http://127.0.0.1:1/"\n'


def write(root: Path, text: str, name: str = "system") -> Path:
    (root / name).mkdir()
    path = root / name / "run.toml"
    path.write_text(text)
    return path


def test_everything_is_read(tmp_path: Path) -> None:
    system = read_run_file(write(tmp_path, WHOLE, "printer-inventory"))
    assert (system.name, system.title, system.order, system.accent) == ("printer-inventory", "Printers", 2, "printers")
    assert system.services == {"postgres", "redis"}
    assert system.databases == ("printers",)
    assert system.logins == (Login("admin", "all"),)
    assert system.links == (Link("Sign in elsewhere", "http://127.0.0.1:{port:web}/in/"),)
    assert system.prepare == (Step("migrate", ("{python}", "manage.py", "migrate")),)
    assert system.processes[1] == Process(
        "web", ("daphne", "-p", "{port:web}"), 5000, ("fleet",), "http://127.0.0.1:{port:web}/"
    )
    assert system.processes[0].port is None
    assert system.port_variable("web") == "PORT_PRINTER_INVENTORY_WEB"


def test_what_is_left_out_has_a_default(tmp_path: Path) -> None:
    system = read_run_file(write(tmp_path, MINIMAL))
    assert (system.services, system.processes, system.prepare, system.health) == (set(), (), (), "")


def test_systems_come_in_their_order(tmp_path: Path) -> None:
    for name, order in (("b", 2), ("c", 1), ("a", 2)):
        write(tmp_path, MINIMAL + f"order = {order}\n", name)
    assert [system.name for system in discover(tmp_path)] == ["c", "a", "b"]


PROCESS = '[[process]]\nname = "web"\ncommand = ["x"]\n'


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ('title = "T', "run.toml: "),
        ('url = "http://127.0.0.1/"', "title must be a text"),
        (MINIMAL + "colour = 1", "colour is not a known key"),
        (MINIMAL + "order = true", "order must be a number"),
        (MINIMAL + "[services]\nmysql = true", "services.mysql is not a known key"),
        (MINIMAL + '[services]\npostgres = "x"', "services.postgres must be a list of texts"),
        (MINIMAL + "[services]\nredis = 1", "services.redis must be true or false"),
        (MINIMAL + "services = 1", "services must be a table"),
        (MINIMAL + "process = 1", "process must be tables"),
        (MINIMAL + "[environment]\nA = 1", "environment.A must be a text"),
        (MINIMAL + PROCESS + "prot = 5000", "process 1: prot is not a known key"),
        (MINIMAL + '[[process]]\nname = "Web"\ncommand = ["x"]', "process 1: name must be lower case"),
        (MINIMAL + '[[process]]\nname = "web"\ncommand = []', "process 1: command must be a list of words"),
        (MINIMAL + PROCESS + "port = 70000", "port must be a number up to 65535"),
        (MINIMAL + PROCESS + PROCESS, "two processes have one name"),
        (MINIMAL + PROCESS + 'after = ["web"]', "after = web; only processes above it count"),
        (MINIMAL + PROCESS + 'ready = "port"', 'ready = "port" needs a port'),
        (MINIMAL + PROCESS + 'ready = "http://10.0.0.1/"', "must be an http:// address of 127.0.0.1"),
        (MINIMAL + PROCESS + 'ready = "soon"', "must be an http:// address of 127.0.0.1"),
        (MINIMAL + 'health = "https://127.0.0.1/"', "health must be an http:// address"),
        ('title = "T"\nurl = "javascript:alert(1)"', "url must be an http:// address"),
        (MINIMAL + '[[prepare]]\nname = "x"\ncommand = ["{port:web}"]', r"\{port:web\} is unknown here"),
        (MINIMAL + '[[prepare]]\nname = "x"\ncommand = ["{password:demo}"]', r"\{password:demo\} is unknown here"),
        (MINIMAL + '[[prepare]]\nname = "x"\ncommand = ["{service:DB_PASSWORD}"]', "is unknown here"),
        (MINIMAL + '[[prepare]]\nname = "x"\ncommand = ["{secret_key}"]', "is unknown here"),
        (MINIMAL + '[environment]\nA = "{password:root}"', "is unknown here"),
        (MINIMAL + "#" * MAX_BYTES + '\n[environment]\nA = "x"', "longer than"),
    ],
)
def test_mistakes_are_named(tmp_path: Path, text: str, complaint: str) -> None:
    path = write(tmp_path, text)
    with pytest.raises(RunFileError, match=complaint) as refusal:
        read_run_file(path)
    assert str(path) in str(refusal.value)


def test_bytes_that_are_no_text_are_refused(tmp_path: Path) -> None:
    path = write(tmp_path, "")
    path.write_bytes(b"title = '\xff'")
    with pytest.raises(RunFileError, match="utf-8"):
        read_run_file(path)


def test_placeholders_are_filled(tmp_path: Path) -> None:
    values = Values(Path("/py"), Path("/clone"), {"web": 7}, {"REDIS_URL": "redis://x"}, "demo-pw", "key")
    text = "{python} {root} {local} {port:web} {service:REDIS_URL} {password:demo} {secret_key} {} {UPPER}"
    expected = "/py /clone /clone/.local 7 redis://x demo-pw key {} {UPPER}"
    assert values.fill(tmp_path, text, ENVIRONMENT_WORDS) == expected


def test_a_service_that_is_not_there_is_named(tmp_path: Path) -> None:
    values = Values(Path("/py"), Path("/clone"), {}, {}, "", "")
    with pytest.raises(RunFileError, match=r"\{service:REDIS_URL\}"):
        values.fill(tmp_path, "{service:REDIS_URL}", ENVIRONMENT_WORDS)
