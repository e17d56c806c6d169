#!/usr/bin/env bash
# Inputs as large as docs/limits.md allows, and beyond: Tests/Faults/limits.sh KFRAG
# Needs a release build and a few minutes; prints what each took.
set -euo pipefail
kfrag=$(realpath "$1")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

# Runs within MiB of address space; says how long it took.
within() { # MIB EXIT COMMAND…
  local limit=$1 expected=$2 start=$SECONDS status=0
  shift 2
  prlimit --as=$((limit << 20)) -- "$@" >out 2>err || status=$?
  echo "$(basename "$1") $2: exit $status after $((SECONDS - start)) s within $limit MiB"
  if [ $status -ne "$expected" ]; then
    head -c 2000 err >&2
    exit 1
  fi
}

awk 'BEGIN { print "0 boot"
  for (i = 0; i < 10000000; i++) {
    m = int(i / 2) % 500
    if (i % 2) printf "%.2f unload m%d\n", 1 + i * 0.01, m
    else printf "%.2f load m%d text=20KiB data=4KiB\n", 1 + i * 0.01, m
  } }' >ten-million.trace
within 8192 0 "$kfrag" replay ten-million.trace --system linux-6.1 --json -o /dev/null
rm ten-million.trace

awk 'BEGIN { print "module,text,rodata,data,depends"
  for (i = 0; i < 1000000; i++)
    printf "m%d,%d,%d,%d,%s\n", i, 4096 + i % 9999, i % 5000, i % 3000,
      i % 7 == 3 ? "m" (i - 1) : "" }' >million.csv
within 4096 0 "$kfrag" check million.csv
echo "m1000000,1,1,1," >>million.csv
within 4096 65 "$kfrag" check million.csv
grep -q 1000000 err

truncate -s 100G sparse.kft
within 1024 65 "$kfrag" tlb sparse.kft --layout recorded --l1d 64x4
truncate -s 100G sparse.din
within 1024 65 "$kfrag" tlb sparse.din --format din --l1d 64x4
