# The kinds of tests: ./launch.sh test (docs/testing.md). Sourced by launch.sh, which sets `top` and `program`.
# shellcheck shell=bash

run_a_kind_of_tests() { # [--KIND [ARGUMENT ...]]
  case ${1:-} in
    --cluster) cluster_tests ;;
    --platform)
      [[ -n ${2:-} ]] || fail 2 "usage: ./launch.sh test --platform 12|13"
      platform_tests "$2"
      ;;
    --faults) build && find_launcher && "$top/Tests/cluster/faults.sh" "$program" "${@:2}" ;;
    --debug) debug_tests "${@:2}" ;;
    --image) "$top/Tests/Image/run.sh" ;;
    --style) check_style ;;
    --sanitize) setup && "$top/Tests/Sanitizers/run.sh" "${@:2}" ;;
    --demo) demo_test ;;
    --fuzz) setup && "$top/Tests/Fuzz/run.sh" "${@:2}" ;;
    *) run_tests "$@" ;;
  esac
}

run_tests() {
  setup
  install_browser
  # Release: the naive reference loops are tens of times slower in a debug build.
  # In a folder of their own: with tests looking inside, everything is compiled otherwise than for use.
  (cd "$top" && swift test --manifest-cache none --scratch-path "$top/.build-tests" -c release -Xswiftc -enable-testing "$@")
}

# The tests of galleries want a browser, and are skipped where there is none: nothing fails here.
install_browser() {
  if [[ -n ${DEEPINSIDE_WITHOUT_BROWSER:-} ]] || command -v chromium chromium-browser google-chrome >/dev/null; then
    return
  fi
  install_packages chromium ||
    say "without chromium the tests of galleries in a browser are skipped"
}

# A debug build stops where a release build goes on: at assertions, and outside of a buffer. Left out are the suites that compare
# with naive loops, those that start many jobs, and the cuts of whole photographs.
debug_tests() {
  setup
  (cd "$top" && swift test --manifest-cache none \
    --filter '^(Files|Threads|FolderLocks|Random|Images|Data|DataSets|DataLoader|HDF5|Checkpoint|Interchange|Launching|Results|Answers)Tests\.|^SegmentationTests\.MinCutTests/' "$@")
}

# Sources as the formatter would write them, and scripts without errors that shellcheck knows of.
check_style() {
  check_swift
  local scripts=("$top"/launch.sh "$top"/scripts/*.sh "$top"/jobs/*.sh "$top"/jobs/*.sbatch "$top"/jobs/*.pbs "$top"/Tests/*/*.sh)
  find "$top/Sources" "$top/Tests" "$top/Package.swift" -name '*.swift' -print0 | xargs -0 swift format lint --strict ||
    fail 1 "swift format -i FILE writes a file as it should be"
  if command -v shellcheck >/dev/null; then
    shellcheck --external-sources --severity=error "${scripts[@]}"
  else
    say "without shellcheck scripts are not looked at"
  fi
}

# The demonstration as far as its net's error. What a failure leaves can be looked at.
demo_test() {
  local folder
  [[ -n ${DEEPINSIDE_PROGRAM:-} && -x $program ]] || build
  folder=$(mktemp -d)
  train_demo "$folder"
  rm -rf "$folder"
}

# Tests on nodes that are made of namespaces of this machine; then on a Slurm on such nodes.
cluster_tests() {
  local code=0
  [[ -n ${DEEPINSIDE_PROGRAM:-} && -x $program ]] || build
  find_launcher
  "$top/Tests/cluster/run.sh" "$program" || code=1
  if ((EUID == 0)) && command -v apt-get >/dev/null && ! command -v slurmctld >/dev/null; then
    install_packages slurmctld slurmd slurm-client munge >/dev/null 2>&1 || say "Slurm could not be installed"
  fi
  "$top/Tests/cluster/slurm.sh" "$program" || code=1
  return "$code"
}

# All of them in another Debian, with its libraries. Where such a one can't be made here that is said, and is no failure.
platform_tests() { # RELEASE
  local code=0
  "$top/scripts/on-debian.sh" "$1" env DEEPINSIDE_WITHOUT_BROWSER=1 bash -c '
    ./launch.sh test && DEEPINSIDE_PROGRAM=$PWD/.build-tests/release/deepinside ./launch.sh test --cluster' || code=$?
  ((code != 77)) || { say "tests on Debian $1 skipped: see above" && return; }
  return "$code"
}
