#!/usr/bin/env bash
# Do the checks of `reproduce` notice a wrong formula? Copies the sources, falsifies six formulas, builds, and expects
# every one of the six items to fail. Takes as long as a build; CARGO_TARGET_DIR may name a place with the dependencies
# already built.
#
#     tests/mutations.sh
set -euo pipefail
cd "$(dirname "$0")/.."
copy=$(mktemp -d)
trap 'rm -rf "$copy"' EXIT
git ls-files -z | xargs -0 cp --parents -t "$copy"
cd "$copy"
# Another version, so that a shared target directory keeps the true build apart from this one.
sed -i '0,/^version = "0.1.0"/s//version = "0.1.99"/' Cargo.toml
sed -i '/^name = "foldspace"$/{n;s/0.1.0/0.1.99/}' Cargo.lock

# falsify FILE TRUE FALSE: replaces the first occurrence, and fails where there is none.
falsify() {
  grep -qF -- "$2" "$1" || { echo "$1 has no: $2"; exit 1; }
  python3 - "$@" <<'PYTHON'
import sys
path, old, new = sys.argv[1:]
text = open(path).read()
open(path, "w").write(text.replace(old, new, 1))
PYTHON
  echo "$1: $2  ->  $3"
}
falsify src/linalg/products.rs 'Ok(dot(&a, &b)?.clamp(-1.0, 1.0))' 'Ok(0.99 * dot(&a, &b)?.clamp(-1.0, 1.0))'
falsify src/geometry/boundary.rs 'for _ in 0..200 {' 'for _ in 0..1 {'
falsify src/layers/scratch_net.rs 'let g = faer::Scale(2.0 / x.nrows() as f64)' 'let g = faer::Scale(1.0 / x.nrows() as f64)'
falsify src/layers/batch_norm.rs 'before.bias[i] + own.bias[i]' 'before.bias[i] - own.bias[i]'
falsify src/linalg/low_rank.rs 'dropped.first()' 'dropped.last()'
falsify src/layers/attention.rs 'let output = &weights * v;' 'let output = faer::Scale(1.001) * (&weights * v);'

items=(A8 A15 B11 B12 B15 B16)
if cargo run --quiet -- reproduce "${items[@]}" --quick --quiet --out "$copy/gallery" 2>"$copy/errors"; then
  echo "nothing noticed the falsified formulas"
  exit 1
fi
status=0
for item in "${items[@]}"; do
  if grep -q "^  $item: " "$copy/errors"; then
    echo "$item fails, as it should: $(grep -c "^  $item: " "$copy/errors") of its checks"
  else
    echo "$item did not notice"
    status=1
  fi
done
exit $status
