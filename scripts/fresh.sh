#!/bin/bash
# Checks that the sample hospital's files are what its generator makes.
set -euo pipefail
cd "$(dirname "$0")/.."

tmp=$(mktemp -d examples/.fresh-XXXXXX)
trap 'rm -rf "$tmp"' EXIT
cp -r examples/st-example/. "$tmp"
(cd "$tmp" && go run generate*.go)
if ! diff -rq examples/st-example "$tmp"; then
	echo "examples/st-example is not what its generator makes: run it, see its README" >&2
	exit 1
fi
cmp internal/report/assessment.schema.json docs/assessment.schema.json || {
	echo "docs/assessment.schema.json is not the schema that the program holds" >&2
	exit 1
}
