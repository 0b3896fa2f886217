#!/usr/bin/env bash
# Builds the program for one target and packs it with licences, README and completions: what the release workflow does on each
# machine, and what anyone can run.
#
#   .github/release/package.sh [TARGET]     into dist/foldspace-VERSION-TARGET.tar.gz (.zip on Windows) and its .sha256
set -euo pipefail
cd "$(dirname "$0")/../.."
host=$(rustc -vV | sed -n 's/^host: //p')
target=${1:-$host}
version=$(sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml | head -1)
name=foldspace-$version-$target

cargo build --profile dist --locked --target "$target"

program=foldspace
case $target in *windows*) program=foldspace.exe ;; esac
rm -rf "dist/$name"
mkdir -p "dist/$name/completions"
cp "${CARGO_TARGET_DIR:-target}/$target/dist/$program" README.md CHANGELOG.md LICENSE-APACHE LICENSE-MIT "dist/$name/"
cp -r src/plot/fonts "dist/$name/fonts"
rm -f "dist/$name"/fonts/*.otf "dist/$name"/fonts/*.ttf # the licences stay; the fonts themselves are in the program
if [ "$target" = "$host" ]; then
    for shell in bash elvish fish powershell zsh; do
        "dist/$name/$program" completions "$shell" >"dist/$name/completions/foldspace.$shell"
    done
    "dist/$name/$program" --version
fi

cd dist
case $target in
*windows*) archive=$name.zip && rm -f "$archive" && 7z a -bso0 "$archive" "$name" ;;
*) archive=$name.tar.gz && tar --create --gzip --owner=0 --group=0 --file "$archive" "$name" ;;
esac
if command -v sha256sum >/dev/null; then sha256sum "$archive"; else shasum -a 256 "$archive"; fi >"$archive.sha256"
cat "$archive.sha256"
