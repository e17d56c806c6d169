#!/usr/bin/env bash
# Fuzzes every reader, or those named, with libFuzzer and the address sanitizer:
#   Tests/Fuzz/fuzz.sh [-s SECONDS] [-j READERS_AT_ONCE] [READER…]   each reader for SECONDS (30)
#   Tests/Fuzz/fuzz.sh -b                          builds the fuzzer, no more
#   Tests/Fuzz/fuzz.sh -n EXECUTIONS [READER…]     in turns of five minutes until each reader has had
#       EXECUTIONS in all runs together; executions.csv counts, so it can be stopped and resumed, and
#       several can run side by side. Inputs are no longer than the corpus' longest, and at most
#       a quarter KiB.
# Prints one line a reader and turn. Inputs that break one are kept in .build-fuzz/findings/READER;
# put what they shrink to into Tests/Fuzz/Corpus/READER, where the ordinary tests read it from then
# on. FUZZ_BUILD=no takes the fuzzer as it was built before, FUZZ_WORK says where it lies.
set -euo pipefail
cd "$(dirname "$0")/../.."
seconds=30 executions=0 timeout=10 together=1 only_build=no
while getopts s:n:j:b option; do
  case $option in
    s) seconds=$OPTARG ;;
    # A long run shares the machine: its clock says little.
    n) executions=$OPTARG seconds=300 timeout=60 ;;
    # Several readers share a core: their clocks say little either.
    j) together=$OPTARG timeout=60 ;;
    b) only_build=yes ;;
    *) exit 64 ;;
  esac
done
shift $((OPTIND - 1))
work=${FUZZ_WORK:-.build-fuzz}
counts=Tests/Fuzz/executions.csv

# libFuzzer brings main(); gold cannot link its tables.
[ "${FUZZ_BUILD:-yes}" = no ] || KFRAG_FUZZ=1 swift build -c release --scratch-path "$work" \
  --product Fuzz -Xswiftc -sanitize=fuzzer,address -Xswiftc -parse-as-library \
  -Xswiftc -use-ld=lld >&2

[ $only_build = no ] || exit 0

readers=("$@")
[ ${#readers[@]} -gt 0 ] || for folder in Tests/Fuzz/Corpus/*/; do readers+=("$(basename "$folder")"); done
# Freed memory is kept 8 MiB long, so that what is measured is the reader's. Leaks are looked for
# when a reader's turn ends: libFuzzer's own look after every input takes most of the time.
export ASAN_OPTIONS=quarantine_size_mb=8:detect_leaks=1
# In a long run without the stack of every allocation, and with a shorter memory of what was freed
# and what returned: nearly twice as fast. What breaks a reader is kept, to be read with all of it.
if [ $executions -gt 0 ]; then
  ASAN_OPTIONS+=:malloc_context_size=0:quarantine_size_mb=1:thread_local_quarantine_size_kb=64
  ASAN_OPTIONS+=:detect_stack_use_after_return=0
fi
# libFuzzer prints the stack; Swift's own backtracer and the sanitizer get in each other's way.
export SWIFT_BACKTRACE=enable=no
failed=0

# Executions of a reader in all long runs so far.
counted() { awk -F, -v r="$1" '$1 == r { n = $2 } END { print n + 0 }' $counts 2>/dev/null || echo 0; }

# Adds to a reader's row: reader,executions,seconds,since,until.
count() ( # READER EXECUTIONS SECONDS
  local updated
  updated=$(mktemp)
  exec 9>>$counts
  flock 9
  [ -s $counts ] || echo 'reader,executions,seconds,since,until' >$counts
  awk -F, -v OFS=, -v r="$1" -v n="$2" -v s="$3" -v today="$(date -u +%F)" '
    $1 == r { $2 += n; $3 += s; $5 = today; seen = 1 } { print }
    END { if (!seen) print r, n, s, today, today }' $counts >"$updated"
  { head -1 "$updated"; tail -n +2 "$updated" | sort; } >$counts
  rm "$updated"
)

turn() { # READER
  local reader=$1 log=$work/logs/$1.log status=0 largest=64 began=$SECONDS length=16384 runs=-1
  mkdir -p "$work/corpus/$reader" "$work/findings/$reader" "$work/logs"
  rm -f "$work/logs/$reader.broken"
  # One allocation may take 64 MiB; a .kft chunk unpacks to 256 MiB at most (docs/limits.md).
  [ "$reader" = kft ] && largest=1024
  # Many short inputs find more in the long run than few that are mostly padding.
  if [ $executions -gt 0 ]; then
    runs=$((executions - $(counted "$reader")))
    length=$(find "Tests/Fuzz/Corpus/$reader" -type f -printf '%s\n64\n' | sort -n | tail -1)
    length=$((length < 256 ? length : 256))
  fi
  # A second a MiB, with room for the sanitizer and for a machine that does other things too.
  KFRAG_FUZZ=$reader "$work/release/Fuzz" -max_total_time="$seconds" -runs=$runs -max_len="$length" -timeout=$timeout \
    -report_slow_units=$timeout \
    -rss_limit_mb=1024 -malloc_limit_mb=$largest -detect_leaks=0 \
    -artifact_prefix="$work/findings/$reader/" -print_final_stats=1 -verbosity=1 \
    "$work/corpus/$reader" "Tests/Fuzz/Corpus/$reader" </dev/null >"$log" 2>&1 || status=$?
  number() { sed -n "s/^stat::$1: *//p" "$log" | tail -1; }
  findings=$(find "$work/findings/$reader" -type f | wc -l)
  printf '%-20s %14s %10s %9s  %s\n' "$reader" "$(number number_of_executed_units)" \
    "$(number average_exec_per_sec)" "$(number peak_rss_mb)" "$findings"
  if [ $executions -gt 0 ]; then
    count "$reader" "$(number number_of_executed_units || echo 0)" $((SECONDS - began))
  fi
  if [ $status -ne 0 ] || [ "$findings" -ne 0 ]; then
    failed=1
    echo "$reader broke; see $log" >&2
    { echo "$reader, exit $status:" && tail -n 25 "$log"; } >"$work/logs/$reader.broken"
  fi
}

[ "${FUZZ_HEADER:-yes}" = no ] ||
  printf '%-20s %14s %10s %9s  %s\n' reader executions 'a second' 'peak MiB' findings
if [ "$together" -gt 1 ]; then
  printf '%s\n' "${readers[@]}" | FUZZ_BUILD=no FUZZ_HEADER=no \
    xargs -P "$together" -n 1 Tests/Fuzz/fuzz.sh -s "$seconds" -j 1 && exit
  # Last, so that the end of a log says what broke and with which input.
  for reader in "${readers[@]}"; do cat "$work/logs/$reader.broken" 2>/dev/null || true; done
  exit 1
fi
while :; do
  left=0
  for reader in "${readers[@]}"; do
    if [ $executions -gt 0 ]; then
      [ "$(counted "$reader")" -lt $executions ] || continue
    fi
    turn "$reader"
    left=1
  done
  # A reader that broke is not tried again and again.
  [ $executions -gt 0 ] && [ $left -eq 1 ] && [ $failed -eq 0 ] || break
done
exit $failed
