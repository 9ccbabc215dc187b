#!/usr/bin/env bash
# Sets up, builds, tests and runs deepinside, on this machine, on several hosts, or in a Slurm allocation. What starts ranks is
# deepinside-launch (Sources/Launching), which this script becomes.

say() { printf 'launch.sh: %s\n' "$*" >&2; }
fail() { # CODE MESSAGE
  say "$2"
  exit "$1"
}
stopped_early() { fail 4 "stopped before the ranks were started: no update was made; what was saved before is whole"; }

# A batch system may ask to stop at any moment, also before there is anything to stop. So signals are blocked first: they wait until
# deepinside-launch takes them. Where env can't block signals one that comes earlier ends this script, with the same words.
case ${1:-} in
  '' | -h | --help | help | setup | build | test | demo | batch) ;;
  *)
    if [[ ${DEEPINSIDE_SIGNALS_WAIT:-} != "$$" ]] && env --block-signal=USR1 true 2>/dev/null; then
      DEEPINSIDE_SIGNALS_WAIT=$$ exec env --block-signal=USR1,TERM,INT,HUP "$BASH" "${BASH_SOURCE[0]}" "$@"
    fi
    trap stopped_early USR1 TERM INT HUP
    ;;
esac
set -euo pipefail

# Also by a link to this file, and with a CDPATH, by which `cd` would print where it goes.
top=$(CDPATH='' cd -- "$(dirname "$(readlink -f -- "${BASH_SOURCE[0]}")")" && pwd)
program=${DEEPINSIDE_PROGRAM:-$top/.build/release/deepinside}
# shellcheck source=scripts/packages.sh
source "$top/scripts/packages.sh"
# shellcheck source=scripts/setup.sh
source "$top/scripts/setup.sh"
# shellcheck source=scripts/demo.sh
source "$top/scripts/demo.sh"
# shellcheck source=scripts/tests.sh
source "$top/scripts/tests.sh"

# mpirun refuses to run as root unless told twice. Who runs this script as root has chosen to; elsewhere this does nothing.
if ((EUID == 0)); then
  export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
fi

usage() {
  cat <<'END'
./launch.sh demo [--output DIR]     set up, build, make data, train, visualise; under 5 minutes on 2 cores
./launch.sh test                    set up, build, all tests (--cluster: those on emulated nodes; as root; installs Slurm;
                                    --faults [RUNS] [SEED]: random faults on such nodes;
                                    --platform 13: those of this and of --cluster in a Debian 13 made for it, as root;
                                    --image: what Apptainer.def describes, put together and tried by chroot, as root;
                                    --debug: those that are fast in a debug build, with its assertions;
                                    --style: whether sources are formatted; scripts by shellcheck, if it is there;
                                    --demo: the demonstration's training, whose net must end below 10 % error;
                                    --fuzz [MINUTES]: mutated files for every reader of foreign bytes;
                                    --sanitize address|undefined|thread [FILTER]: tests and jobs under a sanitizer)
./launch.sh setup                   install the libraries that are missing (as root), check the compiler
./launch.sh build [--static]        set up, release build (--static: for machines without Swift)
./launch.sh batch slurm|pbs COMMAND print a script for a batch queue, as those of jobs/
./launch.sh [OPTIONS] COMMAND ...   run a deepinside command (./launch.sh --help, train --help, ...)

Options, before COMMAND:
  --ranks N          processes (1; with --hosts their slots; in a Slurm allocation its tasks, or one a node)
  --threads T        threads of each (such that ranks x threads = cores of a host, of the scarcest one, or those that Slurm gave
                     us; hosts are asked for theirs, and the quota of a container counts)
  --hosts a:4,b:4    hosts and the ranks on each; the program must be at the same path on all. With --ranks below their
                     sum the last ones are spares: a restart leaves out hosts that no longer answer
  --hostfile FILE    the same from a file, a line "a slots=4" a host
  --interface IF     the network interface, or subnet 10.0.0.0/8, that ranks talk over
  --max-restarts K   start again up to K times if the run fails; training goes on from its newest checkpoint (0)
  --launcher L       mpirun, or in a Slurm allocation srun (mpirun)
  --dry-run          print the command and do nothing

SIGUSR1, SIGTERM and Ctrl-C save the work and stop, with exit code 4, at any moment; a second SIGTERM or Ctrl-C stops at once.
MCA parameters set in the environment (OMPI_MCA_...) win over those that this script sets.
DEEPINSIDE_PROGRAM names another build of the program; deepinside-launch, which starts the ranks, is looked for beside it.

Exit codes: 2 wrong use, 3 bad input data or a missing library, 4 stopped on request, 1 anything else.
END
}

