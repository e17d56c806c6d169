# The only entry point. `make run` and `make test` set up a fresh Debian machine with Swift.
SWIFT ?= swift
NATIVE ?= -Xcc -march=native
RELEASE = $(SWIFT) build -c release $(NATIVE)
KFRAG = .build/release/kfrag
PACKAGES = libgsl-dev libzstd-dev liblzma-dev zlib1g-dev libelf-dev libssl-dev libsqlite3-dev pkg-config zstd xz-utils valgrind

.PHONY: run build test test-only lint format deps record test-record test-slurm

run: build
	@$(KFRAG) compare Scenarios/debian12-host.yaml

build: deps
	@$(RELEASE) --product kfrag

test: deps lint test-only

test-only:
	$(SWIFT) test --disable-xctest

# Sweeps as a Slurm job array, against real slurmctld, slurmd and munged started here; as root.
test-slurm: PACKAGES += slurm-wlm munge
test-slurm: deps
	$(SWIFT) build --product kfrag
	Tests/Slurm/test.sh .build/debug/kfrag

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

# Records a Debian kernel under QEMU: make record KERNEL=linux-image-6.1.0-56-amd64 OUT=mine.kft
KERNEL ?= linux-image-$(shell uname -r)
SCENARIO ?= access
OUT ?= $(SCENARIO).kft
record: PACKAGES += $(shell record/record.sh --packages)
record: build
	KFRAG=$(abspath $(KFRAG)) record/record.sh $(KERNEL) $(SCENARIO) $(OUT)

# A short recording end to end: it must replay, and hold ext4's text.
test-record:
	$(MAKE) record SCENARIO=smoke OUT=.build/smoke.kft
	$(KFRAG) tlb .build/smoke.kft --layout recorded --l1i 64x8 --l1d 64x4 --l2 1536x12
