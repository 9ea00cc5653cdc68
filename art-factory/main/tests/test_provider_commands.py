"""Commands that ask providers, serve stand-ins, work in the foreground or write a crontab: over real sockets and processes."""

from __future__ import annotations

import io
import json
import os
import signal
import threading
import urllib.request
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from main.factories import ModelSpecificFactory, differences
from main.models import Budget, Event, FactoryMachine, Order, OrderTemplate, Product, SpendEntry
from main.providers.catalogue import input_of
from main.providers.protocol import ProviderError
from main.services.orders import Wish, place
from main.services.seeding import load_seed_data
from main.tests.test_commands import told

NEW = """
[[machine]]
name = "fal-ai/flux-2/klein"
display_name = "FLUX.2 [klein]"
provider = "fal"
family = "flux2"
modality = "text-to-image"
[machine.parameters.prompt]
type = "text"
required = true
"""


def refused(name: str, *arguments: str) -> Any:
    """Return what a command prints as JSON before it ends with exit code 1."""
    out = io.StringIO()
    with pytest.raises(SystemExit) as ended:
        call_command(name, *arguments, "--json", stdout=out)
    assert ended.value.code == 1
    return json.loads(out.getvalue())


@pytest.fixture
def order(still) -> Order:
    """Two small pictures, not made yet."""
    return place(Wish(still, "[red,blue] cat", parameters={"size": "64x64"}))


def test_orders_are_processed_once_or_by_item(order: Order) -> None:
    assert told("process_orders", "--dry-run") == {"waiting": 2, "processed": 0}
    first = str(order.items.get(sequence=0).pk)
    assert told("process_orders", "--dry-run", "--order-item-id", first)["waiting"] == 1
    assert told("process_orders", "--order-item-id", first)["status"] == "completed"
    told("process_orders")
    order.refresh_from_db()
    assert (order.status, Product.objects.count()) == ("completed", 2)
    for wrong in (("--order-item-id", "999999"), ("--continuous", "--order-item-id", first)):
        with pytest.raises(CommandError):
            call_command("process_orders", *wrong)


def test_processing_goes_on_until_it_is_told_to_stop(order: Order) -> None:
    """By its own clock, and by SIGTERM; what the signal did before is put back."""
    before = signal.getsignal(signal.SIGTERM)
    assert told("process_orders", "--continuous", "--seconds", "0.1")["processed"] == 2
    end = threading.Timer(0.2, os.kill, (os.getpid(), signal.SIGTERM))
    end.start()
    assert told("process_orders", "--continuous") == {"processed": 0}
    end.join()
    assert signal.getsignal(signal.SIGTERM) is before


def test_fal_is_tried_for_nothing_and_with_a_picture(services) -> None:
    assert "knows the key" in told("test_fal")["answer"]
    would = told("test_fal", "--picture", "--dry-run", "--machine", "fal-ai/flux/dev")
    assert would == {"products": 1, "estimated_cost": "0.025000"}
    assert not services.book.of("fal")
    found = told("test_fal", "--picture", "--prompt", "a [red,green] apple")
    assert (found["status"], found["products"]) == ("completed", 1)
    assert Product.objects.get(pk=found["product"]).prompt == "a [red,green] apple"
    assert [call.arguments["prompt"] for call in services.book.of("fal")] == ["a [red,green] apple"]
    assert SpendEntry.objects.get().state == "settled"


def test_a_trial_of_fal_that_fails_says_why(services, settings) -> None:
    for wrong in (("--picture", "--machine", "nobody/has-it"), ("--dry-run",)):
        with pytest.raises(CommandError):
            call_command("test_fal", *wrong)
    Budget.objects.update(per_day=0)
    found = refused("test_fal", "--picture")
    assert (found["status"], found["product"]) == ("held", None)
    assert "per day" in found["reason"]
    settings.FAL_KEY = "wrong:key"
    with pytest.raises(CommandError, match="refuses the key"):
        call_command("test_fal")
    settings.FAL_KEY = ""
    with pytest.raises(CommandError, match="FAL_KEY"):
        call_command("test_fal")


@pytest.mark.parametrize("provider", ["fal", "replicate"])
def test_every_seeded_machine_is_still_what_its_provider_takes(services, provider: str) -> None:
    found = told("sync_models", "--provider", provider)
    assert len(found) >= 4
    assert {(one["verdict"], *one["notes"]) for one in found} == {("same",)}


