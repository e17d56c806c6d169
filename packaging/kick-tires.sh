#!/bin/sh
# Under two minutes: does kfrag work here, and does it say what it should?
# packaging/kick-tires.sh KFRAG
set -eu
kfrag=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
step() { printf '%-66s' "$1"; }
done_() { echo "ok"; }

step "reads every machine and system it ships"
"$kfrag" list machines >"$work/machines"
"$kfrag" list systems >"$work/systems"
grep -q '^intel-skylake ' "$work/machines"
grep -q '^linux-6.1 ' "$work/systems"
done_

step "compares loaded with linked in (4 replicates)"
"$kfrag" compare Scenarios/debian12-host.yaml --replicates 4 --json -o "$work/compare.json"
done_

step "gives the same bytes on one thread as on many"
"$kfrag" compare Scenarios/debian12-host.yaml --replicates 2 --jobs 1 --json |
  sed -n '/"manifest"/q;p' >"$work/one"
"$kfrag" compare Scenarios/debian12-host.yaml --replicates 2 --jobs 4 --json |
  sed -n '/"manifest"/q;p' >"$work/four"
cmp "$work/one" "$work/four"
done_

step "finds more page walks for the loaded modules"
"$kfrag" compare Scenarios/debian12-host.yaml --replicates 4 --fail-on walks.pki \
  >"$work/table" && status=0 || status=$?
[ "$status" = 2 ] || { echo "exit $status, wanted 2"; exit 1; }
done_

step "refuses half a result"
head -c 1000 "$work/compare.json" >"$work/half.json"
"$kfrag" report "$work/half.json" --html "$work/no.html" 2>/dev/null && status=0 || status=$?
[ "$status" = 65 ] && [ ! -e "$work/no.html" ]
done_

step "makes the report"
"$kfrag" report "$work/compare.json" --html "$work/report.html"
grep -q 'The answer' "$work/report.html"
done_

step "sets and marks a course problem"
"$kfrag" course grade Scenarios/course/1-tiny-tlb.yaml \
  Scenarios/course/submissions/1-tiny-tlb/perfect --json >"$work/grade.json"
grep -q '"score": 20' "$work/grade.json"
done_
head -n 3 "$work/table"
