# Wardbook: what people and the build machine run. CONTRIBUTING.md says when.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

GO ?= go
# A checkout that belongs to somebody else has no version to stamp.
VCS := $(shell git rev-parse HEAD >/dev/null 2>&1 || echo -buildvcs=false)
LINT := $(GO) tool -modfile=tools/go.mod golangci-lint
# With the race detector: what runs in parallel, on the sample hospital. The
# scripts would take minutes.
RACE := -skip TestScripts ./cmd/wardbook ./internal/assess ./internal/intake
FUZZTIME ?= 5s
KILL_ROUNDS ?= 200
SAMPLE := examples/st-example

.PHONY: help
help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' Makefile

.PHONY: build
build: ## Build the program as bin/wardbook: one static file
	CGO_ENABLED=0 $(GO) build $(VCS) -trimpath -o bin/wardbook ./cmd/wardbook

.PHONY: demo
demo: build ## Assess the sample hospital, then serve it with a year of history; DEMO_SERVE=0 only makes both
	./bin/wardbook assess \
	  --inventory $(SAMPLE)/inventory/cmms-export.csv --inventory $(SAMPLE)/inventory/imaging.xlsx \
	  --sbom $(SAMPLE)/sbom --advisories $(SAMPLE)/advisories --vulns $(SAMPLE)/vulns --vex $(SAMPLE)/vex \
	  --kev $(SAMPLE)/kev.json --epss $(SAMPLE)/epss.csv \
	  --at 2025-09-01 --organization "St. Example Hospital" --out demo-out
	@echo
	@echo "The report: $(CURDIR)/demo-out/report.html (open it in a browser), and report.pdf beside it"
	@echo
	./bin/wardbook demo --database demo-out/demo.db --sample $(SAMPLE)

.PHONY: test
test: ## Run all tests; on Debian, install first what they need
	./scripts/test-needs.sh
	$(GO) test -timeout 8m ./...
	@if [ "$$($(GO) env CGO_ENABLED)" = 1 ] && command -v "$$($(GO) env CC)" >/dev/null; \
	then $(GO) test -race -timeout 8m $(RACE); \
	else echo "SKIPPED: tests with the race detector, which needs a C compiler"; fi

.PHONY: fuzz
fuzz: ## Fuzz every decoder for FUZZTIME each (5s); go test runs the seeds only
	./scripts/fuzz.sh $(FUZZTIME)

.PHONY: kill
kill: ## Kill a program that writes, KILL_ROUNDS times (200) on each engine; make test does 10
	WARDBOOK_KILL_ROUNDS=$(KILL_ROUNDS) $(GO) test -count 1 -timeout 60m -v -run 'TestKill$$' ./internal/store

.PHONY: check
check: ## Formatting, vet, lint, tidy modules, fresh generated files
	@test -z "$$(gofmt -l .)" || { gofmt -d .; echo "run gofmt -w"; exit 1; }
	$(GO) vet ./...
	cd bench/peers && $(GO) vet ./...
	$(GO) mod tidy -diff
	./scripts/fresh.sh
	./scripts/lint.sh $(LINT)

.PHONY: screenshots
screenshots: export DEMO_SERVE = 0
screenshots: demo ## Make the pictures of the documentation (needs chromium and poppler-utils)
	./scripts/screenshots.sh

.PHONY: clean
clean: ## Remove what the build and the demo made
	rm -rf bin demo-out
