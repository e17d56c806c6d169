# The only entry point. `make run` and `make test` set up a fresh Debian machine with Swift.
SWIFT ?= swift
NATIVE ?= -Xcc -march=native
# Swift's library inside: half of what a command takes to start went into finding its parts.
RELEASE = $(SWIFT) build -c release $(NATIVE) --static-swift-stdlib
KFRAG = .build/release/kfrag
PACKAGES = libgsl-dev libzstd-dev liblzma-dev zlib1g-dev libelf-dev libssl-dev libsqlite3-dev pkg-config zstd xz-utils valgrind gnuplot-nox

.PHONY: run build test test-only lint format deps record test-record test-slurm

run: build
	@$(KFRAG) compare Scenarios/debian12-host.yaml
	@echo
	@$(KFRAG) compare Scenarios/recorded-debian-6.1.yaml

build: deps
	@$(RELEASE) --product kfrag

# The report is tested in a real browser.
test: PACKAGES += chromium
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
KERNEL ?= $(shell record/record.sh --kernel)
SCENARIO ?= access
OUT ?= $(SCENARIO).kft
record: PACKAGES += $(shell record/record.sh --packages)
record: build
	KFRAG=$(abspath $(KFRAG)) record/record.sh $(KERNEL) $(SCENARIO) $(OUT)

# A short recording end to end: it must replay as it was, and name ext4, which is then linked in.
TLB = $(KFRAG) tlb .build/smoke.kft --l1i 64x8 --l1d 64x4 --l2 1536x12 --layout
test-record:
	$(MAKE) record SCENARIO=smoke OUT=.build/smoke.kft
	$(TLB) recorded
	$(TLB) monolithic --built-in ext4

# From clone to the opened report: `make report`.
REPORT ?= .build/report.html
# The library's documentation, with a reading order of the source.
.PHONY: doc
doc:
	KFRAG_DOCC=1 $(SWIFT) package --allow-writing-to-directory .build/doc \
	  generate-documentation --target Sim --output-path .build/doc --transform-for-static-hosting

.PHONY: readme report picture man install deb test-deb kick-tires
report: build
	@$(KFRAG) compare Scenarios/debian12-host.yaml --json -o .build/report.json
	@$(KFRAG) report .build/report.json --html $(REPORT)
	@echo "the report is $(REPORT)"
	@if [ -n "$$DISPLAY$$WAYLAND_DISPLAY" ] && command -v xdg-open >/dev/null; then xdg-open $(REPORT); fi

# The picture README.md opens with.
picture: build
	@$(KFRAG) compare Scenarios/debian12-host.yaml --json -o .build/picture.json
	@$(KFRAG) report .build/picture.json --svg docs/penalty.svg

# The outputs README.md shows, and its picture, from this build.
readme: picture
	@sh docs/fill-readme.sh $(KFRAG) README.md

# Studies under Results made again, each claim checked: make reproduce STUDY=penalty|systems|cure|
# history|validation|peers|all
STUDY ?= all
.PHONY: reproduce
reproduce: build
	@KFRAG=$(KFRAG) sh Scenarios/studies/reproduce.sh $(STUDY)

# The fit that ships as the default workload, from the recording that ships.
.PHONY: fit
fit: build
	@$(KFRAG) fit Scenarios/recorded/debian-6.1-access.kft -o Sources/Sim/Trace/Generators/Data/debian-6.1.yaml

# kfrag.1 and one page a verb, by the argument parser's plugin.
MANUALS = .build/plugins/GenerateManual/outputs/Bench
man:
	$(SWIFT) package plugin generate-manual --configuration debug --multi-page

PREFIX ?= /usr/local
install: build man
	packaging/stage.sh $(KFRAG) $(MANUALS) "$(DESTDIR)" $(PREFIX)

# For any computer of this architecture: no native code, Swift's library inside.
PORTABLE = .build-deb
PORTABLY = $(SWIFT) build -c release --scratch-path $(PORTABLE) --static-swift-stdlib
.PHONY: portable
portable: deps
	$(PORTABLY) --product kfrag
	$(PORTABLY) --product Gate

