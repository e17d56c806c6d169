#!/bin/sh
# The table of peers in Markdown, from what Tests/Performance/peers.sh measured: million references a
# second by trace, and the least of the ratios to the fastest C loop and to the fastest peer of the
# same work; policies no peer has are held against Dinero IV's LRU.
# Usage: docs/peers-table.sh PEERS.csv
set -eu
awk -F, '
  function most(a, k, x) { if (x > a[k]) a[k] = x }
  $2 ~ / of as many$/ { next }  # there for its counts
  NR > 1 && $2 == "fixed overhead" { overhead = $6; next }
  NR > 1 {
    key = $2 SUBSEP $3
    if (!(key in seen)) { seen[key] = 1; order[++n] = key; work[n] = $2; tool[n] = $3 }
    label[key] = $4 != "-" && $3 !~ /^kfrag/ ? $3 " " $4 : $3
    if (!($1 in column)) { column[$1] = ++columns; name[columns] = $1 }
    rate[key, $1] = $7
    if ($3 ~ /^C loop/) most(loop, $2 SUBSEP $1, $7)
    else if ($3 !~ /^kfrag/) most(peer, $2 SUBSEP $1, $7)
  }
  function shown(x) { return x == "" ? "" : x >= 100 ? sprintf("%.0f", x) : sprintf("%.1f", x) }
  # The least ratio over the traces of row i to what the best of the same work, or of `other`, make.
  function least(i, best, other,   c, r, p, low) {
    low = ""
    for (c = 1; c <= columns; c++) {
      r = rate[order[i], name[c]]
      p = best[work[i], name[c]]
      if (p == "" && other != "") p = best[other, name[c]]
      if (r != "" && p > 0 && (low == "" || r / p < low)) low = r / p
    }
    return low == "" ? "" : sprintf("%.2g", low)
  }
  END {
    printf "| work | tool |"
    for (c = 1; c <= columns; c++) printf " %s |", name[c]
    printf " times the best C loop | times the fastest peer |\n|---|---|"
    for (c = 1; c <= columns + 2; c++) printf "---:|"
    printf "\n"
    for (i = 1; i <= n; i++) {
      printf "| %s | %s |", work[i] == work[i - 1] ? "" : work[i], label[order[i]]
      for (c = 1; c <= columns; c++) printf " %s |", shown(rate[order[i], name[c]])
      other = work[i]
      if (!sub(/2048x16 .*/, "2048x16 lru", other)) other = ""
      if (tool[i] ~ /^kfrag/) printf " %s | %s |\n", least(i, loop), least(i, peer, other)
      else printf " | |\n"
    }
    if (overhead != "")
      printf "\nMillion references a second. A command on a trace of one address takes %d ms.\n", overhead * 1000
  }' "$1"
