"""`import_inventory_xml`: a file, a folder as an agent saves it, and what cannot be read."""

from __future__ import annotations

import json
import shutil
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from inventory.polling.glpi.files import read_saved

SAMPLES = Path(__file__).parent / "glpi_xml"


def run(*arguments: str) -> tuple[str, int]:
    """Return what the command prints and its exit code."""
    out = StringIO()
    try:
        call_command("import_inventory_xml", *arguments, stdout=out)
    except SystemExit as ended:
        return out.getvalue(), int(ended.code or 0)
    return out.getvalue(), 0


def records(*arguments: str) -> list[dict[str, Any]]:
    """Return the JSON list the command prints."""
    found: list[dict[str, Any]] = json.loads(run(*arguments, "--json")[0])
    return found


def save(folder: Path, sample: str, *names: str) -> None:
    """Save a sample under some names."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        shutil.copy(SAMPLES / sample, folder / name)


def test_one_file_with_the_address_of_its_device() -> None:
    found = records(str(SAMPLES / "colour_mfp.xml"), "10.9.8.7")
    assert [(row["source"], row["address"], row["serial"]) for row in found] == [
        ("colour_mfp.xml", "10.9.8.7", "NW-0042")
    ]
    assert (found[0]["mac"], found[0]["total"], len(found[0]["supplies"])) == ("0A:00:00:00:00:02", 10000, 11)


def test_a_folder_as_an_agent_saves_it(tmp_path: Path) -> None:
    save(tmp_path / "netdiscovery", "discovered.xml", "10.1.2.3.xml", "10.9.8.8.xml")
    save(tmp_path / "netinventory", "colour_mfp.xml", "10.9.8.8.xml")
    (tmp_path / "notes.txt").write_text("<not xml>")
    found = records(str(tmp_path))
    assert [(row["source"], row["address"], row["mac"]) for row in found] == [
        ("netdiscovery/10.1.2.3.xml", "10.1.2.3", "00:17:C8:00:00:07"),
        ("netinventory/10.9.8.8.xml", "10.9.8.8", "0A:00:00:00:00:02"),
    ]


def test_a_table_for_people_and_an_exit_code_for_scripts() -> None:
    text, code = run(str(SAMPLES / "colour_mfp.xml"))
    assert code == 0
    assert "NW-0042" in text
    assert "TONERCYAN" in text
    text, code = run(str(SAMPLES / "failed_and_answered.xml"))
    assert code == 1
    assert "INV0000008" in text
    assert "did not answer" in text


def test_a_file_that_cannot_be_read_does_not_stop_the_others(tmp_path: Path) -> None:
    save(tmp_path, "colour_mfp.xml", "b.xml")
    (tmp_path / "a.xml").write_text("<!DOCTYPE a []><a/>")
    found = records(str(tmp_path))
    assert [(row["source"], bool(row["error"]), row.get("serial")) for row in found] == [
        ("a.xml", True, None),
        ("b.xml", False, "NW-0042"),
    ]


def test_nothing_there(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="does not exist"):
        run(str(tmp_path / "missing"))
    with pytest.raises(CommandError, match=r"no \.xml"):
        run(str(tmp_path))


def test_a_name_that_is_no_address_leaves_it_to_the_xml(tmp_path: Path) -> None:
    save(tmp_path, "discovered.xml", "hall.xml")
    assert [device.address for device in read_saved(tmp_path)] == ["10.1.2.3"]
