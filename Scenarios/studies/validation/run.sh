#!/bin/sh
# Recordings and published numbers, each beside what the model says.
. Scenarios/studies/lib.sh
D=Tests/Data/linux
C=Scenarios/data

cp "$S/published.csv" "$OUT/published.csv"

say placement
"$K" verify-placement $D/placement-6.1.csv.xz --system linux-6.1 \
  --seed-areas $D/seed-6.1.vmallocinfo --catalog $C/debian-6.1.192-amd64-modules.csv \
  --json -o "$OUT/placement-6.1.json"
"$K" verify-placement $D/placement-6.12-first1500.csv.xz --system linux-6.12 \
  --seed-areas $D/seed-6.12.vmallocinfo --catalog $C/debian-6.12.117-amd64-modules.csv.xz \
  --json -o "$OUT/placement-6.12.json"

say age
"$K" age --fit $D/f90-end.buddyinfo --memory 1536MiB --json -o "$OUT/age-day.json"
"$K" age --fit $D/month.buddyinfo --memory 16GiB --json -o "$OUT/age-month.json"

sweep sets modules.loaded

say base4k
for layout in recorded base4k; do
  "$K" tlb Scenarios/recorded/debian-6.1-access.kft --machine intel-skylake --layout $layout \
    --json -o "$OUT/text-$layout.json"
done

say splits
"$K" study splits --csv -o "$OUT/splits.csv"

say netfilter
echo "system,freePages" >"$OUT/netfilter.csv"
for era in 6.12 6.15; do
  "$K" replay "$S/netfilter.trace" --system linux-$era \
    --catalog $C/debian-6.12.117-amd64-modules.csv.xz --memory 512MiB --age fresh \
    --json -o "$W/netfilter.json"
  echo "linux-$era,$("$K" study value "$W/netfilter.json" memory.freePages)" >>"$OUT/netfilter.csv"
  if [ $era = 6.12 ]; then
    "$K" replay "$S/netfilter.trace" --system linux-$era \
      --catalog $C/debian-6.12.117-amd64-modules.csv.xz --memory 512MiB --age fresh --csv |
      awk -F, 'NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i; next }
        { sum += $at["bytes"] } END { print "bytes"; print sum }' >"$OUT/netfilter-bytes.csv"
  fi
done

for size in 4KiB 1GiB; do
  "$K" show system linux-6.1 |
    awk -v size=$size '/^id:/ { print "id: linux-6.1-direct-" size; next } /^directMap:/ { inside = 1 } inside && /pageSize:/ && !done {
      sub(/pageSize: *(\{value: *)?[0-9A-Za-z]+/, "pageSize: " size); done = 1 } { print }' \
      >"$W/direct-$size.yaml"
done
D=../../../$W
compare direct-map "$S/direct-map.yaml" --set "arms=[{name: 2MiB, layout: monolithic, system: linux-6.1}, \
{name: 4KiB, layout: monolithic, system: $D/direct-4KiB.yaml}, \
{name: 1GiB, layout: monolithic, system: $D/direct-1GiB.yaml}]"
compare bat "$S/bat.yaml"
"$K" report "$OUT/direct-map.json" "$OUT/bat.json" --title "Direct maps and block registers" --html "$OUT/report.html"
