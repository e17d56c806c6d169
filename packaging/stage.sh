#!/bin/sh
# Lays an installation out: packaging/stage.sh BINARY MANDIR DESTDIR PREFIX
# Used by `make install` and by packaging/deb.sh, so that both install the same files.
set -eu
binary=$1
manuals=$2
destination=$3
prefix=$4
share=$destination$prefix/share
install -d "$destination$prefix/bin" "$share/man/man1" "$share/doc/kfrag" "$share/kfrag"
install -m 755 "$binary" "$destination$prefix/bin/kfrag"
for page in "$manuals"/*.1; do
  [ -e "$page" ] || continue
  gzip -9nc "$page" >"$share/man/man1/$(basename "$page").gz"
done
install -d "$share/bash-completion/completions" "$share/zsh/vendor-completions" \
  "$share/fish/vendor_completions.d"
"$binary" --generate-completion-script bash >"$share/bash-completion/completions/kfrag"
"$binary" --generate-completion-script zsh >"$share/zsh/vendor-completions/_kfrag"
"$binary" --generate-completion-script fish >"$share/fish/vendor_completions.d/kfrag.fish"
install -m 644 README.md "$share/doc/kfrag/README.md"
install -m 644 LICENSE "$share/doc/kfrag/copyright"
cp -R Scenarios "$share/kfrag/"
