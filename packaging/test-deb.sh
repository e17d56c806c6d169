#!/bin/sh
# Installs a package in a clean Debian root and runs it there: packaging/test-deb.sh KFRAG.deb
# Wants root and debootstrap.
set -eu
package=$1
suite=$(. /etc/os-release && echo "$VERSION_CODENAME")
mirror=${MIRROR:-$(sed -n 's/^URIs: *//p; s/^deb [^h]*\(http[^ ]*\) .*/\1/p' \
  /etc/apt/sources.list /etc/apt/sources.list.d/* 2>/dev/null | head -n 1)}
root=$(mktemp -d)
trap 'umount "$root/proc" 2>/dev/null || true; rm -rf "$root"' EXIT
debootstrap --variant=minbase "$suite" "$root" "$mirror" >/dev/null
cp "$package" "$root/kfrag.deb"
# A Swift program finds its arguments below /proc.
mount -t proc proc "$root/proc"
chroot "$root" sh -eu <<'INSIDE'
apt-get -o APT::Sandbox::User=root install -y -qq --no-install-recommends ./kfrag.deb >/dev/null
cd /tmp
kfrag --version
kfrag list machines >machines
grep -q intel-skylake machines
kfrag course question --seed 3 >/dev/null
kfrag compare /usr/share/kfrag/Scenarios/debian12-host.yaml --replicates 2 --json -o result.json
kfrag verify result.json
test -s /usr/share/man/man1/kfrag.1.gz
test -s /usr/share/man/man1/kfrag.compare.1.gz
bash -n /usr/share/bash-completion/completions/kfrag
INSIDE
echo "installed and run in a clean $suite"
