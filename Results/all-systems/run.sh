#!/bin/sh
# Makes the files of this folder again. Needs `make build` and python3; run from the root.
set -e
K=${KFRAG:-.build/release/kfrag}
OUT=Results/all-systems
for name in all-systems all-systems-modern; do
  $K compare Scenarios/$name.yaml --no-progress --json -o $OUT/$name.json
  python3 - $OUT/$name.json > $OUT/$name.md <<'PY'
import json, sys
arms = json.load(open(sys.argv[1]))["arms"]
names = ["l1i.mpki", "l1d.mpki", "walks.pki", "translationCycles.pki", "entries.text",
         "entries.data", "pages.modules"]
print("| system and arm | " + " | ".join(names) + " |")
print("|---|" + "---:|" * len(names))
for arm in arms:
    cells = []
    for name in names:
        value = arm["metrics"].get(name)
        cells.append("–" if value is None else "%.4g" % value["mean"])
    print("| " + arm["name"] + " | " + " | ".join(cells) + " |")
PY
  rm $OUT/$name.json
done
