#!/bin/sh
# The table of peers in Markdown, from what Tests/Performance/peers.sh measured: million references a
# second by trace, and the slowest of the ratios to the fastest peer of the same work.
# Usage: docs/peers-table.sh PEERS.csv
set -eu
awk -F, '
  NR > 1 {
    key = $2 SUBSEP $3
    if (!(key in seen)) { seen[key] = 1; order[++n] = key; work[n] = $2; tool[n] = $3 }
    if ($4 != "-" && $3 !~ /^kfrag/) label[key] = $3 " " $4; else label[key] = $3
    if (!($1 in column)) { column[$1] = ++columns; name[columns] = $1 }
    rate[key, $1] = $7
    if ($3 !~ /^kfrag/ && $3 !~ /^C loop/ && $7 > peer[$2, $1]) peer[$2, $1] = $7
  }
  function shown(x) { return x == "" ? "" : x >= 100 ? sprintf("%.0f", x) : sprintf("%.1f", x) }
  END {
    printf "| work | tool |"
    for (c = 1; c <= columns; c++) printf " %s |", name[c]
    printf " times the fastest peer |\n|---|---|"
    for (c = 1; c <= columns + 1; c++) printf "---:|"
    printf "\n"
    for (i = 1; i <= n; i++) {
      printf "| %s | %s |", work[i] == work[i - 1] ? "" : work[i], label[order[i]]
      least = ""
      for (c = 1; c <= columns; c++) {
        r = rate[order[i], name[c]]
        printf " %s |", shown(r)
        p = peer[work[i], name[c]]
        if (r != "" && p > 0 && (least == "" || r / p < least)) least = r / p
      }
      printf " %s |\n", tool[i] ~ /^kfrag/ && least != "" ? sprintf("%.1f", least) : ""
    }
  }' "$1"
