#!/bin/sh
# Installs the official SDKs that the suites drive: Python into .venv at the root of the repository, JavaScript here.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
[ -x "$root/.venv/bin/python" ] || python3 -m venv "$root/.venv"
"$root/.venv/bin/python" -m pip install --quiet --disable-pip-version-check -r "$here/requirements.txt"
cd "$here"
# tos-crc64-js ships its code compiled; its install script would only do something if it were not.
npm ci --omit-lockfile-registry-resolved --ignore-scripts --no-audit --no-fund --loglevel=error
