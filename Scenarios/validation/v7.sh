#!/bin/sh
# V7: what packing module text into 2 MiB blocks costs in memory. M. Rapoport (October 2024, answer on
# version 5 of the series): "randomly chosen" modules, mostly net and netfilter, grow from 19 MB to
# 25 MB; the set, the machine and how memory was counted are not told.
#
# Here: netfilter and every STRIDE-th module of net, loaded by Linux 6.12 (base pages) and 6.15 (text
# in blocks). Loads one after another leave part of one block empty: 1 to 2 MB, not 6. But a load that
# finds no room fills a block of its own outside the lock (mm/execmem.c, execmem_cache_populate), so
# loads under way at once each fill one, and blocks beyond what the text needs stay half empty. The
# rows are for 1 to 8 loads at once, as udev on so many processors makes; the published growth lies
# between those of 5 and 8.
# Run from the repository's root: sh Scenarios/validation/v7.sh
set -e
K=${KFRAG:-.build/release/kfrag}
C=Scenarios/data/debian-6.12.117-amd64-modules.csv.xz
STRIDE=${STRIDE:-3}
trace() {
  echo "0 set loaders=$1"
  xz -dc "$C" | awk -F, -v stride="$STRIDE" '
    NR == 1 { for (i = 1; i <= NF; i++) column[$i] = i; next }
    { path = $column["path"]; name = $column["module"] }
    path ~ /^net\/netfilter\// || path ~ /^net\// && ++seen % stride == 0 {
      printf "%.2f load %s\n", ++loads * 0.02, name
    }'
}
replay() {
  $K replay - --system "$1" --catalog "$C" --memory 1GiB --age fresh --json --no-progress |
    awk '
      /"freePages"/ { gsub(/[",: ]/, " "); if (free == "") free = $2 }
      /"perCPUPages"/ { gsub(/[",: ]/, " "); if (lists == "") lists = $2 }
      /"modules": \{/ { inside = 1 }
      inside && /"count"|"bytes"/ { gsub(/[",: ]/, " "); value[$1] = $2 }
      END { print free, value["count"], value["bytes"] }'
}
empty=$(echo "0 boot" | replay linux-6.12 | cut -d' ' -f1)
set -- $(trace 1 | replay linux-6.12)
base=$(((empty - $1) * 4096))
echo "modules,listedBytes,loaders,bytesInBasePages,bytesInBlocks,growth"
echo "published,,,19000000,25000000,6000000"
empty=$(echo "0 boot" | replay linux-6.15 | cut -d' ' -f1)
for loaders in 1 2 4 5 6 7 8; do
  set -- $(trace $loaders | replay linux-6.15)
  blocks=$(((empty - $1) * 4096))
  echo "$2,$3,$loaders,$base,$blocks,$((blocks - base))"
done
