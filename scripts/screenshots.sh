#!/bin/bash
# Makes the pictures of the documentation from demo-out/ (make demo first): the
# report, and the pages of a server with the sample hospital. Needs chromium for
# the pages and pdftoppm for the PDF.
set -euo pipefail
cd "$(dirname "$0")/.."

[ -f demo-out/report.html ] || { echo "run make demo first" >&2; exit 1; }
chromium=$(command -v chromium || command -v chromium-browser || command -v google-chrome) || {
	echo "chromium is not installed" >&2
	exit 1
}
profile=$(mktemp -d)
server=
stop() {
	[ -z "$server" ] || kill "$server" 2>/dev/null || true
	rm -rf "$profile"
}
trap stop EXIT
mkdir -p docs/img

# shot NAME WIDTH HEIGHT ANCHOR: the report as a reader sees it at an anchor.
shot() {
	"$chromium" --headless --no-sandbox --disable-gpu --disable-quic --no-first-run \
		--disable-background-networking --disable-component-update --disable-sync \
		--user-data-dir="$profile" --hide-scrollbars --force-device-scale-factor=1 \
		--window-size="$2,$3" --screenshot="$PWD/docs/img/$1.png" "file://$PWD/demo-out/report.html$4" 2>/dev/null
}

# page NAME N: page N of the PDF.
page() {
	pdftoppm -r 100 -png -f "$2" -l "$2" -singlefile demo-out/report.pdf "docs/img/$1"
}

# first TEXT: the first page of the PDF that holds a text.
first() {
	local n text
	for ((n = 1; n < 60; n++)); do
		text=$(pdftotext -f "$n" -l "$n" demo-out/report.pdf - 2>/dev/null)
		if [[ $text == *"$1"* ]]; then
			echo "$n"
			return
		fi
	done
	echo "no page of the report holds $1" >&2
	exit 1
}

page report-answer "$(first 'What to do first')"
page report-risk "$(first 'Hazardous situation')"
# The pages: a book with the sample assessment, served on a free port.
./bin/wardbook keep --database "$profile/book.db" --organization "St. Example Hospital" --out demo-out \
	--by "Ana Ruiz" --reason "monthly assessment" >/dev/null
./bin/wardbook serve --database "$profile/book.db" --listen 127.0.0.1:0 >"$profile/serve" 2>"$profile/log" &
server=$!
for _ in {1..100}; do
	setup=$(grep -o 'http://[^ ]*/setup/[^ ]*' "$profile/serve") && break
	sleep 0.2
done
WARDBOOK_SHOTS="$PWD/docs/img" WARDBOOK_AT="$setup" ${GO:-go} test -count=1 -run '^TestShots$' ./internal/web

for f in docs/img/*.png; do
	[ "$(stat -c %s "$f")" -lt 204800 ] || echo "larger than 200 KB: $f" >&2
done
ls -l docs/img
