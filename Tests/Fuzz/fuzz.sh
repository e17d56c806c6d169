#!/usr/bin/env bash
# Fuzzes every reader, or those named, for some seconds or executions each, with libFuzzer and the
# address sanitizer:
#   Tests/Fuzz/fuzz.sh [-s SECONDS] [-n EXECUTIONS] [READER…]
# Prints one line a reader. Inputs that break one are kept in .build-fuzz/findings/READER; put what
# they shrink to into Tests/Fuzz/Corpus/READER, where the ordinary tests read it from then on.
set -euo pipefail
cd "$(dirname "$0")/../.."
seconds=30 executions=-1
while getopts s:n: option; do
  case $option in
    s) seconds=$OPTARG ;;
    n) executions=$OPTARG seconds=0 ;;
    *) exit 64 ;;
  esac
done
shift $((OPTIND - 1))

# libFuzzer brings main(); gold cannot link its tables.
KFRAG_FUZZ=1 swift build -c release --scratch-path .build-fuzz --product Fuzz \
  -Xswiftc -sanitize=fuzzer,address -Xswiftc -parse-as-library -Xswiftc -use-ld=lld >&2

readers=("$@")
[ ${#readers[@]} -gt 0 ] || for folder in Tests/Fuzz/Corpus/*/; do readers+=("$(basename "$folder")"); done
work=.build-fuzz
# Freed memory is kept 8 MiB long, so that what is measured is the reader's.
export ASAN_OPTIONS=quarantine_size_mb=8:detect_leaks=1
# libFuzzer prints the stack; Swift's own backtracer and the sanitizer get in each other's way.
export SWIFT_BACKTRACE=enable=no
failed=0
printf '%-20s %14s %10s %9s  %s\n' reader executions 'a second' 'peak MiB' findings
for reader in "${readers[@]}"; do
  mkdir -p $work/corpus/"$reader" $work/findings/"$reader" $work/logs
  # A second a MiB, with room for the sanitizer and for a machine that does other things too.
  longest=16384
  # One allocation may take 64 MiB; a .kft chunk unpacks to 256 MiB at most (docs/limits.md).
  largest=64
  [ "$reader" = kft ] && largest=1024
  log=$work/logs/$reader.log
  status=0
  KFRAG_FUZZ=$reader $work/release/Fuzz -max_total_time="$seconds" -runs="$executions" \
    -max_len=$longest -timeout=10 -rss_limit_mb=1024 -malloc_limit_mb=$largest \
    -artifact_prefix="$work/findings/$reader/" -print_final_stats=1 -verbosity=1 \
    $work/corpus/"$reader" Tests/Fuzz/Corpus/"$reader" </dev/null >"$log" 2>&1 || status=$?
  number() { sed -n "s/^stat::$1: *//p" "$log" | tail -1; }
  findings=$(find $work/findings/"$reader" -type f | wc -l)
  printf '%-20s %14s %10s %9s  %s\n' "$reader" "$(number number_of_executed_units)" \
    "$(number average_exec_per_sec)" "$(number peak_rss_mb)" "$findings"
  if [ $status -ne 0 ] || [ "$findings" -ne 0 ]; then
    failed=1
    echo "$reader broke; see $log" >&2
  fi
done
exit $failed
