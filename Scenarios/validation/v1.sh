#!/bin/sh
# V1: how many TLB entries modules cost a machine in use. T. Gleixner (29 November 2022,
# <87lenuukj0.ffs@tglx>): a server-class workstation holds 12.4609 MB of modules = 3,190 base-page
# entries, which 7 or 8 large pages would hold. Here: three sets of real machines and what each
# takes as the loader of its era places it. listedBasePages counts the sizes the listing itself shows;
# the two differ where the machine ran another point release than the catalog's.
# Run from the repository's root: sh Scenarios/validation/v1.sh
set -e
K=${KFRAG:-.build/release/kfrag}
echo "set,modules,bytes,basePages,largePagesWouldHold,listedBasePages"
echo "published,,13066240,3190,7-8,"
row() {
  listed=$(awk '$2 ~ /^[0-9]+$/ { n += int(($2 + 4095) / 4096) } END { print n }' \
    "Scenarios/data/$1")
  $K replay "Scenarios/data/$1" --system "$2" --catalog "Scenarios/data/$3" --json --no-progress |
    awk -v name="$1" -v listed="$listed" '
      /"modules": \{/ { inside = 1 }
      inside && /"basePages"|"bytes"|"count"|"largePagesWouldHold"/ {
        gsub(/[",: ]/, " "); value[$1] = $2
      }
      END {
        print name "," value["count"] "," value["bytes"] "," value["basePages"] "," \
          value["largePagesWouldHold"] "," listed
      }'
}
row lsmod-debian12-6.1-host.txt linux-6.1 debian-6.1.192-amd64-modules.csv
row lsmod-debian-6.6plus-k8s-zfs-server.txt linux-6.12 debian-6.12.117-amd64-modules.csv.xz