build() { # [--static]
  local static=()
  (($# == 0)) || static=(--static-swift-stdlib)
  setup
  if is_built; then
    say "there is no Swift: $program stays as it is"
    return
  fi
  build_product deepinside "${static[@]}"
  # On nodes with another Linux the launcher alone is run as it is, outside of a container: best without any library.
  ((${#static[@]} == 0)) || ! build_product deepinside-launch "${static[@]}" -Xswiftc -static-executable || return 0
  build_product deepinside-launch "${static[@]}"
}

build_product() { # NAME [OPTION ...]
  DEEPINSIDE_COMMIT=$(commit) swift build --package-path "$top" --manifest-cache none -c release --product "$@"
}

# The commit of this checkout, for --version; with a + where files differ from it. Nothing where there is no git.
commit() { git -C "$top" describe --always --dirty=+ --abbrev=9 --exclude '*' 2>/dev/null || true; }

# Sets and exports DEEPINSIDE_LAUNCHER, if it isn't set: the deepinside-launch beside the program, else that of this checkout.
find_launcher() {
  local own=$top/.build/release/deepinside-launch
  export DEEPINSIDE_LAUNCHER=${DEEPINSIDE_LAUNCHER:-$(dirname "$program")/deepinside-launch}
  [[ ! -x $DEEPINSIDE_LAUNCHER ]] || return 0
  DEEPINSIDE_LAUNCHER=$own
  [[ -x $own ]] || build_launcher
}

# It alone, without the libraries that the program needs. A request to stop ends that.
build_launcher() {
  local pid log code=0
  command -v swift >/dev/null || fail 3 "there is no deepinside-launch beside $program, and no Swift to build it: copy it from where \
the program was built, or install Swift 6.2 or later, https://www.swift.org/install/linux"
  say "building deepinside-launch, which starts the ranks"
  log=$(mktemp)
  setsid swift build --package-path "$top" --manifest-cache none -c release --product deepinside-launch >"$log" 2>&1 </dev/null &
  pid=$!
  while kill -0 "$pid" 2>/dev/null; do
    ! signal_waits || { kill -KILL -- "-$pid" && rm -f "$log" && stopped_early; }
    sleep 0.2
  done
  wait "$pid" || code=$?
  ((code == 0)) || cat "$log" >&2
  rm -f "$log"
  ((code == 0)) || fail "$code" "deepinside-launch could not be built"
}

# Whether one of the blocked signals has come: HUP, INT, USR1 or TERM, unless it is ignored.
signal_waits() {
  local masks
  mapfile -t masks < <(sed -nE 's/^(ShdPnd|SigIgn):[[:space:]]*/0x/p' "/proc/$$/status")
  ((masks[0] & ~masks[1] & 0x4203))
}

case ${1:-} in
  '') usage >&2 && exit 2 ;;
  --help | -h | help) usage ;;
  setup) setup && say "everything is there" ;;
  build)
    [[ -z ${2:-} || $2 == --static ]] || fail 2 "usage: ./launch.sh build [--static]"
    build "${@:2}"
    ;;
  test) run_a_kind_of_tests "${@:2}" ;;
  demo) demo "${@:2}" ;;
  batch) find_launcher && exec "$DEEPINSIDE_LAUNCHER" "$@" ;;
  *) find_launcher && exec "$DEEPINSIDE_LAUNCHER" run "$program" "$top" "$@" ;;
esac
