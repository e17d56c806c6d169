#!/usr/bin/env bash
# What attribution costs over a plain replay, what a sweep of 1,000 points costs over the bare
# runs, and what a second core gives. CPU seconds decide the first two, so a busy machine does not
# spoil them; the third wants two idle cores. Exits with 2 when a bound is broken.
#   ATTRIBUTION_LIMIT=2  SWEEP_LIMIT=0.05  CORES_LIMIT=1.9 (0: do not measure)
set -euo pipefail
cd "$(dirname "$0")/../.."
kfrag=${KFRAG:-.build/release/kfrag}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
failed=0

cpu() {  # user and system seconds of a command
  { /usr/bin/env bash -c 'TIMEFORMAT="%U %S"; time "$@" >/dev/null 2>&1' _ "$@"; } 2>&1 |
    awk '{ print $1 + $2 }'
}
wall() { { /usr/bin/env bash -c 'TIMEFORMAT="%R"; time "$@" >/dev/null 2>&1' _ "$@"; } 2>&1; }
judge() {  # name value limit, at most; or at least with a fourth word
  local good
  good=$(awk -v v="$2" -v l="$3" -v up="${4:-}" 'BEGIN { print (up ? v >= l : v <= l) }')
  echo "$1: $2 (bound $3)"
  if [ "$good" != 1 ]; then failed=2; fi
}

scenario=${SCENARIO:-Scenarios/debian12-host.yaml}
plain=$(cpu "$kfrag" compare "$scenario" --replicates 2 --jobs 1 --ladder none)
own=$(cpu "$kfrag" attribute "$scenario" --replicates 2 --jobs 1)
judge "attribution over plain replay" "$(awk -v a="$own" -v b="$plain" 'BEGIN { printf "%.2f", a / b }')" \
  "${ATTRIBUTION_LIMIT:-2}"

points=${POINTS:-1000}
references=${REFERENCES:-300000}
settings="workload.synthetic.references=$references"
printf 'scenario: %s\naxes: {replicates: [1], workload.synthetic.references: [%s], seed: [%s]}\n' \
  "$PWD/$scenario" "$references" "$(seq -s, 1 "$points")" > "$folder/plan.yaml"
bare=$(cpu "$kfrag" compare "$scenario" --set "$settings" --replicates "$points" --jobs 1)
swept=$(cpu "$kfrag" sweep "$folder/plan.yaml" --into "$folder/one" --jobs 1)
judge "sweep of $points points over one run of as many replicates" \
  "$(awk -v a="$swept" -v b="$bare" 'BEGIN { printf "%.3f", a / b - 1 }')" "${SWEEP_LIMIT:-0.05}"

if [ "${CORES_LIMIT:-1.9}" != 0 ]; then
  one=$(wall "$kfrag" compare "$scenario" --jobs 1)
  two=$(wall "$kfrag" compare "$scenario" --jobs 2)
  judge "two cores over one" "$(awk -v a="$one" -v b="$two" 'BEGIN { printf "%.2f", a / b }')" \
    "${CORES_LIMIT:-1.9}" least
fi
exit $failed
