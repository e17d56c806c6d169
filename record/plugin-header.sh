#!/bin/bash
# plugin-header.sh OUT.h: QEMU's plugin header, from the source package of the QEMU installed.
set -euo pipefail
out=$(realpath -m "$1")
version=$(dpkg-query -W -f '${source:Version}' qemu-system-x86)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
if ! apt-get source -q --download-only "qemu=$version" > log 2>&1; then
  # No deb-src line in the machine's sources: use the same archives with one, for this call only.
  mkdir -p lists/partial
  . /etc/os-release
  for suite in "debian $VERSION_CODENAME" "debian-security $VERSION_CODENAME-security" \
    "debian $VERSION_CODENAME-updates"; do
    echo "deb-src http://deb.debian.org/${suite% *} ${suite#* } main"
  done > sources.list
  options="-o Dir::Etc::sourcelist=$work/sources.list -o Dir::Etc::sourceparts=- \
    -o Dir::State::lists=$work/lists"
  apt-get $options update -qq
  apt-get $options source -q --download-only "qemu=$version" > log 2>&1 || { cat log >&2; exit 66; }
fi
tarball=$(ls qemu_*.orig.tar.* | grep -v '\.asc$')
tar xf "$tarball" --wildcards --strip-components 3 '*/include/qemu/qemu-plugin.h'
mv qemu-plugin.h "$out"
