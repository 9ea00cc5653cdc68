#!/usr/bin/env bash
# The documents' name for bringing the front end libraries up to date. They are vendored once for all systems, with versions and
# digests: packages/face/vendor says which. `./update_static_deps.sh --check` only compares.
set -euo pipefail
cd "$(dirname "$0")/.."
exec .venv/bin/python tools/vendor.py "$@"