def test_what_drifted_is_told_and_what_is_gone_is_not_offered(services) -> None:
    flux, sdxl = (FactoryMachine.objects.get(name=f"fal-ai/{name}") for name in ("flux/dev", "fast-sdxl"))
    odd = {"type": "integer", "minimum": 1, "maximum": 99, "wire": "styling"}
    flux.specification["parameters"] |= {"style": odd, "steps": {**odd, "wire": "num_inference_steps"}}
    flux.save()
    sdxl.specification["endpoint"] = "fal-ai/left-yesterday"
    sdxl.save()
    OrderTemplate.objects.create(name="T", machine=flux)
    found = {one["machine"]: one for one in refused("sync_models", "--provider", "fal", "--dry-run")}
    assert found["fal-ai/flux/dev"]["verdict"] == "drifted"
    assert found["fal-ai/flux/dev"]["templates"] == 1
    assert found["fal-ai/flux/dev"]["notes"] == [
        "steps goes up to 99 here, 50 there",
        "style is sent as styling, which is not taken any more",
    ]
    assert FactoryMachine.objects.get(pk=sdxl.pk).is_active
    assert {one["machine"]: one["verdict"] for one in refused("sync_models", "--provider", "fal")}[sdxl.name] == "gone"
    assert not FactoryMachine.objects.get(pk=sdxl.pk).is_active
    assert FactoryMachine.objects.get(pk=flux.pk).is_active
    assert Event.objects.get(name="machine_withdrawn").entity_id == sdxl.pk


def test_a_provider_that_cannot_be_asked_withdraws_nothing(services, settings) -> None:
    offered = FactoryMachine.objects.filter(is_active=True).count()
    settings.REPLICATE_API_TOKEN = "r8_wrong"
    assert {one["verdict"] for one in refused("sync_models", "--provider", "replicate")} == {"unreachable"}
    assert FactoryMachine.objects.filter(is_active=True).count() == offered
    for arguments in ((), ("--provider", "civitai"), ("--provider", "builtin")):
        with pytest.raises(CommandError):
            call_command("sync_models", *arguments)
    settings.FAL_KEY = ""
    with pytest.raises(CommandError, match="no key"):
        call_command("sync_models", "--provider", "fal")


def test_machines_come_from_a_file_and_stay(seeded, tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text(NEW)
    assert told("sync_models", "--from-file", str(file), "--dry-run")[0]["verdict"] == "added"
    assert not FactoryMachine.objects.filter(name="fal-ai/flux-2/klein").exists()
    assert told("sync_models", "--from-file", str(file), "--provider", "fal")[0]["verdict"] == "added"
    assert told("sync_models", "--from-file", str(file))[0]["verdict"] == "updated"
    load_seed_data(reset=True)
    machine = FactoryMachine.objects.get(name="fal-ai/flux-2/klein")
    assert (machine.is_active, machine.is_added) == (True, True)
    assert not FactoryMachine.objects.filter(is_added=True).exclude(pk=machine.pk).exists()


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("[[machine", "is no TOML"),
        ("x = 1", "a machine is not right"),
        (NEW.replace('type = "text"', 'type = "wish"'), "a machine is not right"),
        (NEW.replace('provider = "fal"', 'provider = "nobody"'), "there is no provider"),
        (NEW.replace("fal-ai/flux-2/klein", "fal-ai/flux/dev"), "comes with Art Factory"),
        (
            NEW + NEW.replace("klein", "dwarf").replace('provider = "fal"', 'provider = "replicate"'),
            "of replicate, not of fal",
        ),
        ("#" * 2_000_001, "larger than"),
    ],
)
def test_a_wrong_file_adds_nothing(seeded, tmp_path: Path, text: str, why: str) -> None:
    file, before = tmp_path / "mine.toml", FactoryMachine.objects.count()
    file.write_text(text)
    with pytest.raises(CommandError, match=why):
        call_command("sync_models", "--from-file", str(file), "--provider", "fal")
    assert FactoryMachine.objects.count() == before


