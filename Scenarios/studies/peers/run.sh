#!/bin/sh
# kfrag beside other tools: the same counts where the rules agree, and how fast each is.
. Scenarios/studies/lib.sh

# What cachegrind 3.19 printed for the run lackey recorded: misses of code, data and last level.
# `16x16` of a whole array is fully associative here.
say cachegrind
T=Tests/SimTests/Data/ls-full.lackey.txt.zst
rm -f "$W"/*-*-*.json
echo "l1i,l1d,l2,level,cachegrind,kfrag,difference" >"$OUT/equal.csv"
tail -n +2 "$S/cachegrind.csv" | while IFS=, read -r i d l code data last; do
  "$K" tlb $T --l1i "$i" --l1d "$d" --l2 "$l" --crossing one --csv >"$W/tlb.csv"
  awk -F, -v OFS=, -v i="$i" -v d="$d" -v l="$l" -v code="$code" -v data="$data" -v last="$last" '
    $1 == "L1I" { print i, d, l, "code", code, $NF, $NF - code }
    $1 == "L1D" { print i, d, l, "data", data, $NF, $NF - data }
    $1 == "L2" { print i, d, l, "second level", last, $NF, $NF - last }' "$W/tlb.csv" \
    >>"$OUT/equal.csv"
  "$K" tlb $T --l1i "$i" --l1d "$d" --l2 "$l" --crossing one --json -o "$W/$i-$d-$l.json"
  # Of the last, with the hash of the trace.
  cp "$W/$i-$d-$l.json" "$OUT/equal.json"
done
"$K" curve $T --sets 1..128 --ways 1..16 --json -o "$W/curve.json"
"$K" report "$W/curve.json" "$W"/*-*-*.json --title "The counts cachegrind prints too" --html "$OUT/report.html"

# Speed, beside whatever peers there are: Tests/Performance/peers.sh says which it looks for.
say speed
KFRAG=$K Tests/Performance/peers.sh "$W/peers.csv" >&2
cp "$W/peers.csv" "$OUT/peers.csv"

# Misses of the same work on the same trace. Only where victims are drawn may they differ.
awk -F, -v OFS=, '
  { sub(/ of as many$/, "", $2); key = $1 OFS $2 OFS $5 }
  NR > 1 && $3 ~ /^kfrag/ { ours[key] = $8; next }
  NR > 1 && $3 !~ /^C loop/ && $3 != "cachegrind" { n++; peer[n] = $3; work[n] = key; theirs[n] = $8 }
  END {
    print "trace,work,references,peer,level,theirs,kfrag,difference,why"
    for (i = 1; i <= n; i++) {
      if (!(work[i] in ours)) continue
      levels = split(theirs[i], t, " "); split(ours[work[i]], o, " ")
      for (l = 1; l <= levels; l++) {
        d = o[l] - t[l]
        why = d == 0 ? "" : work[i] ~ /random/ ? "each draws its own victims" : "not known"
        print work[i], peer[i], l, t[l], o[l], d, why
      }
    }
  }' "$OUT/peers.csv" >"$OUT/counts.csv"
