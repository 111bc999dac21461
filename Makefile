# Hawker. `make run` starts a mall, `make test` proves it; each installs what it needs and says so.
SHELL := /bin/bash
GO    ?= go
DATA  ?= data
HTTP  ?= 127.0.0.1:8080
RTMP  ?= 127.0.0.1:1935
ARGS  ?=
MINUTES ?= 30
export CGO_ENABLED ?= 0

WEB_SOURCES := $(shell git ls-files web 2>/dev/null | grep -v '^web/dist' || true)
TOOLS := bin/tools

.PHONY: run build web test bench cluster soak fuzz lint fmt clean help
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
	@scripts/need chromium:chromium,fonts-noto-cjk mariadbd:mariadb-server mariadb-admin:mariadb-client gcc:gcc,libc6-dev pebble:pebble redis-server:redis-server rabbitmq-server:rabbitmq-server epmd:erlang-base nginx:nginx-light,libnginx-mod-rtmp,libnginx-mod-stream /usr/lib/nginx/modules/ngx_http_lua_module.so:libnginx-mod-http-lua gst-launch-1.0:gstreamer1.0-tools,gstreamer1.0-plugins-base,gstreamer1.0-plugins-good,gstreamer1.0-plugins-bad,gstreamer1.0-plugins-ugly,gstreamer1.0-libav

test: need-test ## everything but load
	@MAKE="$(MAKE)" scripts/summary build lint+test-web test-go test-mysql+test-brokers+test-s3 test-e2e

check: need-run ## the quick lane: lint and unit tests, warm under 3 minutes
	@MAKE="$(MAKE)" scripts/summary lint test-web test-unit

.PHONY: check test-web test-unit test-go test-mysql+test-brokers+test-s3 test-e2e
# The programs that a test starts are built once.
export HAWKER_TEST_BINARY ?= $(CURDIR)/bin/hawker

# Without what starts encoders, browsers or the program itself.
test-unit:
	$(GO) test $$($(GO) list ./cmd/... ./internal/... ./web | grep -vE '/media/(ffmpeg|ladder|relay|whip)$$|/(bench|clip|video)$$')

test-web:
	cd web && npm run --silent typecheck && npm run --silent test && npm run --silent check:size

# What takes longest begins first: it would be alone at the end.
LONG = ./test/... ./internal/media/whip ./internal/video
LONG_ROWS = ./test/api ./test/fault ./internal/video

# Our packages: a package of npm ships Go files too.
PACKAGES = $$($(GO) list ./... | grep -v node_modules)

# SQLite's translation from C, ciphers, picture codecs and Go's own parser are others' arithmetic:
# the race detector makes them ten times slower and has nothing to find there. Their locks are sync's, which it sees.
UNWATCHED = $(foreach p,modernc.org/sqlite/lib modernc.org/libc modernc.org/memory golang.org/x/crypto/... \
	filippo.io/... golang.org/x/image/... image/... go/...,-gcflags=$(p)=-race=false)

# -race needs cgo; the program itself does without. Packages wait for encoders and clocks more than they compute.
# An encoder of a rendition makes way for everything else, and is ended when it falls behind: those are tested when
# nothing is compiled or computed beside them.
test-go: build
	CGO_ENABLED=1 scripts/in-memory $(GO) test -race $(UNWATCHED) -ldflags='-s -w' -p 3 -timeout 20m $(LONG) $$(echo $(PACKAGES) | tr ' ' '\n' | grep -v '/media/ladder$$')
	CGO_ENABLED=1 scripts/in-memory $(GO) test -race $(UNWATCHED) -ldflags='-s -w' -timeout 10m ./internal/media/ladder

# The packages that keep rows, again, on MariaDB; what they asked is then read with TiDB's grammar.
test-mysql: export HAWKER_TEST_STATEMENTS := $(shell mktemp -u)
test-mysql: build
	scripts/in-memory scripts/with-mariadb $(GO) test -ldflags='-s -w' -p 3 -timeout 15m $(LONG_ROWS) $$($(GO) list -f '{{if or .TestImports .XTestImports}}{{.ImportPath}} {{join .TestImports " "}} {{join .XTestImports " "}}{{end}}' ./internal/... ./test/... | grep -E 'sqltest|/test/' | cut -d' ' -f1)
	cd test/tidb && $(GO) test ./...
	@rm -f $(HAWKER_TEST_STATEMENTS)

