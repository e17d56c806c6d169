#!/bin/sh
# Fills the output blocks of README.md: runs the command each block names and puts its output below.
# A block that names a file of peers' rates gets their table instead.
# Usage: docs/fill-readme.sh KFRAG README.md
set -eu
kfrag=$1
file=$2
new=$(mktemp)
trap 'rm -f "$new"' EXIT
skip=0
while IFS= read -r line || [ -n "$line" ]; do
  case $line in
  '<!-- output: '*)
    printf '%s\n' "$line" >>"$new"
    arguments=${line#<!-- output: }
    arguments=${arguments% -->}
    printf '```\n$ kfrag %s\n' "$arguments" >>"$new"
    # shellcheck disable=SC2086
    "$kfrag" $arguments >>"$new"
    printf '```\n' >>"$new"
    skip=1
    ;;
  '<!-- peers: '*)
    printf '%s\n' "$line" >>"$new"
    peers=${line#<!-- peers: }
    sh "$(dirname "$0")/peers-table.sh" "${peers% -->}" >>"$new"
    skip=1
    ;;
  '<!-- end -->')
    printf '%s\n' "$line" >>"$new"
    skip=0
    ;;
  *) [ $skip = 1 ] || printf '%s\n' "$line" >>"$new" ;;
  esac
done <"$file"
cat "$new" >"$file"
