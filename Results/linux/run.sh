#!/bin/sh
# Makes the files of this folder again. Needs `make build`; run from the repository's root.
set -e
K=${KFRAG:-.build/release/kfrag}
D=Tests/Data/linux
S=Scenarios/data
OUT=Results/linux
$K verify-placement $D/placement-6.1.csv.xz --system linux-6.1 \
  --seed-areas $D/seed-6.1.vmallocinfo --catalog $S/debian-6.1.192-amd64-modules.csv \
  --json -o $OUT/placement-6.1.json
$K verify-placement $D/placement-6.12-first1500.csv.xz --system linux-6.12 \
  --seed-areas $D/seed-6.12.vmallocinfo --catalog $S/debian-6.12.117-amd64-modules.csv.xz \
  --json -o $OUT/placement-6.12.json
$K age --fit $D/f90-end.buddyinfo --memory 1536MiB --json -o $OUT/age-day.json
$K age --fit $D/month.buddyinfo --memory 16GiB --json -o $OUT/age-month.json
for era in 6.12 6.15; do
  echo "linux-$era: pages free with the modules of netfilter.trace loaded"
  $K replay $OUT/netfilter.trace --system linux-$era \
    --catalog $S/debian-6.12.117-amd64-modules.csv.xz --memory 512MiB --age fresh \
    --json | grep '"freePages"'
done > $OUT/netfilter.txt
