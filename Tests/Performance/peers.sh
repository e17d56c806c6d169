#!/usr/bin/env bash
# Runs kfrag, our C loops and the peers it finds on the same traces in one run: peers.sh OUT.csv
# Columns: trace,work,tool,version,references,seconds,rate,misses. Seconds are processor seconds of
# the whole process, the least of REPEATS runs; rate is million references a second.
# KFRAG names the binary, COUNT the addresses a trace, CC the C compiler. Peers:
#   dineroIV on PATH      Dinero IV 7
#   python3               with pycachesim
#   valgrind, xz          cachegrind, simulating as a program runs
#   LIBCHEETAH=FOLDER     the sources of SimpleScalar's libcheetah
#   parda.x on PATH       PARDA, sequential
set -euo pipefail
cd "$(dirname "$0")/../.."
out=${1:?peers.sh OUT.csv}
kfrag=${KFRAG:-.build/release/kfrag}
count=${COUNT:-50000000}
repeats=${REPEATS:-2}
cc=${CC:-cc}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
here=Tests/Performance
"$cc" -O2 -o "$work/traces" "$here/traces.c"
"$cc" -O3 -march=native -ISources/CLoops/include -o "$work/loops" "$here/loops.c"
cheetah=
if [ -n "${LIBCHEETAH:-}" ]; then
  # Of what SimpleScalar has around it, it needs three names.
  mkdir -p "$work/simplescalar/libcheetah"
  cp "$LIBCHEETAH"/*.[ch] "$work/simplescalar/libcheetah"
  echo 'typedef unsigned md_addr_t;' >"$work/simplescalar/machine.h"
  printf '#define fatal(...) (fprintf(stderr, __VA_ARGS__), exit(1))\n#define myfprintf fprintf\n' \
    >"$work/simplescalar/misc.h"
  : >"$work/simplescalar/host.h"
  cheetah=$work/cheetah
  "$cc" -O3 -march=native -w -fcommon -std=gnu99 -o "$cheetah" "$here/cheetah.c" \
    "$work"/simplescalar/libcheetah/*.c -lm
fi
rows=$work/rows.csv
echo "trace,work,tool,version,references,seconds,rate,misses" >"$rows"
TIMEFORMAT='%U %S'

# measure TRACE WORK TOOL VERSION REFERENCES COMMAND…: the command prints its misses. One that knows
# better than its process what its work took leaves that in $work/spent.
measure() {
  local trace=$1 kind=$2 tool=$3 version=$4 references=$5 best='' spent
  shift 5
  for _ in $(seq "$repeats"); do
    rm -f "$work/spent"
    { time "$@" >"$work/misses" 2>"$work/errors"; } 2>"$work/time" || {
      echo "$tool failed: $(head -1 "$work/errors")" >&2
      return 0
    }
    [ ! -f "$work/spent" ] || mv "$work/spent" "$work/time"
    spent=$(awk '{ print $1 + $2 }' "$work/time")
    best=$(awk -v a="$spent" -v b="${best:-$spent}" 'BEGIN { print a < b ? a : b }')
  done
  [ "$references" != - ] || references=$(cat "$work/references")
  awk -v head="$trace,$kind,$tool,$version" -v n="$references" -v s="$best" -v m="$(cat "$work/misses")" \
    'BEGIN { printf "%s,%d,%.3f,%.1f,%s\n", head, n, s, n / (s > 0 ? s : 0.001) / 1e6, m }' >>"$rows"
  tail -1 "$rows" >&2
}

tlb() {  # misses of each array
  local trace=$1 first=$2 second=$3
  shift 3
  "$kfrag" tlb "$trace" --format u64 --l1d "$first" ${second:+--l2 "$second"} --csv "$@" |
    awk -F, 'NR > 1 { printf "%s%s", (NR > 2 ? " " : ""), $5 }'
}
curve() {  # misses of 16 x 4 and of 128 x 12
  "$kfrag" curve "$1" --format u64 --csv "${@:2}" |
    awk -F, '$1 == 16 && $2 == 4 { a = $4 } $1 == 128 && $2 == 12 { print a, $4 }'
}
distances() {  # misses of 64 and of 1536 entries
  "$kfrag" curve "$1" --format u64 --sets 1 --ways 1..1536 --csv |
    awk -F, '$2 == 64 { a = $4 } $2 == 1536 { print a, $4 }'
}
dinero() {
  local policy=$1 file=$2
  shift 2
  dineroIV -informat b -l1-usize 256K -l1-ubsize 4K -l1-uassoc 4 -l1-urepl "$policy" "$@" <"$file" |
    awk '/Demand Misses/ { printf "%s%s", (n++ ? " " : ""), $3 }'
}
pycachesim() {  # one call of its C core, without Python's own start and the list of addresses
  python3 - "$1" "$work/spent" <<'PY'
import array, os, sys, time
from cachesim import Cache, CacheSimulator, MainMemory
trace = array.array("Q")
with open(sys.argv[1], "rb") as file:
    trace.fromfile(file, os.path.getsize(sys.argv[1]) // 8)
memory = MainMemory()
second = Cache("L2", 128, 12, 4096, "LRU")
first = Cache("L1", 16, 4, 4096, "LRU", store_to=second, load_from=second)
memory.load_to(second)
memory.store_from(second)
simulator = CacheSimulator(first, memory)
accesses = [((address,), None) for address in trace]
start = time.process_time()
simulator.loadstore(accesses, length=1)
open(sys.argv[2], "w").write(f"{time.process_time() - start}\n")
print(first.backend.MISS_count, second.backend.MISS_count)
PY
}
parda() {  # misses of 64 and of 1536 entries
  parda.x --fileformat=binary --input="$1" --process_to_cacheblock_address=12 --lines="$2" 2>/dev/null |
    awk -v n="$2" '$1 !~ /^[0-9]+$/ { next } $1 < 64 { a = n - $4 } $1 < 1536 { b = n - $4 }
      END { print a, b }'
}
online() {  # one level for each side while a program runs; its references go to a file
  valgrind --tool=cachegrind --cache-sim=yes --cachegrind-out-file=/dev/null \
    --I1=262144,4,4096 --D1=262144,4,4096 --LL=8388608,16,4096 \
    xz -1 -k -c "$1" 2>"$work/grind" >/dev/null
  awk '/ I +refs:| D +refs:/ { gsub(",", ""); for (i = 1; i <= NF; i++) if ($i ~ /refs:/) n += $(i + 1) }
    END { printf "%d", n }' "$work/grind" >"$work/references"
  awk '/ I1 +misses:| D1 +misses:/ { gsub(",", ""); for (i = 1; i <= NF; i++) if ($i ~ /misses:/) n += $(i + 1) }
    END { print n }' "$work/grind"
}

# The same loops on addresses that lie in memory, in one process: without its start and the file.
in_memory() {  # TRACE WORK KERNEL TOOL
  "$kfrag" bench --references "$count" --trace "$1" --kernel "$3" --csv |
    awk -F, -v head="$1,$2 in memory,$4" -v v="$ours" 'NR > 1 {
      printf "%s,%s,%d,%.3f,%.1f,%s\n", head, head ~ /,C / ? "-" : v, $8, $8 / $3 / 1e6, $3, $7
    }' | tee -a "$rows" >&2
}

ours=$("$kfrag" --version 2>/dev/null || echo unknown)
for trace in zipf mix unif; do
  file=$work/$trace.u64
  "$work/traces" "$trace" "$count" "$file"
  kind='64x4 + 1536x12 LRU'
  measure "$trace" "$kind" 'C loop AVX-512' - "$count" "$work/loops" hierarchy "$file"
  measure "$trace" "$kind" kfrag "$ours" "$count" tlb "$file" 64x4 1536x12
  measure "$trace" "$kind" 'C loop scalar' - "$count" "$work/loops" scalar "$file"
  measure "$trace" "$kind" 'kfrag --portable' "$ours" "$count" tlb "$file" 64x4 1536x12 --portable
  in_memory "$trace" "$kind" hierarchyC 'C loop AVX-512'
  in_memory "$trace" "$kind" hierarchy kfrag
  if python3 -c 'import cachesim' 2>/dev/null; then
    version=$(python3 -c 'import importlib.metadata as m; print(m.version("pycachesim"))')
    short=$((count < 1000000 ? count : 1000000))
    head -c $((short * 8)) "$file" >"$work/short.u64"
    measure "$trace" "$kind" pycachesim "$version" "$short" pycachesim "$work/short.u64"
  fi
  "$work/traces" "$trace" "$count" "$work/$trace.dinb" dinb
  two=(-l2-usize 8M -l2-ubsize 4K -l2-uassoc 16)
  for policy in lru fifo random; do
    kind="64x4 + 2048x16 $policy"
    measure "$trace" "$kind" 'kfrag --portable' "$ours" "$count" \
      tlb "$file" "64x4:$policy" "2048x16:$policy" --portable
    if command -v dineroIV >/dev/null; then
      measure "$trace" "$kind" 'Dinero IV' 7 "$count" \
        dinero "${policy:0:1}" "$work/$trace.dinb" "${two[@]}" -l2-urepl "${policy:0:1}"
    fi
  done
  for policy in tplru nru srrip lfu clock; do
    measure "$trace" "64x4 + 2048x16 $policy" 'kfrag --portable' "$ours" "$count" \
      tlb "$file" "64x4:$policy" "2048x16:$policy" --portable
  done
  kind='one level 64x4 LRU'
  measure "$trace" "$kind" kfrag "$ours" "$count" tlb "$file" 64x4 ''
  if command -v dineroIV >/dev/null; then
    measure "$trace" "$kind" 'Dinero IV' 7 "$count" dinero l "$work/$trace.dinb"
  fi
  kind='sets 1..128 x ways 1..16 LRU'
  measure "$trace" "$kind" 'C loop AVX-512' - "$count" "$work/loops" curve "$file"
  measure "$trace" "$kind" kfrag "$ours" "$count" curve "$file"
  measure "$trace" "$kind" 'kfrag --portable' "$ours" "$count" curve "$file" --portable
  if [ -n "$cheetah" ]; then
    measure "$trace" "$kind" libcheetah - "$count" "$cheetah" "$file"
  fi
  in_memory "$trace" "$kind" curveC 'C loop AVX-512'
  in_memory "$trace" "$kind" curve kfrag
  kind='full stack distance'
  measure "$trace" "$kind" kfrag "$ours" "$count" distances "$file"
  if command -v parda.x >/dev/null; then
    short=$((count < 5000000 ? count : 5000000))
    head -c $((short * 8)) "$file" >"$work/short.u64"
    measure "$trace" "$kind" PARDA - "$short" parda "$work/short.u64" "$short"
    measure "$trace" "$kind of as many" kfrag "$ours" "$short" distances "$work/short.u64"
  fi
  rm -f "$work/$trace.dinb"
done
head -c 8 "$work/zipf.u64" >"$work/one.u64"
measure 'one address' 'fixed overhead' kfrag "$ours" 1 tlb "$work/one.u64" 64x4 1536x12
if command -v valgrind >/dev/null && command -v xz >/dev/null; then
  head -c 2000000 "$work/zipf.u64" >"$work/input"
  repeats=1
  measure 'xz -1 as it runs' '64x4 a side' cachegrind \
    "$(valgrind --version | sed s/valgrind-//)" - online "$work/input"
fi
if [ -f Scenarios/recorded/debian-6.1-access.kft ]; then
  "$kfrag" bench --references 1 --trace unif --stream Scenarios/recorded/debian-6.1-access.kft --csv |
    awk -F, -v v="$ours" '$1 ~ /kft/ {
      printf "recorded kernel,%s,kfrag,%s,%d,%.3f,%.1f,%s\n", $2, v, $8, $8 / $3 / 1e6, $3, $7
    }' | tee -a "$rows" >&2
fi
mkdir -p "$(dirname "$out")"
cp "$rows" "$out"
