# Shell functions of the studies' run.sh; they run from the repository's root.
# K is kfrag, S the study's scenarios, OUT its results, W a scratch folder.
set -eu
study=$(basename "$(dirname "$0")")
K=${KFRAG:-.build/release/kfrag}
S=Scenarios/studies/$study
OUT=Results/$study
W=.build/studies/$study
mkdir -p "$OUT" "$W"

say() { printf '%s %s: %s\n' "$(date +%H:%M:%S)" "$study" "$1" >&2; }

# columns IN OUT COLUMN…: these columns, and of the rows those of the metrics a page may print.
columns() {
  in=$1 out=$2
  shift 2
  awk -F, -v OFS=, -v want="$*" '
    NR == 1 { n = split(want, names, " "); for (i = 1; i <= NF; i++) at[$i] = i }
    NR > 1 && at["metric"] && $at["metric"] !~ \
      /^(walks\.pki|translationCycles\.pki|l1[id]\.mpki|pages\.modules|entries\.(text|data))$/ { next }
    { line = ""; for (i = 1; i <= n; i++) line = line (i > 1 ? OFS : "") $at[names[i]]; print line }
  ' "$in" >"$out"
}

# sweep NAME AXIS…: runs the plan NAME.yaml; keeps NAME.csv, NAME-ladder.csv, NAME.manifest.json.
sweep() {
  name=$1
  shift
  say "$name"
  rm -rf "$W/$name"
  "$K" sweep "$S/$name.yaml" --into "$W/$name" --no-progress --json -o "$OUT/$name.manifest.json"
  columns "$W/$name/comparisons.csv" "$OUT/$name.csv" \
    "$@" metric baseline treatment difference low high relative replicates
  if [ "$(wc -l <"$W/$name/ladder.csv")" -gt 1 ]; then
    awk -F, -v OFS=, 'NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i; print; next }
      $at["metric"] == "walks.pki" || $at["metric"] == "translationCycles.pki"' \
      "$W/$name/ladder.csv" >"$W/ladder.csv"
    columns "$W/ladder.csv" "$OUT/$name-ladder.csv" "$@" cause metric contribution low high
  fi
}

# compare NAME SCENARIO [ARGUMENT…]: one comparison as NAME.json.
compare() {
  name=$1
  shift
  say "$name"
  "$K" compare "$@" --no-progress --json -o "$OUT/$name.json"
}
