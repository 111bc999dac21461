# Hawker. `make run` starts a mall, `make test` proves it; each installs what it needs and says so.
SHELL := /bin/bash
GO    ?= go
DATA  ?= data
HTTP  ?= 127.0.0.1:8080
RTMP  ?= 127.0.0.1:1935
ARGS  ?=
export CGO_ENABLED ?= 0

WEB_SOURCES := $(shell git ls-files web 2>/dev/null | grep -v '^web/dist' || true)
TOOLS := bin/tools

.PHONY: run build web test bench lint fmt clean help
help: ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*##/\t/' | expand -t 16

run: need-run build ## build and start a mall with demo data in ./data
	./bin/hawker serve --demo --data $(DATA) --http $(HTTP) --rtmp $(RTMP) $(ARGS)

build: web ## the one binary, bin/hawker
	$(GO) build -trimpath -ldflags '-s -w' -o bin/hawker ./cmd/hawker

web: web/dist/.built ## the two front ends

web/dist/.built: $(WEB_SOURCES) web/node_modules/.installed
	cd web && npm run --silent build
	touch $@

web/node_modules/.installed: web/package-lock.json
	@echo "installing web dependencies from the npm registry"
	cd web && npm ci --no-audit --no-fund --ignore-scripts --loglevel=error
	touch $@

.PHONY: need-run need-test
need-run:
	@scripts/need ffmpeg:ffmpeg ffprobe:ffmpeg

need-test: need-run
	@scripts/need chromium:chromium,fonts-noto-cjk mariadbd:mariadb-server mariadb-admin:mariadb-client gcc:gcc,libc6-dev nginx:nginx-light,libnginx-mod-rtmp gst-launch-1.0:gstreamer1.0-tools,gstreamer1.0-plugins-base,gstreamer1.0-plugins-good,gstreamer1.0-plugins-bad,gstreamer1.0-plugins-ugly,gstreamer1.0-libav

test: need-test ## everything but load
	@MAKE="$(MAKE)" scripts/summary build lint test-web test-go test-mysql test-e2e

.PHONY: test-web test-go test-mysql test-e2e
test-web:
	cd web && npm run --silent typecheck && npm run --silent test && npm run --silent check:size

# Our packages: a package of npm ships Go files too.
PACKAGES = $$($(GO) list ./... | grep -v node_modules)

# -race needs cgo; the program itself does without.
test-go:
	CGO_ENABLED=1 $(GO) test -race -timeout 20m $(PACKAGES)

# The packages that keep rows, again, on MariaDB.
test-mysql:
	scripts/with-mariadb $(GO) test -timeout 15m $$($(GO) list -f '{{if or .TestImports .XTestImports}}{{.ImportPath}} {{join .TestImports " "}} {{join .XTestImports " "}}{{end}}' ./internal/... ./test/... | grep -E 'sqltest|/test/' | cut -d' ' -f1)

test-e2e: bin/hawker
	cd web && npm run --silent e2e

bin/hawker:
	@$(MAKE) --no-print-directory build

lint: $(TOOLS)/.installed web/node_modules/.installed ## gofumpt, vet, staticcheck, eslint, tokens, texts
	@test -z "$$($(TOOLS)/gofumpt -l cmd internal test web/*.go)" || { echo "not gofumpt-ed:"; $(TOOLS)/gofumpt -l cmd internal test web/*.go; exit 1; }
	$(GO) vet $(PACKAGES)
	$(TOOLS)/staticcheck $(PACKAGES)
	cd web && npm run --silent format:check && npm run --silent lint && npm run --silent check:tokens && npm run --silent check:locales

$(TOOLS)/.installed: tools/go.mod
	@echo "building gofumpt and staticcheck"
	@mkdir -p $(TOOLS)
	cd tools && GOBIN=$(CURDIR)/$(TOOLS) $(GO) install mvdan.cc/gofumpt honnef.co/go/tools/cmd/staticcheck
	touch $@

fmt: $(TOOLS)/.installed ## format everything
	$(TOOLS)/gofumpt -w cmd internal test web/*.go
	cd web && npm run --silent format

bench: need-run build ## the figures, as tables
	./bin/hawker bench $(ARGS)

openapi: ## renew the description that the web client's types are made from
	$(GO) run ./cmd/hawker openapi > web/packages/api/openapi.json

clean: ## forget what was built (not ./data)
	rm -rf bin web/dist/mall web/dist/console web/dist/.built
