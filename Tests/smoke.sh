#!/usr/bin/env bash
# A little of everything that tries to break kfrag; says what each part took. Tests/smoke.sh [PART…]
# Parts: simulation, mutants (six, and the core's suites without one, both under the address
# sanitizer: one build serves both), address and threads (kfrag under that sanitizer passes suites
# that run the program, and prints the bytes of the debug build and of the package's, if that is
# there), fuzzing (30 s for each reader, sixteen at a time). Faults, limits and the corpora are among
# the ordinary tests.
set -euo pipefail
cd "$(dirname "$0")/.."
part() { # NAME COMMAND…
  local name=$1 start=$SECONDS status=0
  shift
  "$@" || status=$?
  echo "smoke: $name took $((SECONDS - start)) s, exit $status"
  return $status
}
simulation() { swift build --product Soak >/dev/null && .build/debug/Soak seconds 20 "$(date +%s)"; }
export LSAN_OPTIONS=suppressions=$PWD/Tests/leaks.txt:print_suppressions=0
mutants() { SANITIZE=address ALSO=$ADDRESS_SUITES Tests/Mutation/mutate.sh 1-60:11; }
sanitized() { # SANITIZER SUITES
  local build=.build-$1 others=$PWD/.build/debug/kfrag packaged=$PWD/.build-deb/release/kfrag
  swift build --sanitize "$1" --scratch-path "$build" --product kfrag >/dev/null || return
  [ ! -x "$packaged" ] || others+=:$packaged
  KFRAG_PROGRAM=$PWD/$build/debug/kfrag KFRAG_OTHER_BUILD=$others \
    swift test --disable-xctest --filter "$2"
}
address() { ASAN_OPTIONS=detect_leaks=0 sanitized address "DeterminismTests/builds|TraceInput|KernelInput"; }
export TSAN_OPTIONS=suppressions=$PWD/Tests/races.txt:print_suppressions=0
threads() { sanitized thread "DeterminismTests/(builds|jobs)"; }
fuzzing() { FUZZ_BUILD=no Tests/Fuzz/fuzz.sh -s 30 -j 16; }
[ $# -gt 0 ] || set -- simulation mutants address threads fuzzing
fuzzer=
case " $* " in *" fuzzing "*)
  # The fuzzer's build keeps one core busy.
  Tests/Fuzz/fuzz.sh -b &
  fuzzer=$!
  ;;
esac
for name in "$@"; do
  if [ "$name" = fuzzing ]; then wait "$fuzzer"; fi
  part "$name" "$name"
done
echo "smoke: all of it took $SECONDS s"
