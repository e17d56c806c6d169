#!/bin/sh
# Builds a Debian package: packaging/deb.sh BINARY MANDIR OUT
# Prints the package's path. The shared libraries the binary asks for become its dependencies.
set -eu
binary=$1
manuals=$2
out=$3
version=$("$binary" --version)
architecture=$(dpkg --print-architecture)
stage=$(mktemp -d)
trap 'rm -rf "$stage"' EXIT
chmod 755 "$stage"
packaging/stage.sh "$binary" "$manuals" "$stage" /usr
strip --strip-unneeded "$stage/usr/bin/kfrag"

# A library may lie below /usr/lib or, before the merge of the two, below /lib.
depends=$(ldd "$binary" | sed -n 's/.*=> \(\/[^ ]*\) .*/\1/p' | while read -r library; do
  dpkg -S "$(readlink -f "$library")" 2>/dev/null || dpkg -S "$library" 2>/dev/null ||
    dpkg -S "${library#/usr}" 2>/dev/null || echo "no package holds $library" >&2
done | sed 's/:.*//' | sort -u | paste -sd, | sed 's/,/, /g')

install -d "$stage/DEBIAN"
cat >"$stage/DEBIAN/control" <<CONTROL
Package: kfrag
Version: $version
Architecture: $architecture
Maintainer: kfrag maintainers <maintainers@kfrag.invalid>
Installed-Size: $(du -sk "$stage" | cut -f1)
Depends: $depends
Recommends: gnuplot-nox
Section: science
Priority: optional
Description: what loading kernel modules costs in TLB misses
 kfrag compares a kernel with loaded modules with the same kernel that has them
 linked in: the same references, replayed under both layouts on a model of a
 real processor's MMU, with confidence intervals and the causes one by one.
CONTROL
mkdir -p "$out"
package=$out/kfrag_${version}_$architecture.deb
dpkg-deb --root-owner-group --build "$stage" "$package" >/dev/null
echo "$package"
