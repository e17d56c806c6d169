#!/usr/bin/env bash
# kfrag sweep --engine slurm against a real slurmctld, slurmd and munged on this machine, all
# started here with their own configuration and stopped again. Needs root (slurmd runs tasks as
# their user) and the packages slurm-wlm and munge.
#
# Usage: Tests/Slurm/test.sh KFRAG
set -euo pipefail
kfrag=$(realpath "$1")
here=$(cd "$(dirname "$0")/../.." && pwd)
work=$(mktemp -d "${TMPDIR:-/tmp}/kfrag-slurm.XXXXXX")
chmod 755 "$work"
host=$(hostname -s)
pids=()

finish() {
  code=$?
  for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; done
  if [ $code -ne 0 ]; then
    tail -n 20 "$work"/*.log "$work"/munge/*.log 2>/dev/null || true
    tail -n 5 "$work"/slurm/.slurm/*.log 2>/dev/null || true
  fi
  sleep 0.2
  rm -rf "$work"
  exit $code
}
trap finish EXIT

mkdir -p "$work"/{munge,state,spool}
dd if=/dev/urandom of="$work/munge/key" bs=64 count=1 status=none
chmod 600 "$work/munge/key"
chown -R munge "$work/munge"
runuser -u munge -- munged --foreground --force --key-file="$work/munge/key" \
  --socket="$work/munge/socket" --pid-file="$work/munge/pid" \
  --log-file="$work/munge/munged.log" --seed-file="$work/munge/seed" \
  > "$work/munged.out.log" 2>&1 &
pids+=($!)
for _ in $(seq 50); do [ -S "$work/munge/socket" ] && break; sleep 0.1; done

cat > "$work/slurm.conf" <<CONF
ClusterName=kfragtest
SlurmctldHost=$host(127.0.0.1)
AuthType=auth/munge
AuthInfo=socket=$work/munge/socket
SlurmUser=root
SlurmctldPort=26817
SlurmdPort=26818
StateSaveLocation=$work/state
SlurmdSpoolDir=$work/spool
SlurmctldPidFile=$work/slurmctld.pid
SlurmdPidFile=$work/slurmd.pid
SlurmctldLogFile=$work/slurmctld.log
SlurmdLogFile=$work/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
SchedulerParameters=sched_interval=1,batch_sched_delay=1
MpiDefault=none
ReturnToService=2
NodeName=$host NodeAddr=127.0.0.1 CPUs=$(nproc) State=UNKNOWN
PartitionName=all Nodes=ALL Default=YES MaxTime=INFINITE State=UP
CONF
export SLURM_CONF="$work/slurm.conf"
slurmctld -D -f "$work/slurm.conf" > "$work/slurmctld.out.log" 2>&1 &
pids+=($!)
slurmd -D -f "$work/slurm.conf" > "$work/slurmd.out.log" 2>&1 &
pids+=($!)
for _ in $(seq 150); do
  [ "$(sinfo -h -o %t 2>/dev/null)" = idle ] && break
  sleep 0.2
done
[ "$(sinfo -h -o %t)" = idle ] || { echo "slurm did not start"; exit 1; }

cat > "$work/plan.yaml" <<PLAN
scenario: $here/Tests/Data/sweep/tiny.yaml
axes: {seed: [1, 2, 3, 4, 5]}
PLAN
cd "$work"
"$kfrag" sweep plan.yaml --into local --no-progress > /dev/null

# A task is lost: the fourth of the array is cancelled while it waits or runs.
( for _ in $(seq 400); do
    job=$(squeue -h -o %F 2>/dev/null | head -n 1)
    if [ -n "$job" ]; then scancel "${job}_3" && exit 0; fi
    sleep 0.05
  done ) &
killer=$!
"$kfrag" sweep plan.yaml --into slurm --engine slurm --no-progress 2> slurm.err | tee slurm.out
wait "$killer"
grep -q "lost; submitting them again" slurm.err || { cat slurm.err; echo "no point was lost"; exit 1; }
diff -r local slurm

# Points that fail are recorded by their task, not submitted again, and end with 65.
sed -i 's/{seed.*/{machine: [teach-tiny, bogus]}/' plan.yaml
status=0
"$kfrag" sweep plan.yaml --into failing --engine slurm --no-progress 2> failing.err || status=$?
[ "$status" = 65 ] || { cat failing.err; echo "exit $status, not 65"; exit 1; }
grep -q "unknown machine" failing.err
if grep -q "submitting them again" failing.err; then echo "a failed point was repeated"; exit 1; fi
grep -q "l1i.mpki" failing/results.csv
echo "slurm: array, lost task and failed point: as without Slurm"