# That binary as a package.
deb: portable man
	packaging/deb.sh $(PORTABLE)/release/kfrag $(MANUALS) .build

# Wants root: installs the package in a clean Debian root and runs it there.
test-deb: PACKAGES += debootstrap
test-deb: deb
	packaging/test-deb.sh .build/kfrag_*.deb

# For artifact evaluation: under two minutes after the build.
kick-tires: build
	@packaging/kick-tires.sh $(KFRAG)

# Instruction counts of the kernels against Tests/Performance/budgets.json, without native code:
# callgrind knows no AVX-512.
GATE = $(PORTABLE)/release/Gate
.PHONY: perf-gate peers
perf-gate: portable
	@GATE=$(GATE) Tests/Performance/gate.sh
	@GATE=$(GATE) Tests/Performance/test-gate.sh

# kfrag, our C loops and the peers found, on the same traces in one run.
PEERS ?= .build/peers.csv
peers: build
	@KFRAG=$(KFRAG) Tests/Performance/peers.sh $(PEERS)
	@docs/peers-table.sh $(PEERS)

# Nothing breaks it: see Tests/Fuzz/README.md.
.PHONY: fuzz
SECONDS_EACH = $(if $(filter command line,$(origin SECONDS)),$(SECONDS),30)
fuzz: deps
	Tests/Fuzz/fuzz.sh -s $(SECONDS_EACH) $(if $(EXECUTIONS),-n $(EXECUTIONS)) $(READERS)

.PHONY: fuzzer smoke simulate soak mutate sanitize limits determinism
# The fuzzer, built and not run: five minutes of one core.
fuzzer: deps
	Tests/Fuzz/fuzz.sh -b

# A little of everything, each part with its time; or PARTS of it. CI runs it behind `make test`.
smoke: deps
	ADDRESS_SUITES='$(CORE)' Tests/smoke.sh $(PARTS)

# Worlds of 250 events, checked after each; a million take minutes (Tests/README.md).
EVENTS ?= 1000000
simulate: deps
	$(RELEASE) --product Soak
	.build/release/Soak $(EVENTS) 1

# Half an hour, or MINUTES, of 1 simulation, 2 fuzzing and 3 fault injection; prints counts.
MINUTES ?= 30
soak: deps
	Tests/Faults/soak.sh $(MINUTES)

# 60 broken lines, and which of them the tests notice.
mutate: deps
	Tests/Mutation/mutate.sh

# The tests of what handles memory and threads by hand, under the address and thread sanitizers.
SANITIZED = TLB|Replay|Pipeline|Engine|Detailed|Kft|Trace|Capture|Corpus|Simulation|Sweep|Experiment|Buddy|Input|Atomic
# A sanitizer's own memory is no measure of ours.
UNMEASURED = --skip 'BenchTests\.MemoryTests|LimitTests'
# What of it CI has the time for.
CORE = DetailedModel|Pipeline|Chunked|KftTests|CaptureTests|BuddyAllocator|InputFile|Atomic
THREADED = Sweep|Experiment|Chunked|Pipeline|Corpus
.PHONY: sanitize-address sanitize-thread
sanitize: sanitize-address sanitize-thread
sanitize-address: export LSAN_OPTIONS = suppressions=$(CURDIR)/Tests/leaks.txt:print_suppressions=0
sanitize-address: deps
	$(SWIFT) test --sanitize address --scratch-path .build-address --disable-xctest --filter '$(SANITIZED)' $(UNMEASURED)
sanitize-thread: export TSAN_OPTIONS = suppressions=$(CURDIR)/Tests/races.txt:print_suppressions=0
sanitize-thread: deps
	$(SWIFT) test --sanitize thread --scratch-path .build-thread --disable-xctest --filter '$(THREADED)' $(UNMEASURED)

limits: build
	Tests/Faults/limits.sh $(KFRAG)

# The same bytes from debug and release builds.
determinism: build
	KFRAG_OTHER_BUILD=$(abspath $(KFRAG)) $(SWIFT) test --disable-xctest --filter DeterminismTests
