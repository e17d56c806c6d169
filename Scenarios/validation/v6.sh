#!/bin/sh
# V6: large direct-map leaves split by scattered read-only executable pages. A. Lu (7 November 2022,
# <Y2ioTodn+mBXdIqp@ziqianlu-desk2>): 8 GiB virtual machine, Linux 5.17, a program with three such
# pages started 512 to 2,048 times after boot: 183, 389 and 765 leaves of 2 MiB split, and 0, 2 and 3
# of 1 GiB.
#
# A start takes 180 unmovable pages beside those three (stacks, page tables, slabs) and 250 movable
# ones (the process, 1 MiB). The first number is set so that the first row's 183 come out, the second
# so that 512 starts stay within one 1 GiB leaf. Every other number is a prediction. One program runs
# at boot: the leaf memory comes from first is split by then, as it was in the published table.
# Run from the repository's root: sh Scenarios/validation/v6.sh
set -e
K=${KFRAG:-.build/release/kfrag}
splits() {
  awk -v n="$1" 'BEGIN {
      print "0 boot\n0 load prog0 text=4KiB"
      for (i = 1; i <= n; i++) {
        print i " take pages=250 type=movable"
        for (p = 1; p <= 3; p++) {
          print i " take pages=60"
          print i " load prog" i "_" p " text=4KiB"
        }
      }
    }' | $K replay - --system linux-5.10 --memory 8GiB --age fresh --json --no-progress |
    awk '/direct_map_level[23]_splits/ { gsub(/[",: ]/, " "); value[$1] = $2 }
      END { print value["direct_map_level2_splits"], value["direct_map_level3_splits"] }'
}
set -- $(splits 0)
at_boot_2M=$1 at_boot_1G=$2
echo "starts,published2M,splits2M,published1G,splits1G"
for row in "512 183 0" "1024 389 2" "2048 765 3"; do
  set -- $row
  starts=$1 two=$2 one=$3
  set -- $(splits "$starts")
  echo "$starts,$two,$(($1 - at_boot_2M)),$one,$(($2 - at_boot_1G))"
done
