#!/bin/sh
# The fragmentation penalty: recorded references, a workload as local, and one that keeps modules busy.
. Scenarios/studies/lib.sh

# Machines that differ from Skylake in one thing each.
M=$W/machines
mkdir -p "$M"
"$K" show machine intel-skylake >"$M/base.yaml"
# array NAME ENTRIES WAYS: sets both of one array; a fully associative one has no index.
array() {
  awk -v name="$1" -v entries="$2" -v ways="$3" '
    /- name:/ { inside = ($3 == name) }
    inside && ways == "full" && /^ *index:/ { next }
    inside && ways == "full" && /evidence:/ { sub(/, index: [a-z]+/, "") }
    inside && /^ *entries:/ { sub(/entries:.*/, "entries: " entries) }
    inside && /^ *ways:/ { sub(/ways:.*/, "ways: " ways) }
    { print }'
}
array L1I-2M 64 full <"$M/base.yaml" >"$M/code-large-64.yaml"
array L1D-2M 32 full <"$M/base.yaml" >"$M/data-large-full.yaml"
array L1D-2M 256 4 <"$M/base.yaml" >"$M/data-large-256.yaml"
array L1I-2M 64 full <"$M/data-large-256.yaml" >"$M/all-large-256.yaml"
sed 's/secondLevelHit: {cycles: [0-9]*/secondLevelHit: {cycles: 0/' "$M/base.yaml" >"$M/second-level-free.yaml"

compare recorded Scenarios/recorded-debian-6.1.yaml
"$K" report "$OUT/recorded.json" --html "$OUT/report.html"
"$K" report "$OUT/recorded.json" --svg "$OUT/penalty.svg"
compare host Scenarios/debian12-host.yaml
sweep recorded-machines machine
sweep recorded-eras system
sweep recorded-sceptic machine vary
sweep fitted-machines modules.loaded machine
sweep fitted-eras modules.loaded system
sweep hot-machines modules.loaded machine
sweep hot-eras modules.loaded system
# Entries of the arrays the page speaks of.
{
  echo "{"
  awk '/- name:/ { name = $3 } /^ *entries:/ { printf "%s\"%s\": %s", sep, name, $2; sep = ",\n" }' \
    "$M/base.yaml"
  echo
  echo "}"
} >"$OUT/machine.json"
