#!/usr/bin/env bash
# Do the tests notice when the core is wrong? Breaks each line that mutants.txt lists, one at a time,
# and runs the suites that must fail:
#   Tests/Mutation/mutate.sh [FIRST-LAST[:STEP]]
# All mutants are built at once into a scratch clone of HEAD, as choices by an environment variable,
# so that 60 of them cost one build. Prints each one's fate and the score; fails below 58 of 60.
# SANITIZE=address builds all with that sanitizer; ALSO names suites to run without a mutant, so that
# one build serves both checks.
set -euo pipefail
cd "$(dirname "$0")/../.."
only=${1:-1-999}
step=1
[ "${only%:*}" = "$only" ] || step=${only#*:} only=${only%:*}
first=${only%-*} last=${only#*-}
sanitize=${SANITIZE:+--sanitize $SANITIZE} build=$PWD/.build-mutation/build${SANITIZE:+-$SANITIZE}
work=$PWD/.build-mutation
list=Tests/Mutation/mutants.txt
mkdir -p "$work"
if [ -d "$work/src" ]; then
  git -C "$work/src" fetch -q "$PWD" HEAD && git -C "$work/src" reset -q --hard FETCH_HEAD
else
  git clone -q --shared . "$work/src"
fi
perl - "$list" "$work/src/Sources/Sim" <<'P'
use strict;
my ($list, $root) = @ARGV;
local $/ = "";
open(my $in, "<", $list) or die;
my (%text, $number);
while (my $block = <$in>) {
  next if $block =~ /^#/;
  my %m = $block =~ /^(file|old|new|test|why) (.*)$/mg;
  $number++;
  my $path = "$root/$m{file}";
  $text{$path} //= do { local $/; open(my $f, "<", $path) or die "$path: $!"; <$f> };
  my $times = () = $text{$path} =~ /\Q$m{old}\E/g;
  die "mutant $number: '$m{old}' stands $times times in $m{file}\n" if $times != 1;
  my $put = $m{new} =~ /^\{ /
    ? "if isMutant($number) $m{new} else { $m{old} }"
    : "(isMutant($number) ? ($m{new}) : ($m{old}))";
  $text{$path} =~ s/\Q$m{old}\E/$put/;
}
for my $path (keys %text) { open(my $f, ">", $path) or die; print $f $text{$path}; }
P
cat >"$work/src/Sources/Sim/Random/Mutant.swift" <<'S'
import Glibc
private let chosen = unsafe getenv("KFRAG_MUTANT").map { unsafe atoi($0) } ?? 0
@inline(never) func isMutant(_ number: Int32) -> Bool { number == chosen }
S
cd "$work/src"
# A line that a mutant skips may leave a warning, which is no error here, even in CI.
unset KFRAG_CI
# shellcheck disable=SC2086
swift build --build-tests $sanitize --scratch-path "$build" 2>&1 | grep -E 'error|Build complete' || true

# A mutant that never ends is stopped by the processor time it took, not by the clock, so that a
# machine that does other things too gives the same score.
run() { # MUTANT FILTER SECONDS
  (
    ulimit -c 0 -t "$3"
    KFRAG_MUTANT=$1 SWIFT_BACKTRACE=enable=no "$build"/debug/*.xctest \
      --testing-library swift-testing --filter "$2" >"$work/mutant-$1.log" 2>&1
  )
}
if [ "${ALSO:-}" ]; then
  filters=$ALSO
else
  filters=$(sed -n 's/^test //p' "$OLDPWD/$list" | tr '|' '\n' | sort -u | paste -sd'|')
fi
if ! run 0 "$filters" 3000; then
  echo "the tests fail without a mutant; see $work/mutant-0.log" >&2
  exit 1
fi
number=0 caught=0 tried=0
while IFS= read -r line; do
  case $line in
    "file "*) number=$((number + 1)) ;;
    "test "*) filter=${line#test } ;;
    "why "*)
      if [ $number -lt "$first" ] || [ $number -gt "$last" ]; then continue; fi
      if [ $(((number - first) % step)) -ne 0 ]; then continue; fi
      tried=$((tried + 1))
      if run $number "$filter" 600; then
        echo "SURVIVES $number: ${line#why }"
      else
        caught=$((caught + 1))
        echo "caught   $number: ${line#why }"
      fi
      ;;
  esac
done <"$OLDPWD/$list"
echo "$caught of $tried mutants caught"
[ $((tried - caught)) -le $((tried / 30)) ]
