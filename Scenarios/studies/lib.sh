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
  awk -v want="$*" '
    # Fields of an RFC 4180 record; quotes stay.
    function fields(line, to,   n, c, i, quoted) {
      n = 1; to[1] = ""; quoted = 0
      for (i = 1; i <= length(line); i++) {
        c = substr(line, i, 1)
        if (c == "\"") quoted = !quoted
        if (c == "," && !quoted) { n++; to[n] = "" } else to[n] = to[n] c
      }
      return n
    }
    { count = fields($0, f) }
    NR == 1 { n = split(want, names, " "); for (i = 1; i <= count; i++) at[f[i]] = i }
    NR > 1 && at["metric"] && f[at["metric"]] !~ \
      /^((firstW|repeatedW|w)alks\.pki|translationCycles\.pki|l1[id]\.mpki|(pages|memory)\.modules|entries\.(text|data))$/ { next }
    NR > 1 && at["cause"] && f[at["metric"]] !~ /^(walks|translationCycles)\.pki$/ { next }
    { line = ""; for (i = 1; i <= n; i++) line = line (i > 1 ? "," : "") f[at[names[i]]]; print line }
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
    columns "$W/$name/ladder.csv" "$OUT/$name-ladder.csv" "$@" cause metric contribution low high
  fi
}

# compare NAME SCENARIO [ARGUMENT…]: one comparison as NAME.json.
compare() {
  name=$1
  shift
  say "$name"
  "$K" compare "$@" --no-progress --json -o "$OUT/$name.json"
  # Where it was made is nobody's business.
  sed -i 's|"directory": "[^"]*"|"directory": "."|' "$OUT/$name.json"
}
