#!/bin/bash
# Checks that generated files are what their generators make: the sample
# hospital, the compiled catalogue, the copy of the schema.
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
go run ./scripts/catalog "$tmp/compiled.json"
cmp catalog/compiled.json "$tmp/compiled.json" || {
	echo "catalog/compiled.json is not what go generate ./catalog makes: run it" >&2
	exit 1
}
cmp internal/report/assessment.schema.json docs/assessment.schema.json || {
	echo "docs/assessment.schema.json is not the schema that the program holds" >&2
	exit 1
}
