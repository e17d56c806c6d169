#!/bin/sh
# The same modules under every system's rules, on a machine of its era and on a modern one.
. Scenarios/studies/lib.sh

compare article Scenarios/all-systems.yaml --ladder none
sweep era workload.synthetic.model system machine
sweep modern workload.synthetic.model system
sweep native workload.synthetic.model system arms
"$K" report "$W/era" --title "The same modules under every system's rules" --html "$OUT/report.html"
