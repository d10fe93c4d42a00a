# `make` alone lists the targets. Everything is built from source through the Go module proxy; nothing is downloaded ready-made.
MAKEFLAGS += --warn-undefined-variables --no-builtin-rules
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

GOLANGCI_LINT_VERSION := v2.15.0
ACTIONLINT_VERSION := v1.7.12
VERSION ?= $(shell ./manifests/release/version.sh 2>/dev/null || echo unknown)
KEEP ?=
NODE ?=
FUZZTIME ?= 2000x
# One setting for builds and tests alike, so that they share the build cache.
export CGO_ENABLED := 0
GO_BUILD := go build -ldflags "-s -w -X main.version=$(VERSION)"
# The Go modules of this repository: the product, and what tests and generates it.
MODULES := . manifests/release test/cluster test/awsfake test/azurefake test/gcpfake manifests/crdgen manifests/image

.PHONY: help
help: ## List the targets.
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  %-18s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: build
build: ## Build both programs into bin/.
	$(GO_BUILD) -o bin/ ./cmd/...

.PHONY: image
image: ## Make the runner's image for amd64 and arm64 in dist/image: an OCI layout, and an archive to load by hand.
	go -C manifests/image run . --version $(VERSION) --output $(CURDIR)/dist/image

.PHONY: release
release: image ## Make all files of a release in dist/release, with the image: archives for six platforms, checksums, parts lists.
	go -C manifests/release run . --version $(VERSION) --image $(CURDIR)/dist/image/oci --output $(CURDIR)/dist/release

.PHONY: demo
demo: build ## Sync the example end to end on a control plane of its own (KEEP=1 leaves it running).
	KEEP=$(KEEP) go run ./test/demo

.PHONY: demo-stop
demo-stop: ## End what KEEP=1 make demo has left running.
	go run ./test/demo stop

# Tests that start servers or build programs want to be asked for: go test ./... alone is for the time between two edits.
test test-node test-scale test-openbao: export E2E := 1

.PHONY: test
test: ## Run every test but those of the next five: units, a real control plane, real provider servers.
	go vet ./...
	go -C test/cluster run . build
	@# More at a time than there are processors: many wait, for a program to be compiled or for a server's time to pass.
	go test -p 3 -parallel 4 -timeout 20m $$(go list ./... | grep -vE '/test/(node|scale)$$')
	go -C test/cluster test ./...
	go -C test/awsfake test ./...
	go -C test/azurefake test ./...
	go -C test/gcpfake test ./...
	go -C manifests/crdgen test ./...
	go -C manifests/image test ./...
	go -C manifests/release test ./...
	@go run ./test/missing

.PHONY: test-operator
test-operator: ## Let External Secrets Operator itself and the product take over from each other (compiles it: minutes).
	go test -tags operator -run Compatibility -timeout 40m ./test/neighbour

.PHONY: test-openbao
test-openbao: ## Hold the provider openBao to the contract on OpenBao itself, with its namespaces (compiles it: minutes).
	go test -tags openbao -run OpenBao -timeout 40m ./core/provider/vault

.PHONY: test-node
test-node: ## Run the tests on a real node (Linux, root, after test/node/get.sh; minutes).
	go -C test/cluster run . build --node
	REQUIRE_NODE=1 go -C test/cluster test -run 'Node|Claim' . ./internal/sandbox
	REQUIRE_NODE=1 go test -parallel 10 -timeout 30m ./test/node # they mostly wait

.PHONY: test-scale
test-scale: ## Run what takes a control plane to itself: 10,000 ExternalSecrets, an API server that goes away (minutes).
	go test -v -timeout 20m ./test/scale

.PHONY: test-release
test-release: ## Make a release twice, compare the bytes, and have krew take it (compiles for six platforms: minutes).
	go test -v -tags release -run TestAllOfARelease -timeout 60m ./test/release

.PHONY: fuzz
fuzz: ## Run each fuzz target for FUZZTIME: 2,000 inputs, or a time such as 30s.
	for package in $$(grep -rl --include='*_test.go' '^func Fuzz' core | xargs -n1 dirname | sort -u); do \
		for target in $$(grep -ho '^func Fuzz[A-Za-z]*' $$package/*_test.go | cut -c6-); do \
			go test -run='^$$' -fuzz="^$$target\$$" -fuzztime=$(FUZZTIME) ./$$package; \
		done; \
	done

.PHONY: bench
bench: ## Measure a pass against the least the API server can do, how soon a lingering run reacts, status -A and start-up against kubectl.
	go test -run=- -bench=. -benchtime=1x ./test/bench

.PHONY: cluster
cluster: ## Run a control plane until Ctrl-C and print its kubeconfig (NODE=1 adds a node).
	go -C test/cluster run . up $(if $(NODE),--node)

.PHONY: generate
generate: ## Make the generated files anew: CRDs, the command reference.
	go -C manifests/crdgen run .
	go run ./docs/generate

.PHONY: verify
verify: generate ## Fail if a generated file, a go.mod or the formatting is not as it should be.
	for module in $(MODULES) test/operator test/helm test/krew test/vault test/openbao; do go -C $$module mod tidy -diff; done
	test -z "$$(gofmt -l $$(git ls-files '*.go'))"
	git diff --exit-code -- manifests docs

.PHONY: lint
lint: bin/golangci-lint-$(GOLANGCI_LINT_VERSION) bin/actionlint-$(ACTIONLINT_VERSION) ## Run golangci-lint and, on the workflows, actionlint, both pinned.
	bin/actionlint-$(ACTIONLINT_VERSION) -shellcheck= -pyflakes= .github/workflows/*.yml
	for module in $(MODULES); do (cd $$module && $(CURDIR)/bin/golangci-lint-$(GOLANGCI_LINT_VERSION) run --config $(CURDIR)/.golangci.yml ./...); done

bin/golangci-lint-$(GOLANGCI_LINT_VERSION):
	GOBIN=$(CURDIR)/bin go install github.com/golangci/golangci-lint/v2/cmd/golangci-lint@$(GOLANGCI_LINT_VERSION)
	mv bin/golangci-lint $@

bin/actionlint-$(ACTIONLINT_VERSION):
	GOBIN=$(CURDIR)/bin go install github.com/rhysd/actionlint/cmd/actionlint@$(ACTIONLINT_VERSION)
	mv bin/actionlint $@
