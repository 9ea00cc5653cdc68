"""Copy the front end libraries out of npm packages into `face`, or check that what lies there is what was copied.

    tools/vendor.py            fetch with `npm ci --ignore-scripts`, copy, write `manifest.json` (needs Node, network)
    tools/vendor.py --check    compare every vendored file with the manifest (offline, needs nothing)

The versions are those of `packages/face/vendor/package.json` and its lock, which names digests and no addresses.
Every file carries its version in its name; hints at source maps and at fonts we do not ship are cut out, because
Django's hashed static storage refuses files that point at missing ones.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import json
import re
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SOURCE = ROOT / "packages" / "face" / "vendor"
TARGET = ROOT / "packages" / "face" / "src" / "face" / "static" / "face" / "vendor"
SOURCE_MAP = re.compile(rb"\n?(?://# sourceMappingURL=\S+|/\*# sourceMappingURL=\S+ \*/)\s*\Z")


@dataclass(frozen=True, slots=True)
class Asset:
    """One file to vendor: its short name, npm package, path in the package, and name here (`{}` is the version)."""

    name: str
    package: str
    path: str
    target: str


ASSETS = (
    Asset("bootstrap.css", "bootstrap", "dist/css/bootstrap.min.css", "bootstrap-{}.min.css"),
    Asset("bootstrap.js", "bootstrap", "dist/js/bootstrap.bundle.min.js", "bootstrap-{}.bundle.min.js"),
    Asset("icons.css", "bootstrap-icons", "font/bootstrap-icons.min.css", "bootstrap-icons-{}.min.css"),
    Asset("icons.woff2", "bootstrap-icons", "font/fonts/bootstrap-icons.woff2", "bootstrap-icons-{}.woff2"),
    Asset("alpine.js", "@alpinejs/csp", "dist/cdn.min.js", "alpine-csp-{}.min.js"),
    Asset("htmx.js", "htmx.org", "dist/htmx.min.js", "htmx-{}.min.js"),
    Asset("chart.js", "chart.js", "dist/chart.umd.min.js", "chart-{}.umd.min.js"),
    Asset("uplot.js", "uplot", "dist/uPlot.iife.min.js", "uplot-{}.iife.min.js"),
    Asset("uplot.css", "uplot", "dist/uPlot.min.css", "uplot-{}.min.css"),
    Asset("tabulator.js", "tabulator-tables", "dist/js/tabulator.min.js", "tabulator-{}.min.js"),
    Asset("tabulator.css", "tabulator-tables", "dist/css/tabulator_simple.min.css", "tabulator-{}.min.css"),
)
# Alpine's package holds no licence file and bundles two packages that do; Bootstrap's bundle holds Popper, Chart.js a
# colour parser.
LICENCES = (
    "bootstrap",
    "bootstrap-icons",
    "htmx.org",
    "chart.js",
    "uplot",
    "tabulator-tables",
    "@popperjs/core",
    "@kurkle/color",
    "@vue/reactivity",
)


def sri(content: bytes) -> str:
    """Return the subresource integrity value of a file (`sha384-...`, W3C SRI section 3.1)."""
    return "sha384-" + base64.b64encode(hashlib.sha384(content).digest()).decode()


def cleaned(asset: Asset, content: bytes, version: str) -> bytes:
    """Return the content without its source map hint and, for the icon sheet, with only the font we ship."""
    content = SOURCE_MAP.sub(b"\n", content)
    if asset.name != "icons.css":
        return content
    font = f'src:url("bootstrap-icons-{version}.woff2") format("woff2")}}'.encode()
    content, count = re.subn(rb"src:url\([^}]*\}", font, content, count=1)
    if count != 1:
        sys.exit("vendor: bootstrap-icons.min.css has no font rule any more; adapt cleaned()")
    return content


def fetch(folder: Path) -> Path:
    """Install the locked packages into `folder` and return its node_modules."""
    npm = shutil.which("npm")
    if npm is None:
        sys.exit("vendor: npm is not on PATH; install Node 18 or newer (checking with --check needs none)")
    for name in ("package.json", "package-lock.json"):
        shutil.copy(SOURCE / name, folder / name)
    done = subprocess.run([npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"], cwd=folder, check=False)
    if done.returncode:
        sys.exit(f"vendor: npm ci failed with exit code {done.returncode}")
    return folder / "node_modules"


def copy_licences(modules: Path) -> None:
    """Copy the licence of every vendored or bundled package to `licences/`."""
    folder = TARGET / "licences"
    folder.mkdir(parents=True)
    for package in LICENCES:
        found = sorted((modules / package).glob("LICEN[CS]E*"))
        if not found:
            sys.exit(f"vendor: {package} has no licence file")
        (folder / f"{package.lstrip('@').replace('/', '-')}.txt").write_bytes(found[0].read_bytes())
    shutil.copy(SOURCE / "alpinejs-licence.txt", folder / "alpinejs.txt")


def update() -> None:
    """Replace the vendored files by those of the locked versions and write the manifest."""
    with tempfile.TemporaryDirectory() as temporary:
        modules = fetch(Path(temporary))
        shutil.rmtree(TARGET, ignore_errors=True)
        copy_licences(modules)
        files = {}
        for asset in ASSETS:
            package = json.loads((modules / asset.package / "package.json").read_text())
            target = asset.target.format(package["version"])
            content = cleaned(asset, (modules / asset.package / asset.path).read_bytes(), package["version"])
            (TARGET / target).write_bytes(content)
            files[asset.name] = {
                "file": target,
                "package": asset.package,
                "version": package["version"],
                "licence": package["license"],
                "bytes": len(content),
                "integrity": sri(content),
            }
    (TARGET / "manifest.json").write_text(json.dumps({"files": files}, indent=2, sort_keys=True) + "\n")
    print(f"vendor: {len(files)} files in {TARGET.relative_to(ROOT)}")


def problems(folder: Path = TARGET) -> list[str]:
    """Return a sentence per difference between the folder and its manifest; an empty list when they agree."""
    manifest = json.loads((folder / "manifest.json").read_text())["files"]
    found = []
    for name, entry in manifest.items():
        path = folder / entry["file"]
        if not path.is_file():
            found.append(f"{name}: {entry['file']} is missing")
        elif sri(path.read_bytes()) != entry["integrity"]:
            found.append(f"{name}: {entry['file']} differs from the manifest")
    known = {entry["file"] for entry in manifest.values()} | {"manifest.json"}
    found += [
        f"{path.name} is not in the manifest" for path in folder.iterdir() if path.is_file() and path.name not in known
    ]
    return found


def main() -> None:
    """Fetch, or check with `--check` (exit code 1 and a line per difference)."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="compare the files with the manifest, offline")
    if not parser.parse_args().check:
        update()
        return
    found = problems()
    if found:
        sys.exit("\n".join(f"vendor: {line}" for line in found))
    print("vendor: every file is as the manifest says")


if __name__ == "__main__":
    main()
