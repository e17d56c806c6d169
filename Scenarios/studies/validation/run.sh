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
"$K" study splits --replicates 24 --csv -o "$OUT/splits.csv"
"$K" study splits --replicates 24 --fit 183,389,765 --json -o "$OUT/splits-fitted.json"

say netfilter
L=$C/debian-6.12.117-amd64-modules.csv.xz
xz -dc $L | awk -F, -v bytes=19000000 -v sets=24 -v folder="$W" -f "$S/netfilter.awk"
echo "set,loaders,modules,bytes,growth" >"$OUT/netfilter.csv"
set=1
while [ $set -le 24 ]; do
  for run in 6.12:1 6.15:1 6.15:2 6.15:4 6.15:6 6.15:8; do
    { echo "0 set loaders=${run#*:}"; cat "$W/set-$set.trace"; } |
      "$K" replay - --system linux-${run%:*} --catalog $L --memory 512MiB --age fresh \
        --json -o "$W/netfilter.json"
    values=$("$K" study value "$W/netfilter.json" \
      memory.freePages memory.modules.bytes memory.modules.count)
    case $run in
    6.12:*) base=$values ;;
    *) echo "$values,$base,$set,${run#*:}" | awk -F, '{
        print $7 "," $8 "," $3 "," $5 "," ($4 - $1) * 4096 / $5 }' >>"$OUT/netfilter.csv" ;;
    esac
  done
  set=$((set + 1))
done

for size in 4KiB 2MiB 1GiB; do
  "$K" show system linux-6.1 |
    awk -v size=$size '/^id:/ { print "id: linux-6.1-direct-" size; next } /^directMap:/ { inside = 1 } inside && /largest:/ && !done {
      sub(/largest: *(\{value: *)?[0-9A-Za-z]+/, "largest: " size); done = 1 } { print }' \
      >"$W/direct-$size.yaml"
done
D=../../../$W
compare direct-map "$S/direct-map.yaml" --set "arms=[{name: 2MiB, layout: monolithic, system: $D/direct-2MiB.yaml}, \
{name: 4KiB, layout: monolithic, system: $D/direct-4KiB.yaml}, \
{name: 1GiB, layout: monolithic, system: $D/direct-1GiB.yaml}]"
compare bat "$S/bat.yaml"
"$K" report "$OUT/direct-map.json" "$OUT/bat.json" --title "Direct maps and block registers" --html "$OUT/report.html"
