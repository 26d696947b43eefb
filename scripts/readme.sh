#!/bin/bash
# Runs the commands of README.md in a fresh clone: every sh block under a line
# "<!-- tested -->", in order, in the folder of the clone.
set -euo pipefail
cd "$(dirname "$0")/.."

tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
if ! git clone -q . "$tmp/wardbook" 2>/dev/null; then
	echo "git cannot clone this checkout (does it belong to somebody else?): copied instead"
	mkdir "$tmp/wardbook"
	tar --exclude ./.git --exclude ./bin --exclude ./demo-out -cf - . | tar -C "$tmp/wardbook" -xf -
fi
cd "$tmp/wardbook"
awk '/^<!-- tested -->/ {marked=1; next}
     /^```sh/ && marked {inside=1; marked=0; next}
     /^```/ {inside=0}
     inside {print}' README.md > "$tmp/commands"
[ -s "$tmp/commands" ] || { echo "README.md has no tested command" >&2; exit 1; }
export GOBIN=$tmp/bin WARDBOOK_CACHE=$tmp/cache
bash -euo pipefail -x "$tmp/commands" </dev/null
