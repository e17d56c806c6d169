#!/bin/sh
# What each cure gains and what it costs.
. Scenarios/studies/lib.sh

sweep eras-both workload.synthetic.model memory.age
columns "$W/eras-both/results.csv" "$OUT/arms.csv" workload.synthetic.model memory.age arm metric mean

# Linking in the modules that cost most: misses saved against memory spent.
say advise
echo "model,budget,bytes,modules,difference,low,high,relative" >"$OUT/advise.csv"
for model in fitted moduleHot; do
  for budget in 64KiB 256KiB 1MiB 4MiB 16MiB; do
    "$K" advise "$S/eras.yaml" --set workload.synthetic.model=$model --set replicates=4 \
      --set arms="[monolithic, modular]" --budget $budget --no-progress --json \
      -o "$W/advise.json"
    echo "$model,$budget,$("$K" study value "$W/advise.json" bytes modules verified.0.difference \
      verified.0.low verified.0.high verified.0.relative)" >>"$OUT/advise.csv"
  done
done
