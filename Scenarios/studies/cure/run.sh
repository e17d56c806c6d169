#!/bin/sh
# What each cure gains and what it costs.
. Scenarios/studies/lib.sh

sweep eras-both workload.synthetic.model memory.age
columns "$W/eras-both/results.csv" "$OUT/arms.csv" workload.synthetic.model memory.age arm metric mean

# costliest MODEL COUNT: modules whose pages cost most walks more when loaded, by commas.
costliest() {
  "$K" attribute "$S/eras.yaml" --set workload.synthetic.model="$1" --set replicates=4 \
    --set arms="[monolithic, modular]" --no-progress --csv |
    awk -F, 'NR > 1 && $2 != "region" && $1 != "base" {
      added[$1] += ($4 == "modular" ? $6 : -$6)
    } END { for (name in added) print added[name], name }' |
    LC_ALL=C sort -k1,1gr -k2,2 | awk -v n="$2" 'NR <= n { printf "%s%s", (NR > 1 ? ", " : ""), $2 }'
}

# Every cure beside plain loading, for the ten costliest modules where it is about some.
echo "model,modules" >"$OUT/costliest.csv"
for model in fitted moduleHot; do
  ten=$(costliest $model 10)
  echo "$model,\"$ten\"" >>"$OUT/costliest.csv"
  compare "cures-$model" "$S/eras.yaml" --set workload.synthetic.model=$model --ladder none \
    --set "arms=[{name: linked in, layout: monolithic}, {name: loaded, layout: modular},
      {name: ten linked in, layout: modular, linked: [$ten]},
      {name: text of ten packed, layout: modular, packed: [$ten]},
      {name: text cache of linux-7.3, layout: modular, system: linux-7.3}]"
done

# Within a budget of memory: modules linked in, or their text packed into large pages.
say advise
echo "model,budget,how,bytes,modules,difference,low,high,relative" >"$OUT/advise.csv"
for model in fitted moduleHot; do
  for budget in 64KiB 256KiB 1MiB 2MiB 4MiB 8MiB 16MiB; do
    "$K" advise "$S/eras.yaml" --set workload.synthetic.model=$model --set replicates=4 \
      --set arms="[monolithic, modular]" --budget $budget --no-progress --json \
      -o "$W/advise.json"
    for how in link pack; do
      in=$([ $how = pack ] && echo packed. || true)
      [ "$("$K" study value "$W/advise.json" "${in}bytes")" != 0 ] || continue
      echo "$model,$budget,$how,$("$K" study value "$W/advise.json" "${in}bytes" "${in}modules" \
        "${in}verified.0.difference" "${in}verified.0.low" "${in}verified.0.high" \
        "${in}verified.0.relative")" >>"$OUT/advise.csv"
    done
  done
done
gnuplot -e "data='$OUT/advise.csv'; out='$OUT/memory.svg'" "$S/memory.gp"
"$K" report "$OUT/cures-fitted.json" "$OUT/cures-moduleHot.json" --title "What cures gain and cost" --html "$OUT/report.html"
