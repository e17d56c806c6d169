# The only entry point. `make run` and `make test` set up a fresh Debian machine with Swift.
SWIFT ?= swift
NATIVE ?= -Xcc -march=native
RELEASE = $(SWIFT) build -c release $(NATIVE)
KFRAG = .build/release/kfrag
PACKAGES = libgsl-dev libzstd-dev liblzma-dev zlib1g-dev libelf-dev libssl-dev libsqlite3-dev pkg-config zstd xz-utils valgrind

.PHONY: run build test test-only lint format deps

run: build
	@$(KFRAG) compare Scenarios/debian12-host.yaml

build: deps
	@$(RELEASE) --product kfrag

test: deps lint test-only

test-only:
	$(SWIFT) test --disable-xctest

lint:
	$(SWIFT) format lint --strict -r Package.swift Plugins Sources Tests

format:
	$(SWIFT) format -i -r Package.swift Plugins Sources Tests

# Installs only what is missing; does nothing, and needs no root, when all is there.
deps:
	@missing=""; for p in $(PACKAGES); do \
	  dpkg-query -W -f='$${Status}' $$p 2>/dev/null | grep -q 'ok installed' || missing="$$missing $$p"; \
	done; if [ -n "$$missing" ]; then \
	  sudo=""; [ "$$(id -u)" = 0 ] || sudo=sudo; \
	  $$sudo apt-get update -qq && $$sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq $$missing; \
	fi
