#!/usr/bin/env bash
# The unit tests and a training of two ranks under a sanitizer: ./launch.sh test --sanitize address|undefined|thread [FILTER].
#
# Release builds, each in a folder of its own (.build-address, …). `undefined` is for the C parts: Swift has no such thing. Nothing is
# suppressed.
set -euo pipefail

here=$(CDPATH='' cd -- "$(dirname "${BASH_SOURCE[0]}")" && pwd)
top=$(cd "$here/../.." && pwd)
kind=${1:-}
filter=${2:-}
work=$top/.build-$kind
runtimes=$(dirname "$(readlink -f "$(command -v swift)")")/../lib/swift/clang/lib/linux

flags=(--scratch-path "$work" -c release -Xswiftc -enable-testing -Xswiftc -DTESTABLE)
# Leaks: what Swift's and MPI's runtimes keep to the end isn't lost. SWIFT_BACKTRACE: the sanitizer tells the place itself.
export SWIFT_BACKTRACE=enable=no
case $kind in
  address)
    flags+=(--sanitize address)
    export ASAN_OPTIONS=detect_leaks=0:detect_stack_use_after_return=0:exitcode=99
    ;;
  undefined)
    flags+=(-Xcc -fsanitize=undefined -Xcc -fno-sanitize-recover=all -Xlinker "$runtimes/libclang_rt.ubsan_standalone-$(uname -m).a")
    export UBSAN_OPTIONS=print_stacktrace=1:exitcode=99
    ;;
  thread)
    flags+=(--sanitize thread)
    mkdir -p "$work"
    libraries=$(dirname "$(readlink -f "$(command -v swift)")")/../lib/swift/linux
    clang -shared -fPIC -fblocks -O1 "$here/waiting.c" -o "$work/waiting.so" -ldl -L"$libraries" -Wl,-rpath,"$libraries" -lBlocksRuntime
    export TSAN_OPTIONS=exitcode=99:halt_on_error=0:second_deadlock_stack=1
    ;;
  *) echo "--sanitize takes address, undefined or thread, not '$kind'" >&2 && exit 2 ;;
esac

mkdir -p "$work"
log=$work/sanitize.log
: >"$log"
failures=0

# Measurements of speed, and browsers. A sanitizer's malloc can't be counted. Bytes of weights that were computed by another
# instruction set: for ThreadSanitizer the kernels are compiled once.
skipped=(Speed Browser AllocationTests 'ExportTests/onnx')

step() { # WHAT COMMAND ...
  local begin=$SECONDS code=0
  "${@:2}" >"$log.part" 2>&1 || code=$?
  cat "$log.part" >>"$log"
  if ((code != 0)) || grep -qE '(ERROR|WARNING): (Address|Thread)Sanitizer|runtime error: ' "$log.part"; then
    failures=$((failures + 1))
    echo "FAILED: $1, exit code $code"
    grep -E -A 25 '(ERROR|WARNING): (Address|Thread)Sanitizer|runtime error: |✘|error: ' "$log.part" | head -n 60 | sed 's/^/  /'
  else
    echo "$1: right, $((SECONDS - begin)) s"
  fi
}

cd "$top"
step "build for $kind" nice -n 5 swift build --build-tests "${flags[@]}"
((failures == 0)) || exit 1
# The tests' own processes, and those that they start: not the compiler's.
[[ $kind != thread ]] || export LD_PRELOAD=$work/waiting.so
arguments=(--no-parallel --skip-build "${flags[@]}")
for name in "${skipped[@]}"; do arguments+=(--skip "$name"); done
# A process per module: a sanitizer keeps memory that was freed, and what it keeps of all modules together is too much.
groups=("$filter")
[[ -n $filter ]] || groups=("$top"/Tests/*Tests)
# One after the other, and with time: jobs of many ranks are slow under a sanitizer.
export DEEPINSIDE_TEST_PATIENCE=10
for group in "${groups[@]}"; do
  [[ $group != "$top"/* ]] || group="^${group##*/}\\."
  step "tests of $group" nice -n 5 timeout 3600 swift test "${arguments[@]}" --filter "$group"
done

program=$work/release/deepinside
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cat >"$folder/tiny.json" <<'JSON'
{"name": "tiny", "input": [3, 32, 32], "layers": [
  {"name": "conv1", "type": "convolution", "filters": 8, "kernel": 5, "stride": 2, "padding": 0},
  {"name": "relu1", "type": "relu"},
  {"name": "norm1", "type": "localResponseNormalization", "size": 5, "k": 2, "alpha": 1e-4, "beta": 0.75},
  {"name": "pool1", "type": "maxPooling", "window": 3, "stride": 2},
  {"name": "fc2", "type": "fullyConnected", "outputs": 24}, {"name": "relu2", "type": "relu"},
  {"name": "drop2", "type": "dropout", "probability": 0.5},
  {"name": "fc3", "type": "fullyConnected", "outputs": 3}]}
JSON
on_two_ranks() { DEEPINSIDE_PROGRAM=$program "$top/launch.sh" --ranks 2 --threads 2 "$@"; }
training=(train --data "$folder/data" --network "$folder/tiny.json" --batch 8 --epochs 3 --learning-rate 0.001)
step "pictures" "$program" synthesize --output "$folder/data" --classes 3 --images-per-class 20 --size 40
step "training on 2 ranks" on_two_ranks "${training[@]}" --run "$folder/run"
step "training on 2 ranks, OpenBLAS" on_two_ranks "${training[@]}" --run "$folder/blas" --backend openblas --reduction exact --micro-batch 2
step "class models on 2 ranks" on_two_ranks class-models --checkpoint "$folder/run/checkpoints/latest.h5" --output "$folder/models" \
  --iterations 20
step "saliency on 2 ranks" on_two_ranks saliency --checkpoint "$folder/run/checkpoints/latest.h5" --images "$folder/data/val" \
  --output "$folder/maps"

if ((failures)); then
  echo "$kind sanitizer: $failures steps failed; all that was said: $log"
  exit 1
fi
tests=$(sed -n 's/.*Test run with \([0-9]*\) tests.*/\1/p' "$log" | awk '{ sum += $1 } END { print sum }')
echo "$kind sanitizer passed: $tests tests and 4 jobs on 2 ranks"
