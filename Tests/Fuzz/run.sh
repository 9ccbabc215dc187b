#!/usr/bin/env bash
# Fuzzes every reader of foreign bytes: ./launch.sh test --fuzz [MINUTES], shared out among the readers.
#
# An input is a finding when a reader crashes on it, takes more than 10 s, or more than 1 GiB of memory. Findings are kept in
# .build-fuzz/findings, new inputs that reach new code in .build-fuzz/corpus: the next run begins with them.
#   FUZZ_READERS="jpeg png"   these only
#   FUZZ_INPUTS=50000         so many inputs for each reader, however long that takes
#   FUZZ_SEED=1                 the same mutations again
#   FUZZ_KEEP=1               afterwards what reaches most of the code goes into Tests/Fuzz/Corpus (inputs of up to 2 KB)
set -euo pipefail

here=$(CDPATH='' cd -- "$(dirname "${BASH_SOURCE[0]}")" && pwd)
top=$(cd "$here/../.." && pwd)
work=$top/.build-fuzz
minutes=${1:-1}
[[ $minutes =~ ^[0-9]{1,4}$ ]] || { echo "--fuzz takes a number of minutes, not '$minutes'" >&2 && exit 2; }

# In release, as the program is used: what a debug build would stop, the sanitizer finds. The main is ours, so libFuzzer comes
# without its own: -sanitize=fuzzer for the compiler's front end alone.
tools=$(dirname "$(readlink -f "$(command -v swift)")")
library=$(compgen -G "$tools/../lib/swift/clang/lib/linux/libclang_rt.fuzzer_no_main-$(uname -m).a") ||
  { echo "fuzzing skipped: this compiler comes without libFuzzer" && exit 0; }
flags=(-Xcc -fsanitize=fuzzer-no-link,address -Xlinker "$library" -Xlinker -lstdc++)
for flag in -enable-testing -DTESTABLE -DFUZZING -sanitize=address -Xfrontend -sanitize=fuzzer -profile-generate \
  -profile-coverage-mapping; do
  flags+=(-Xswiftc "$flag")
done
mkdir -p "$work/findings" "$work/profiles" "$work/logs"
(cd "$top" && nice -n 5 swift build --scratch-path "$work" -c release --product reader-fuzz "${flags[@]}" \
  >"$work/logs/build" 2>&1) || { tail -n 40 "$work/logs/build" && exit 1; }
program=$work/release/reader-fuzz
export SWIFT_BACKTRACE=enable=no LLVM_PROFILE_FILE=$work/profiles/other.profraw
export ASAN_OPTIONS=detect_leaks=0:quarantine_size_mb=8:malloc_context_size=6:allocator_may_return_null=1:abort_on_error=0
declare -A sources
names=()
while read -r name when files; do
  sources[$name]=$files
  [[ $when != always ]] || names+=("$name")
done < <("$program" --list)
for name in "${!sources[@]}"; do
  for file in ${sources[$name]}; do
    [[ -e $top/Sources/$file ]] || { echo "there is no Sources/$file, which the reader $name is to reach" >&2 && exit 1; }
  done
done
[[ -z ${FUZZ_READERS:-} ]] || read -ra names <<<"$FUZZ_READERS"
if [[ -n ${FUZZ_INPUTS:-} ]]; then
  limit=(-runs="$FUZZ_INPUTS")
else
  limit=(-max_total_time=$((minutes * 60 / ${#names[@]} + 1)))
fi

[[ -z ${FUZZ_SEED:-} ]] || limit+=(-seed="$FUZZ_SEED")

# Lines of its source files that a reader has reached, and all of them.
lines_reached() { # READER
  local files=() file
  for file in ${sources[$1]}; do
    files+=("$top/Sources/$file")
  done
  "$tools/llvm-profdata" merge -sparse "$work/profiles/$1.profraw" -o "$work/profiles/$1.profdata" 2>/dev/null || return 0
  "$tools/llvm-cov" report "$program" -instr-profile="$work/profiles/$1.profdata" "${files[@]}" 2>/dev/null |
    awk '$1 == "TOTAL" { print $8 - $9 " of " $8 }'
}

fuzz() { # READER
  local corpus=$work/corpus/$1 seeds=$work/seeds/$1 code=0
  rm -rf "$seeds" "$work/profiles/$1.profraw"
  mkdir -p "$corpus" "$seeds" "$here/Corpus/$1"
  "$program" --seeds "$1" "$seeds"
  LLVM_PROFILE_FILE=$work/profiles/$1.profraw nice -n 10 "$program" "$1" "${limit[@]}" -timeout=10 -rss_limit_mb=1024 \
    -artifact_prefix="$work/findings/$1-" -reload=0 -len_control=20 -print_final_stats=1 "$corpus" "$seeds" "$here/Corpus/$1" \
    >"$work/logs/$1" 2>&1 || code=$?
  report "$1" "$code"
}

report() { # READER EXIT-CODE
  local log=$work/logs/$1 count edges features
  count=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")
  read -r edges features < <(sed -n 's/.* cov: \([0-9]*\) ft: \([0-9]*\) .*/\1 \2/p' "$log" | tail -n 1) || true
  printf '%-12s %9s %7s %8s  %-14s %9s %8s\n' "$1" "${count:--}" "${edges:--}" "${features:--}" "$(lines_reached "$1")" \
    "$(sed -n 's/.* slowest \([0-9.]* s\).*/\1/p' "$log")" "$(sed -n 's/^stat::peak_rss_mb: *//p' "$log") MB"
  total=$((total + ${count:-0}))
  if (($2 != 0)); then
    failures=$((failures + 1))
    echo "FAILED: $1 ended with code $2: $(grep -m 1 -E 'ERROR: |Fatal error|SUMMARY' "$log" || tail -n 1 "$log")"
    sed -n 's/.*Test unit written to /  the input: /p' "$log"
    echo "  the log: $log"
  fi
}

# Of all that was found to reach new code, a small set of short inputs that reaches as much.
keep() { # READER
  local chosen=$work/chosen/$1 short=$work/short/$1
  rm -rf "$chosen" "$short"
  mkdir -p "$chosen" "$short"
  find "$work/corpus/$1" "$work/seeds/$1" "$here/Corpus/$1" -type f -size -2049c -exec cp -t "$short" {} +
  "$program" "$1" -set_cover_merge=1 -use_counters=0 "$chosen" "$short" >>"$work/logs/$1" 2>&1
  rm -rf "${here:?}/Corpus/$1"
  mv "$chosen" "$here/Corpus/$1"
}

total=0 failures=0
printf '%-12s %9s %7s %8s  %-14s %9s %8s\n' reader inputs edges features 'lines reached' slowest memory
for name in "${names[@]}"; do fuzz "$name"; done
if [[ -n ${FUZZ_KEEP:-} ]]; then
  for name in "${names[@]}"; do keep "$name"; done
fi
if ((failures)); then
  echo "fuzzing: $failures of ${#names[@]} readers failed, after $total inputs"
  exit 1
fi
echo "fuzzing passed: $total inputs for ${#names[@]} readers, no crash, none above 10 s or 1 GiB"
