#!/bin/bash
# Fuzzes every fuzz target of the repository for the given time, one by one.
set -euo pipefail
time=${1:-5s}

grep -rl --include='*_test.go' '^func Fuzz' --exclude-dir=bench . | xargs -n1 dirname | sort -u | while read -r dir; do
	for target in $(grep -h '^func Fuzz' "$dir"/*_test.go | sed 's/^func \(Fuzz[A-Za-z0-9_]*\).*/\1/' | sort -u); do
		echo "== $dir $target"
		go test "$dir" -run '^$' -fuzz "^$target\$" -fuzztime "$time" -parallel 2 </dev/null
	done
done