# What is carried by a broker, beside one that falls: one package after another.
test-brokers: build
	scripts/in-memory scripts/with-rabbitmq sh -c '$(GO) test -timeout 5m ./internal/platform/events/amqp && $(GO) test -timeout 5m -run ABroker ./test/fault'

# Files for containers, Kubernetes, systemd and figures, read by the tools that will read them. Their libraries are a
# gigabyte of source: not part of test.
.PHONY: check-deploy
check-deploy: build ## deploy/ held to Docker's, Helm's, Prometheus' and systemd's own parsers (not part of test)
	cd test/deploy && $(GO) vet ./... && $(GO) test ./...

# Object storage beside one that falls.
test-s3: build $(TOOLS)/versitygw
	scripts/in-memory scripts/with-s3 sh -c '$(GO) test -timeout 5m ./internal/platform/blob/... && $(GO) test -timeout 5m -run ObjectStorage ./test/fault \
		&& scripts/with-mariadb $(GO) test -timeout 5m -run "InCommon|Straight" ./test/cluster'

test-e2e: build
	cd web && ../scripts/in-memory npm run --silent e2e

lint: $(TOOLS)/.installed web/node_modules/.installed ## golangci-lint (gofumpt, vet, staticcheck and more), eslint, tokens, texts
	$(TOOLS)/golangci-lint run ./cmd/... ./internal/... ./test/... ./web
	cd web && npm run --silent format:check && npm run --silent lint && npm run --silent check:tokens && npm run --silent check:locales

$(TOOLS)/.installed: tools/go.mod
	@echo "building golangci-lint"
	@mkdir -p $(TOOLS)
	cd tools && GOBIN=$(CURDIR)/$(TOOLS) $(GO) install github.com/golangci/golangci-lint/v2/cmd/golangci-lint
	touch $@

$(TOOLS)/versitygw: tools/s3/go.mod
	@echo "building versitygw, an S3 server for tests"
	@mkdir -p $(TOOLS)
	cd tools/s3 && GOBIN=$(CURDIR)/$(TOOLS) $(GO) install -trimpath -ldflags='-s -w' github.com/versity/versitygw/cmd/versitygw
	touch $@

$(TOOLS)/kafka: go.mod test/kafka/main.go
	@mkdir -p $(TOOLS)
	$(GO) build -trimpath -o $@ ./test/kafka

fmt: $(TOOLS)/.installed ## format everything
	$(TOOLS)/golangci-lint fmt ./cmd/... ./internal/... ./test/... ./web
	cd web && npm run --silent format

bench: need-run build ## the figures, as tables
	./bin/hawker bench $(ARGS)

cluster: BROKER = rabbitmq
cluster: need-test build $(TOOLS)/versitygw $(TOOLS)/kafka ## a mall of several nodes on this machine: DATA=DIR, BROKER=kafka, addresses in DIR/cluster.json
	DATA=$(DATA) scripts/with-mariadb scripts/with-s3 scripts/with-$(BROKER) scripts/cluster

soak: need-run ## MINUTES=30 of load while it is killed, its disk fills and its clock jumps (not part of test)
	MINUTES=$(MINUTES) GO=$(GO) scripts/soak

fuzz: MINUTES = 10
fuzz: ## MINUTES=10 of each fuzzer, one after another (not part of test)
	MINUTES=$(MINUTES) GO=$(GO) scripts/fuzz

openapi: ## renew the description that the web client's types are made from
	$(GO) run ./internal/platform/schemadoc/generate
	$(GO) run ./cmd/hawker openapi > web/packages/api/openapi.json

.PHONY: sbom vulns
sbom: build ## what the build consists of, as CycloneDX: bin/hawker.cdx.json
	node scripts/sbom.mjs bin/hawker > bin/hawker.cdx.json

vulns: ## what is known of its parts; says so where nobody can be asked
	scripts/vulns

clean: ## forget what was built (not ./data)
	rm -rf bin web/dist/mall web/dist/console web/dist/.built
