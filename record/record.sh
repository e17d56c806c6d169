#!/bin/bash
# record.sh KERNEL SCENARIO OUT.kft: records an unmodified Debian kernel under QEMU and imports it.
#   KERNEL    a package name (linux-image-6.1.0-56-amd64), a .deb, or a folder it was unpacked into
#   SCENARIO  NAME of a scenario-NAME.sh in this folder
# record.sh --kernel prints the package `make record` takes when none is named.
# Needs, on Debian: qemu-system-x86 busybox-static kmod cpio gcc python3 and the tools the scenario
# uses; `record.sh --packages` prints them. The plugin header is taken from QEMU's source package.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
packages="qemu-system-x86 busybox-static kmod cpio btrfs-progs xfsprogs nftables iproute2 dmsetup
  squashfs-tools dosfstools e2fsprogs python3 gcc libc6-dev xz-utils zstd"
if [ "${1:-}" = --packages ]; then echo $packages; exit 0; fi
# The kernel that runs here when Debian has it, else the one linux-image-amd64 stands for.
if [ "${1:-}" = --kernel ]; then
  own=linux-image-$(uname -r)
  if apt-cache show "$own" > /dev/null 2>&1; then echo "$own"; exit 0; fi
  apt-cache depends linux-image-amd64 2> /dev/null | sed -n 's/.*Depends: \(linux-image-[0-9].*\)/\1/p' |
    head -1
  exit 0
fi
if [ $# -ne 3 ]; then sed -n '2,7s/^# //p' "$0" >&2; exit 64; fi
kernel=$1 scenario=$2 out=$3
kfrag=${KFRAG:-kfrag}
# WORK keeps what was downloaded and recorded; without it nothing stays behind.
if [ -n "${WORK:-}" ]; then
  work=$WORK
  mkdir -p "$work"
else
  work=$(mktemp -d)
  trap 'rm -rf "$work"' EXIT
fi
[ -f "$here/scenario-$scenario.sh" ] || { echo "no scenario-$scenario.sh in $here" >&2; exit 66; }

# The kernel, unpacked.
if [ -d "$kernel" ]; then
  tree=$kernel
else
  tree=$work/kernel
  if [ ! -d "$tree" ]; then
    case $kernel in
      *.deb) deb=$kernel ;;
      *) (cd "$work" && apt-get download -q "$kernel" > /dev/null); deb=$(ls "$work/$kernel"_*.deb) ;;
    esac
    dpkg -x "$deb" "$tree"
  fi
fi
version=$(basename "$(ls "$tree"/boot/vmlinuz-*)" | sed 's/^vmlinuz-//')

# The plugin: its header must be of the same QEMU.
if [ ! -f "$work/pagetrace.so" ]; then
  header=${PLUGIN_HEADER:-$work/qemu-plugin.h}
  [ -f "$header" ] || "$here/plugin-header.sh" "$header"
  gcc -O2 -fPIC -shared -fvisibility=hidden -I"$(dirname "$header")" \
    -o "$work/pagetrace.so" "$here/pagetrace.c"
fi
gcc -O2 -o "$work/mktrace" "$here/mktrace.c"

# Boot, run the scenario, keep what the guest wrote down.
"$here/mkrootfs.sh" "$version" "$tree" "$work/root.cpio" "$scenario"
"$here/run.sh" "$work" "$tree" "$scenario"
mkdir -p "$work/out"
tar xf "$work/vda.raw" -C "$work"

# Trace, pages, page table; then .kft.
"$work/mktrace" "$work/raw.bin" "$work/trace.u32" "$work/pagecounts.txt" > "$work/segments.csv"
python3 "$here/annotate.py" "$work" "$work/"
"$kfrag" import "$work/trace.u32" --format capture --pages "$work/pages.csv" \
  --pagetable "$work/pagetable.csv" --snapshots "$work/out" -o "$out"
