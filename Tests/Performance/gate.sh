#!/usr/bin/env bash
# Counts the instructions of each kernel under callgrind, less those of making its trace, and
# compares them with budgets.json: more than 0.5 % above fails (exit 2), so a slower inner loop
# fails the build. `--update` writes the budgets of this toolchain.
# Callgrind knows no AVX-512, so what is measured are the portable kernels every CPU runs.
set -euo pipefail
cd "$(dirname "$0")/../.."
gate=${GATE:-.build-deb/release/Gate}
budgets=${BUDGETS:-Tests/Performance/budgets.json}
references=${REFERENCES:-500000}
kernels=${KERNELS:-portable engine fifo random srrip portableCurve stackDistance}

# Valgrind cannot read the debug information of every toolchain; it needs none.
stripped=$(mktemp -d)
trap 'rm -rf "$stripped"' EXIT
strip --strip-debug -o "$stripped/gate" "$gate"

count() {  # instructions of one run
  local out
  # Nothing of the environment, and no random hashing: they change what starting up takes.
  out=$(env -i PATH="$PATH" SWIFT_DETERMINISTIC_HASHING=1 \
    valgrind --tool=callgrind --callgrind-out-file=/dev/null \
    "$stripped/gate" "$references" "$@" 2>&1 >/dev/null) || true
  local used
  used=$(sed -n 's/^.*Collected *: *\([0-9]*\).*$/\1/p' <<<"$out")
  if [ -z "$used" ]; then
    echo "callgrind could not run $gate (built without -march=native?):" >&2
    tail -5 <<<"$out" >&2
    return 1
  fi
  echo "$used"
}

base=$(count)
failed=0
lines=()
for kernel in $kernels; do
  total=$(count "$kernel")
  used=$((total - base))
  lines+=("  \"$kernel\": $used")
  budget=$(sed -n "s/^ *\"$kernel\": *\([0-9]*\).*$/\1/p" "$budgets" 2>/dev/null || true)
  if [ "${1:-}" = --update ]; then continue; fi
  if [ -z "$budget" ]; then
    echo "$kernel: $used instructions, no budget" && failed=2
  elif [ $((used * 1000)) -gt $((budget * 1005)) ]; then
    echo "$kernel: $used instructions, over the budget of $budget" && failed=2
  else
    echo "$kernel: $used instructions, within $budget"
  fi
done
if [ "${1:-}" = --update ]; then
  { echo "{"; (IFS=$'\n'; printf '%s\n' "${lines[@]}" | sed '$!s/$/,/'); echo "}"; } >"$budgets"
  cat "$budgets"
fi
exit $failed
