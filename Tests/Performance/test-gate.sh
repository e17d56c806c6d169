#!/usr/bin/env bash
# The gate itself, tested: two runs of a kernel count the same to 1 in 100,000, and a kernel that does
# more work for the same references than its budget allows is caught.
# A loop slowed on purpose: the same kernel run over more references against the old budget.
set -euo pipefail
cd "$(dirname "$0")/../.."
export GATE=${GATE:-.build-deb/release/Gate} REFERENCES=${REFERENCES:-500000} KERNELS=portable
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
BUDGETS=$work/one.json Tests/Performance/gate.sh --update >/dev/null
BUDGETS=$work/two.json Tests/Performance/gate.sh --update >/dev/null
instructions() { sed -n 's/^ *"portable": *\([0-9]*\).*$/\1/p' "$1"; }
one=$(instructions "$work/one.json")
two=$(instructions "$work/two.json")
difference=$((one > two ? one - two : two - one))
echo "two runs: $one and $two instructions"
if [ $((difference * 100000)) -gt "$one" ]; then
  echo "they differ by more than 1 in 100,000" >&2
  exit 1
fi
BUDGETS=$work/one.json Tests/Performance/gate.sh
if REFERENCES=$((REFERENCES * 101 / 100)) BUDGETS=$work/one.json Tests/Performance/gate.sh; then
  echo "a loop of 1 % more work passed the gate" >&2
  exit 1
fi
echo "a loop of 1 % more work fails"
