#!/bin/sh
# Makes studies again: data, pages, and then says claim by claim whether each holds.
# Usage: Scenarios/studies/reproduce.sh STUDY|all; KFRAG names the binary. Exit 2 when a claim fails.
set -eu
export KFRAG="${KFRAG:-.build/release/kfrag}"
all="penalty all-systems cure history validation peers"
case ${1:-all} in
  all) studies=$all ;;
  systems) studies=all-systems ;;
  *) studies=$1 ;;
esac
for study in $studies; do
  if [ ! -f "Scenarios/studies/$study/run.sh" ]; then
    echo "no study '$study'; there are: $all, all" >&2
    exit 64
  fi
done
start=$(date +%s)
for study in $studies; do
  sh "Scenarios/studies/$study/run.sh"
  # Manifests say where they were made; that is nobody's business here.
  find "Results/$study" -name '*.json' -exec sed -i "s#$PWD#.#g" {} +
  "$KFRAG" study render "$study"
done
"$KFRAG" study render .
status=0
for study in $studies .; do "$KFRAG" study check "$study" || status=$?; done
echo "$(($(date +%s) - start)) s in all"
exit $status
