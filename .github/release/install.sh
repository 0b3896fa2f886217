#!/bin/sh
# Installs the newest release of foldspace for this machine into ~/.local/bin (or $FOLDSPACE_BIN), after checking its sum.
#
#   FOLDSPACE_REPOSITORY=OWNER/NAME sh install.sh [VERSION]
set -eu
repository=${FOLDSPACE_REPOSITORY:?set it to the OWNER/NAME that publishes the releases}
server=${FOLDSPACE_SERVER:-https://github.com}
directory=${FOLDSPACE_BIN:-$HOME/.local/bin}
stop() { echo "install.sh: $1" >&2; exit 1; }

case $(uname -s)-$(uname -m) in
Linux-x86_64) target=x86_64-unknown-linux-gnu ;;
Linux-aarch64) target=aarch64-unknown-linux-gnu ;;
Darwin-x86_64) target=x86_64-apple-darwin ;;
Darwin-arm64) target=aarch64-apple-darwin ;;
*) stop "there is no ready program for $(uname -s) on $(uname -m); build it with: cargo install foldspace" ;;
esac
get() { curl --proto '=https,file' --fail --silent --show-error --location "$1" --output "$2"; }
if [ $# -gt 0 ]; then
    version=$1
else
    latest=$(curl --proto '=https' --fail --silent --location --output /dev/null --write-out '%{url_effective}' "$server/$repository/releases/latest")
    version=${latest##*/v}
fi
name=foldspace-$version-$target
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
get "$server/$repository/releases/download/v$version/$name.tar.gz" "$work/$name.tar.gz" || stop "version $version has no $name.tar.gz"
get "$server/$repository/releases/download/v$version/$name.tar.gz.sha256" "$work/$name.tar.gz.sha256" || stop "its checksum is missing"
(cd "$work" && if command -v sha256sum >/dev/null; then sha256sum -c "$name.tar.gz.sha256"; else shasum -a 256 -c "$name.tar.gz.sha256"; fi) >/dev/null ||
    stop "$name.tar.gz is damaged: its checksum is another"
tar -xzf "$work/$name.tar.gz" -C "$work"
mkdir -p "$directory"
mv "$work/$name/foldspace" "$directory/foldspace.new"
mv "$directory/foldspace.new" "$directory/foldspace"
"$directory/foldspace" --version
case :$PATH: in *":$directory:"*) ;; *) echo "add $directory to PATH" ;; esac
