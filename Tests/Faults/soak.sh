#!/usr/bin/env bash
# Simulates, fuzzes and injects faults for MINUTES in all and prints what was done.
set -euo pipefail
cd "$(dirname "$0")/../.."
minutes=${1:-30}
swift build --build-tests >&2
swift build --product Soak >&2
Tests/Fuzz/fuzz.sh -b
start=$SECONDS
echo "fault injection:"
failed=0
swift test --disable-xctest --skip-build --filter FaultTests 2>&1 | grep -E '^[✔✘].*Test ' || failed=1
half=$((minutes * 60 / 2))
echo "simulation:"
.build/debug/Soak seconds $half "$(date +%s)" || failed=1
readers=$(find Tests/Fuzz/Corpus -mindepth 1 -maxdepth 1 -type d | wc -l)
left=$((minutes * 60 - (SECONDS - start)))
each=$((left / readers))
echo "fuzzing, each reader for $((each > 5 ? each : 5)) s:"
FUZZ_BUILD=no Tests/Fuzz/fuzz.sh -s $((each > 5 ? each : 5)) || failed=1
echo "soaked for $(((SECONDS - start) / 60)) min"
exit $failed
