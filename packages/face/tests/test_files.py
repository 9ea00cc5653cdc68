"""What face serves is what its manifest and its lists say."""

from __future__ import annotations

import importlib.util
import json
import re
import shutil
import sys
from pathlib import Path
from types import ModuleType

import pytest

import face

ROOT = Path(__file__).resolve().parents[3]
VENDORED = face.static_dir() / "face" / "vendor"


@pytest.fixture(scope="module")
def vendor() -> ModuleType:
    """Return tools/vendor.py as a module."""
    spec = importlib.util.spec_from_file_location("vendor_tool", ROOT / "tools" / "vendor.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def test_vendored_files_are_as_the_manifest_says(vendor: ModuleType) -> None:
    assert vendor.problems() == []


def test_check_finds_a_changed_a_missing_and_a_strange_file(vendor: ModuleType, tmp_path: Path) -> None:
    folder = tmp_path / "vendor"
    shutil.copytree(VENDORED, folder)
    htmx, alpine = (folder / face.manifest()[name]["file"] for name in ("htmx.js", "alpine.js"))
    htmx.write_bytes(htmx.read_bytes() + b"\n")
    alpine.unlink()
    (folder / "jquery.js").write_text("")
    assert sorted(vendor.problems(folder)) == [
        f"alpine.js: {alpine.name} is missing",
        f"htmx.js: {htmx.name} differs from the manifest",
        "jquery.js is not in the manifest",
    ]


def test_versions_stand_in_the_names_and_in_the_lock() -> None:
    lock = json.loads((ROOT / "packages" / "face" / "vendor" / "package-lock.json").read_text())["packages"]
    for entry in face.manifest().values():
        assert entry["version"] in entry["file"]
        assert lock[f"node_modules/{entry['package']}"]["version"] == entry["version"]


def test_lock_names_no_address_and_a_digest_for_each_package() -> None:
    lock = json.loads((ROOT / "packages" / "face" / "vendor" / "package-lock.json").read_text())["packages"]
    for name, entry in lock.items():
        assert "resolved" not in entry
        assert not name or entry["integrity"].startswith("sha512-")


def test_nothing_points_at_a_file_we_do_not_serve() -> None:
    base = face.static_dir() / "face"
    for sheet in base.rglob("*.css"):
        for target in re.findall(r"url\(\s*[\"']?([^\"')]+)", sheet.read_text()):
            assert target.startswith("data:") or (sheet.parent / target).is_file(), (sheet.name, target)
    for text in [*base.rglob("*.css"), *base.rglob("*.js")]:
        assert "sourceMappingURL=" not in text.read_text(), text.name


def test_lists_name_every_file_of_ours() -> None:
    base = face.static_dir()
    listed = {face.BOOT_SCRIPT, *face.SCRIPTS, *face.STYLES, "face/js/charts.js"}
    there = {
        path.relative_to(base).as_posix()
        for pattern in ("face/*.css", "face/css/*.css", "face/js/*.js")
        for path in base.glob(pattern)
    }
    assert listed == there


def test_our_scripts_ask_for_nothing_the_policy_refuses() -> None:
    for path in (face.static_dir() / "face" / "js").glob("*.js"):
        text = path.read_text()
        assert not re.search(
            r"\beval\(|new Function|setAttribute\(\"style\"|document\.write|https?://(?!www\.w3\.org)", text
        ), path.name


def test_each_vendored_package_has_its_licence() -> None:
    held = {path.stem for path in (VENDORED / "licences").glob("*.txt")}
    assert held >= {"alpinejs", "bootstrap", "bootstrap-icons", "chart.js", "htmx.org", "uplot", "popperjs-core"}


def test_unknown_name_is_refused() -> None:
    with pytest.raises(KeyError):
        face.vendored_path("jquery.js")
