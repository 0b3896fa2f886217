#!/bin/sh
# What goes wrong around a run: a disk that fills up, a directory that becomes read-only, two processes, SIGTERM.
#
#     cargo build && tests/failures.sh [target/debug/foldspace]
#
# Each case asks for exit code 1 (SIGTERM: 0) and an error that says what to do, and then that the run goes on from its
# last checkpoint to the same weights as a run that nothing happened to. The full disk is a small tmpfs, which takes root
# or a user namespace (the script makes one).
set -eu

binary=$(realpath "${1:-$(dirname "$0")/../target/debug/foldspace}")
[ "$(id -u)" = 0 ] || [ "${NAMESPACE:-}" ] || NAMESPACE=1 exec unshare -rm "$0" "$binary"

folder=$(mktemp -d)
trap 'umount "$folder/small" 2>/dev/null || true; chmod -R u+w "$folder"; rm -rf "$folder"' EXIT
chmod 755 "$folder"
cd "$folder"
cat >job.toml <<'END'
[data]
name = "moons"
samples = 400
[model]
layers = [
    { units = 16, activation = "tanh", batch_norm = true, dropout = 0.1 },
    { units = 2, activation = "tanh", name = "embedding" },
    { units = 1, activation = "sigmoid" },
]
[train]
epochs = 300
batch_size = 32
loss = "bce"
checkpoint_every = 5
optimizer = { name = "adam", lr = 0.01 }
[capture]
sites = ["layers.0", "embedding"]
END

fail() {
    echo "failed: $*" >&2
    exit 1
}
# says FILE WORD...: the error is one line, and every word is in the output.
says() {
    file=$1
    shift
    [ "$(grep -c '^error: ' "$file")" = 1 ] || fail "not one error in: $(cat "$file")"
    ! grep -q panicked "$file" || fail "a panic: $(cat "$file")"
    for word; do
        grep -q -- "$word" "$file" || fail "no \"$word\" in: $(cat "$file")"
    done
    grep '^error: \|kept' "$file" | sed 's/^/    /'
}
# goes_on RUN: it can be resumed, and ends like the run that nothing happened to.
goes_on() {
    ls "$1"/checkpoint/epoch-*.safetensors >/dev/null || fail "$1 has no checkpoint"
    "$binary" --quiet resume "$1" || fail "$1 can't be resumed"
    for file in weights/epoch-000300.safetensors checkpoint/epoch-000300.safetensors metrics.csv; do
        cmp "$1/$file" "whole/$file" || fail "$file differs"
    done
}
# wait_for FILE LINES: until a table has so many lines.
wait_for() {
    for _ in $(seq 600); do
        [ -e "$1" ] && [ "$(wc -l <"$1")" -ge "$2" ] && return
        sleep 0.05
    done
    fail "$1 did not get $2 lines within half a minute"
}

"$binary" --quiet train job.toml --out whole
echo "a run takes $(du -sk whole | cut -f1) kB"

echo "a disk that fills up"
mkdir small
for size in 24k 52k 100k 128k 160k 200k 252k 300k 400k 1000k 3000k; do
    mount -t tmpfs -o "size=$size" tmpfs small
    code=0
    "$binary" train job.toml --out small/run 2>errors || code=$?
    [ $code = 1 ] || fail "exit code $code on a disk of $size"
    says errors "No space left" "free some space"
    mount -o remount,size=100m small
    if [ -e small/run/config.toml ]; then
        goes_on small/run
    else
        # Full before there was a run: it can simply be started.
        "$binary" --quiet train job.toml --out small/run || fail "a second start on $size"
        goes_on small/run
    fi
    umount small
done

echo "a directory that becomes read-only"
# For root nothing is read-only, so the training is somebody else's.
mkdir other
if [ "$(id -u)" = 0 ] && setpriv --reuid=65534 --regid=65534 --clear-groups true 2>/dev/null; then
    chown 65534:65534 other
    somebody="setpriv --reuid=65534 --regid=65534 --clear-groups"
    $somebody "$binary" train job.toml --out other/run 2>errors &
    child=$!
    wait_for other/run/metrics.csv 20
    chmod -R a-w other/run
    code=0
    wait $child || code=$?
    [ $code = 1 ] || fail "exit code $code in a read-only directory"
    says errors "Permission denied" "may write to"
    chmod -R u+w other/run
    goes_on other/run
else
    echo "    left out: there is no other user here"
fi

echo "two processes on one run"
"$binary" --quiet train job.toml --out two &
child=$!
wait_for two/metrics.csv 3
for words in "resume two" "train job.toml --out two --overwrite"; do
    code=0
    # shellcheck disable=SC2086
    "$binary" $words 2>errors || code=$?
    [ $code = 1 ] || fail "exit code $code of a second process"
    says errors "another process is training this run"
done
wait $child
goes_on two

echo "SIGTERM"
"$binary" train job.toml --out terminated 2>errors &
child=$!
wait_for terminated/metrics.csv 17
kill -TERM $child
wait $child || fail "exit code $? after SIGTERM"
grep "stopped after epoch .* foldspace resume" errors | sed 's/^/    /' || fail "$(cat errors)"
goes_on terminated
echo "all well"
