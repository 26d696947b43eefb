#!/bin/bash
# Installs what the tests need beside Go, on Debian and where root is at hand;
# axe-core, which the tests in the browser need, comes with npm into a cache
# outside the checkout. Elsewhere it says what will be skipped: the tests skip
# it by themselves.
set -euo pipefail

axe=4.14.0 # the same as in internal/browser
cache="${XDG_CACHE_HOME:-$HOME/.cache}/wardbook/axe-core-$axe"
if [ ! -f "$cache/node_modules/axe-core/axe.min.js" ]; then
	if command -v npm >/dev/null && mkdir -p "$cache" &&
		npm install --prefix "$cache" --ignore-scripts --no-audit --no-fund --silent "axe-core@$axe" </dev/null >/dev/null 2>&1; then
		echo "installed: axe-core $axe"
	else
		echo "SKIPPED: tests in the browser, which need axe-core $axe (npm)"
	fi
fi

needs=()
command -v chromium >/dev/null || command -v chromium-browser >/dev/null || command -v google-chrome >/dev/null || needs+=(chromium)
command -v pdftotext >/dev/null || needs+=(poppler-utils)
command -v psql >/dev/null && ls /usr/lib/postgresql/*/bin/postgres >/dev/null 2>&1 || needs+=(postgresql)
[ "${#needs[@]}" -eq 0 ] && exit 0

as_root=()
if [ "$(id -u)" -ne 0 ]; then
	if command -v sudo >/dev/null && sudo -n true 2>/dev/null; then as_root=(sudo -n); else as_root=(false); fi
fi
if command -v apt-get >/dev/null && [ "${as_root[*]}" != false ]; then
	export DEBIAN_FRONTEND=noninteractive
	if "${as_root[@]}" apt-get install -y --no-install-recommends "${needs[@]}" </dev/null >/dev/null 2>&1 ||
		{ "${as_root[@]}" apt-get update </dev/null >/dev/null 2>&1 &&
			"${as_root[@]}" apt-get install -y --no-install-recommends "${needs[@]}" </dev/null >/dev/null 2>&1; }; then
		echo "installed: ${needs[*]}"
		exit 0
	fi
fi
echo "SKIPPED: tests that need ${needs[*]}: the text of the PDF report (poppler-utils), the store on PostgreSQL (postgresql), the pages in a browser (chromium)"