def test_a_schema_is_read_by_path_or_by_name_and_nonsense_is_refused() -> None:
    schema = {"type": "object", "properties": {"a": {"enum": ["x"]}, "b": 7}, "required": ["a"]}
    named = {"components": {"schemas": {"Input": schema}}}
    body = {"requestBody": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Input"}}}}}
    for document in (named, {**named, "paths": {"/m": {"post": body}}}):
        found = input_of(document, "X", "/m")
        assert dict(found.properties) == {"a": {"enum": ["x"]}}
        assert found.required == frozenset({"a"})
    circle: dict[str, Any] = {"$ref": "#/components/schemas/Input"}
    wrong: list[Any] = [None, [], {}, {"components": []}, {"components": {"schemas": {"Input": circle}}}]
    for nonsense in wrong:
        with pytest.raises(ProviderError):
            input_of(nonsense, "X", "/m")
    mine = ModelSpecificFactory.from_data(
        {
            "name": "m", "display_name": "M", "provider": "fal", "family": "f", "modality": "text-to-image",
            "constants": {"mode": "fast"},
            "parameters": {
                "format": {"type": "enum", "enum": ["x", "y"], "wire": "a"}, "steps": {"type": "integer", "minimum": 0}
            },
        }
    )  # fmt: skip
    assert differences(mine, {"a": {"enum": ["x"]}, "steps": {"minimum": 1}}, ["a", "who"]) == [
        "format offers y, which there is not any more",
        "steps goes down to 0 here, 1 there",
        "mode is sent always, and not taken any more",
        "who must be sent now",
    ]


def test_stand_ins_are_served_while_the_command_runs(db) -> None:
    class Asking(io.StringIO):
        """Asks the stand-in as soon as its address is printed."""

        heard: bytes = b""

        def flush(self) -> None:
            url = json.loads(self.getvalue())["urls"]["replicate"]
            headers = {"Authorization": "Bearer r8_standin"}
            asked = urllib.request.Request(f"{url}/v1/account", headers=headers)  # noqa: S310 -- our own stand-in
            with urllib.request.urlopen(asked, timeout=20) as answer:  # noqa: S310 -- our own stand-in
                self.heard = answer.read()

    out = Asking()
    call_command("stand_in_provider", "replicate", "--seconds", "0.05", "--json", stdout=out)
    assert json.loads(out.heard)["username"] == "standin"
    environment = json.loads(out.getvalue())["environment"]
    assert environment[0] == "REPLICATE_API_TOKEN=r8_standin"
    with pytest.raises(OSError, match="refused"):
        urllib.request.urlopen(environment[1].partition("=")[2], timeout=5)  # noqa: S310 -- it is gone
    assert "standins.imaging" in told("stand_in_provider", "--dry-run")["command"]
    for wrong in ("-1", "70000"):
        with pytest.raises(CommandError):
            call_command("stand_in_provider", f"--port={wrong}")


CRONTAB = """#!/bin/sh
[ -e "$CRONTAB_REFUSES" ] && { echo "not allowed" >&2; exit 1; }
[ "$1" = -l ] && { [ -f "$CRONTAB_FILE" ] && exec cat "$CRONTAB_FILE"; echo "no crontab for me" >&2; exit 1; }
exec cat > "$CRONTAB_FILE"
"""


@pytest.fixture
def crontab(tmp_path: Path, monkeypatch) -> Path:
    """A crontab program that keeps its table in a file; the machine's own is never touched."""
    program = tmp_path / "bin" / "crontab"
    program.parent.mkdir()
    program.write_text(CRONTAB)
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:/bin:/usr/bin")
    monkeypatch.setenv("CRONTAB_FILE", str(tmp_path / "table"))
    monkeypatch.setenv("CRONTAB_REFUSES", str(tmp_path / "refuses"))
    return tmp_path / "table"


def test_cron_lines_are_printed_installed_once_and_taken_out(crontab: Path, settings, tmp_path: Path) -> None:
    settings.BASE_DIR = tmp_path / "100% mine"
    lines = told("setup_cron_jobs")["lines"]
    assert [line[:11].strip() for line in lines if line[0] != "#"] == ["*/5 * * * *", "*/15 * * *", "7 */6 * * *"]
    assert all("'" in line and r"100\% mine" in line for line in lines if line[0] != "#")
    assert not crontab.exists()
    told("setup_cron_jobs", "--install", "--dry-run")
    assert not crontab.exists()
    crontab.write_text("MAILTO=me\n0 1 * * * mine\n")
    assert told("setup_cron_jobs", "--install", "--log", str(tmp_path / "log"))["changed"]
    first = crontab.read_text()
    assert first.startswith("MAILTO=me\n0 1 * * * mine\n# BEGIN art-factory")
    assert f">> {tmp_path / 'log'} 2>&1" in first
    assert not told("setup_cron_jobs", "--install", "--log", str(tmp_path / "log"))["changed"]
    told("setup_cron_jobs", "--install")
    assert crontab.read_text().count("BEGIN art-factory") == 1
    told("setup_cron_jobs", "--remove")
    assert crontab.read_text() == "MAILTO=me\n0 1 * * * mine\n"


def test_a_crontab_that_cannot_be_had_changes_nothing(crontab: Path, tmp_path: Path, monkeypatch) -> None:
    crontab.write_text("0 1 * * * mine\n# BEGIN art-factory (manage.py setup_cron_jobs)\n")
    with pytest.raises(CommandError, match="put it right"):
        call_command("setup_cron_jobs", "--install")
    (tmp_path / "refuses").touch()
    with pytest.raises(CommandError, match="not allowed"):
        call_command("setup_cron_jobs", "--install")
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(CommandError, match="no crontab program"):
        call_command("setup_cron_jobs", "--remove")
    assert crontab.read_text().startswith("0 1 * * * mine\n")
