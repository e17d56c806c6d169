#!/bin/sh
# How the penalty grows with what happened before: loads and unloads, the age of memory, reloads.
. Scenarios/studies/lib.sh

sweep loads system workload.synthetic.model history.transientModules
sweep age system workload.synthetic.model memory.age
sweep reloads system workload.synthetic.model workload.synthetic.reloads
"$K" report "$W/age" --title "The age of memory" --html "$OUT/report.html"
