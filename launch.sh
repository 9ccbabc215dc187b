#!/usr/bin/env bash
# Sets up, builds, tests and runs deepinside, on this machine, on several hosts, or in a Slurm allocation.
# A batch system may ask to stop at any moment, also before there is anything to stop: that comes first.
stopping=0
trap 'stopping=1' USR1
set -euo pipefail

top=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
program=${DEEPINSIDE_PROGRAM:-$top/.build/release/deepinside}
# shellcheck source=scripts/packages.sh
source "$top/scripts/packages.sh"
# shellcheck source=scripts/open-mpi.sh
source "$top/scripts/open-mpi.sh"

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
                                    --debug: those that are fast in a debug build, with its assertions;
                                    --fuzz [MINUTES]: mutated files for every reader of foreign bytes;
                                    --sanitize address|undefined|thread [FILTER]: tests and jobs under a sanitizer)
./launch.sh setup                   install the libraries that are missing (apt, as root), check the compiler
./launch.sh build [--static]        set up, release build (--static: for machines without Swift)
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
DEEPINSIDE_PROGRAM names another build of the program.

Exit codes: 2 wrong use, 3 bad input data or a missing library, 4 stopped on request, 1 anything else.
END
}

say() { printf 'launch.sh: %s\n' "$*" >&2; }
fail() { # CODE MESSAGE
  say "$2"
  exit "$1"
}

# ---- set-up ----------------------------------------------------------------------------------------------------------

check_swift() {
  local version
  command -v swift >/dev/null || fail 3 "there is no Swift: install 6.2 or later, https://www.swift.org/install/linux"
  version=$(swift --version 2>/dev/null | sed -n 's/.*Swift version \([0-9]*\.[0-9]*\).*/\1/p' | head -n 1)
  if ((${version%.*} < 6 || (${version%.*} == 6 && ${version#*.} < 2))); then
    fail 3 "Swift $version is too old: install 6.2 or later, https://www.swift.org/install/linux"
  fi
}

# Nothing has to be compiled: the program is there, and no Swift.
is_built() { [[ -x $program ]] && ! command -v swift >/dev/null; }

# What is needed and isn't there; `wanted` is what the program can do without.
needed() { if is_built; then missing_for_running "$program"; else missing_for_building; fi; }
wanted() {
  [[ -n ${DEEPINSIDE_WITHOUT_ONEDNN:-} ]] || if is_built; then missing_by_choice_for_running; else missing_by_choice; fi
}

setup() {
  local missing=() _round
  # A second time: without pkg-config it can't be seen what else is missing.
  for _round in 1 2; do
    mapfile -t missing < <(needed)
    ((${#missing[@]})) || break
    mapfile -t missing < <(packages_of "${missing[@]}")
    install_packages "${missing[@]}" || fail 3 "$(ask_for "${missing[@]}")"
  done
  mapfile -t missing < <(needed)
  ((${#missing[@]} == 0)) || fail 3 "still missing after that: ${missing[*]}"
  mapfile -t missing < <(wanted)
  ((${#missing[@]} == 0)) || mapfile -t missing < <(packages_of "${missing[@]}")
  ((${#missing[@]} == 0)) || install_packages "${missing[@]}" >/dev/null 2>&1 ||
    say "oneDNN (${missing[*]}) could not be installed: OpenBLAS will compute, more slowly and in float32 alone"
  if ! is_built; then
    check_swift
  elif [[ -n $(missing_libraries "$program") ]]; then
    fail 3 "$program lacks $(missing_libraries "$program" | xargs): where it was built, ./launch.sh build --static puts Swift's own into it"
  fi
}

install_packages() { # PACKAGE ...
  local as_root=() install
  install=$(install_command)
  [[ -n $install ]] || return 1
  if ((EUID != 0)); then
    sudo -n true 2>/dev/null || return 1
    as_root=(sudo -n)
  fi
  say "installing $*"
  # shellcheck disable=SC2086  # several words each
  if { [[ $install != *apt-get* ]] || compgen -G '/var/lib/apt/lists/*Packages*' >/dev/null; } && "${as_root[@]}" $install "$@"; then
    return
  fi
  # shellcheck disable=SC2086
  "${as_root[@]}" sh -c "$(refresh_command)" && "${as_root[@]}" $install "$@"
}

# The tests of galleries want a browser, and are skipped where there is none: nothing fails here.
install_browser() {
  if [[ -n ${DEEPINSIDE_WITHOUT_BROWSER:-} ]] || command -v chromium chromium-browser google-chrome >/dev/null; then
    return
  fi
  install_packages chromium ||
    say "without chromium the tests of galleries in a browser are skipped"
}

build() { # [--static]
  setup
  if is_built; then
    say "there is no Swift: $program stays as it is"
    return
  fi
  swift build --package-path "$top" --manifest-cache none -c release ${1:+--static-swift-stdlib} --product deepinside
}

run_tests() {
  setup
  install_browser
  # Release: the naive reference loops are tens of times slower in a debug build.
  # In a folder of their own: with tests looking inside, everything is compiled otherwise than for use.
  (cd "$top" && swift test --manifest-cache none --scratch-path "$top/.build-tests" -c release -Xswiftc -enable-testing "$@")
}

# A debug build stops where a release build goes on: at assertions, and outside of a buffer. Left out are the suites that compare
# with naive loops, those that start many jobs, and the cuts of whole photographs.
debug_tests() {
  setup
  (cd "$top" && swift test --manifest-cache none --filter '^(Files|Images|Data|DataSets|HDF5|Checkpoint|Interchange)Tests\.|^SegmentationTests\.MinCutTests/' "$@")
}

# Tests on nodes that are made of namespaces of this machine; then on a Slurm on such nodes.
cluster_tests() {
  local code=0
  [[ -n ${DEEPINSIDE_PROGRAM:-} && -x $program ]] || build
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

# ---- the command -----------------------------------------------------------------------------------------------------

ranks='' threads='' hosts='' hostfile='' interface='' max_restarts=0 launcher=mpirun dry_run=0 arguments=()

natural() { # NAME VALUE LOWEST
  if ! [[ $2 =~ ^[0-9]{1,6}$ ]] || ((10#$2 < $3)); then
    fail 2 "$1 takes a whole number from $3 on, not '$2'"
  fi
}

parse_options() {
  while (($#)); do
    case $1 in
      --ranks | --threads | --hosts | --hostfile | --interface | --max-restarts | --launcher)
        (($# >= 2)) || fail 2 "$1 needs a value (./launch.sh --help)"
        case $1 in
          --ranks) natural "$1" "$2" 1 && ranks=$((10#$2)) ;;
          --threads) natural "$1" "$2" 1 && threads=$((10#$2)) ;;
          --hosts) hosts=$2 ;;
          --hostfile) hostfile=$2 ;;
          --interface) interface=$2 ;;
          --max-restarts) natural "$1" "$2" 0 && max_restarts=$((10#$2)) ;;
          --launcher) launcher=$2 ;;
        esac
        shift 2
        ;;
      --dry-run) dry_run=1 && shift ;;
      --*) fail 2 "unknown option $1 (./launch.sh --help; options of a command come after it)" ;;
      *) break ;;
    esac
  done
  (($#)) || fail 2 "no command given (./launch.sh --help)"
  arguments=("$@")
  [[ $launcher == mpirun || $launcher == srun ]] || fail 2 "--launcher is mpirun or srun, not '$launcher'"
  [[ $launcher == mpirun || -n ${SLURM_JOB_ID:-} ]] || fail 2 "--launcher srun works in a Slurm allocation (salloc, sbatch)"
  [[ -z $hosts || -z $hostfile ]] || fail 2 "--hosts and --hostfile exclude each other"
  # In a job of PBS its hosts are in a file, a line a rank.
  [[ -n $hosts$hostfile${SLURM_JOB_ID:-} ]] || hostfile=${PBS_NODEFILE:-}
  [[ -z $hosts$hostfile || $launcher == mpirun ]] || fail 2 "--launcher srun takes its hosts from the allocation"
  [[ -z $interface || $interface =~ ^[A-Za-z0-9_.:/,-]+$ ]] || fail 2 "--interface takes names or subnets, not '$interface'"
  [[ -z $hostfile || -r $hostfile ]] || fail 2 "cannot read the host file $hostfile"
  [[ -z $hostfile ]] || ! grep -q $'\r' "$hostfile" ||
    fail 2 "the host file $hostfile has Windows line ends, which mpirun doesn't read: sed -i 's/\\r\$//' $hostfile"
  [[ -z $hosts ]] || tidy_hosts
}

# "a:2, b:2" as mpirun takes it: "a:2,b:2".
tidy_hosts() {
  local given=$hosts host
  hosts=$(tr -s '[:space:],' ',' <<<"$hosts" | sed 's/^,//; s/,$//')
  [[ -n $hosts ]] || fail 2 "--hosts '$given' names no host"
  for host in ${hosts//,/ }; do
    [[ $host =~ ^[A-Za-z0-9_.-]+(:[1-9][0-9]{0,5})?$ ]] ||
      fail 2 "--hosts takes names with the ranks on each, a:4,b:4; '$host' is none"
  done
}

# Cores that this process may use, as far as a container's quota goes.
core_count() {
  local cores quota
  cores=$(allowed_cores)
  quota=$(quota_cores)
  echo $((quota > 0 && quota < cores ? quota : cores))
}

# Cores that this process may run on. Hardware threads of one core count once: they share the vector units.
allowed_cores() {
  local cores
  cores=$(lscpu -p=cpu,core,socket 2>/dev/null | awk -F, -v allowed="$(sed -n 's/^Cpus_allowed_list:[[:space:]]*//p' /proc/self/status)" '
    BEGIN { for (n = split(allowed, range, ","); n; n--) { split(range[n] "-" range[n], end, "-"); for (i = end[1]; i <= end[2]; i++) may[i] = 1 } }
    !/^#/ && may[$1 + 0] && !seen[$2, $3]++ { cores++ }
    END { print cores + 0 }') || cores=0
  ((cores > 0)) || cores=$(nproc)
  echo "$cores"
}

# The processors that the quota of this process's control group, or of one above it, is worth; 0 without any. The program counts
# likewise (Sources/Kernels/processors.c).
quota_cores() {
  awk -v root="${DEEPINSIDE_SYSTEM_ROOT:-}" '
    function first_line(file, line) { line = ""; getline line < file; close(file); return line }
    function look(folder, text, parts) {
      text = first_line(folder "/cpu.max")
      if (text == "") text = first_line(folder "/cpu.cfs_quota_us") " " first_line(folder "/cpu.cfs_period_us")
      split(text, parts, " ")
      if (parts[1] + 0 > 0 && parts[2] + 0 > 0) {
        text = int((parts[1] + parts[2] - 1) / parts[2])
        if (least == 0 || text < least) least = text
      }
    }
    FILENAME ~ /cgroup$/ && /:/ {
      controllers = $0; sub(/^[0-9]*:/, "", controllers); path = controllers; sub(/:.*/, "", controllers); sub(/^[^:]*:/, "", path)
      if (controllers == "") unified = path
      else if ("," controllers "," ~ /,cpu,/) classic = path
      next
    }
    $3 == "cgroup2" || ($3 == "cgroup" && "," $4 "," ~ /,cpu,/) {
      path = $3 == "cgroup2" ? unified : classic
      # From the own group up to the root. In a container the path may be that of the host, of which only the root is to be seen.
      while (1) { look(root $2 (path == "/" ? "" : path)); if (path !~ /\/[^\/]/) break; sub(/\/[^\/]*$/, "", path) }
    }
    END { print least + 0 }' "${DEEPINSIDE_SYSTEM_ROOT:-}/proc/self/cgroup" "${DEEPINSIDE_SYSTEM_ROOT:-}/proc/self/mounts" 2>/dev/null || echo 0
}

# The cores of other hosts, a line a host in the order given. Who doesn't answer is taken to be like this one.
cores_of_hosts() { # HOST ...
  local script answers host number=0 cores
  # Encoded: whatever shell the other side has, it arrives in one piece.
  script=$({ declare -f core_count allowed_cores quota_cores && echo core_count; } | base64 | tr -d '\n')
  answers=$(mktemp -d)
  for host in "$@"; do
    number=$((number + 1))
    { on_host "$host" "echo $script | base64 -d | bash" >"$answers/$number" 2>/dev/null || true; } &
    # A hundred connections at a time.
    ((number % 100)) || wait
  done
  wait
  for ((number = 1; number <= $#; number++)); do
    cores=$(tail -n 1 "$answers/$number")
    if [[ $cores =~ ^[1-9][0-9]{0,4}$ ]]; then echo "$cores"; else core_count; fi
  done
  rm -r "$answers"
}

# The hosts given and the slots of each, a line a host: a host that is named several times has the slots of all.
hosts_with_slots() {
  if [[ -n $hosts ]]; then
    tr ',:' '\n ' <<<"$hosts"
  elif [[ -n $hostfile ]]; then
    sed 's/\r$//; s/#.*//; s/[[:space:]]slots *= *\([0-9][0-9]*\).*/ \1/' "$hostfile"
  fi | awk '
    NF && !($1 in slots) { order[++hosts] = $1 }
    NF { slots[$1] += $2 ~ /^[0-9]+$/ ? $2 : 1 }
    END { for (host = 1; host <= hosts; host++) print order[host], slots[order[host]] }'
}

slots() { hosts_with_slots | sed 's/.* //'; }

# Slurm's short lists, "8(x2),4": a number a line.
expand() { # LIST
  local item items times
  IFS=, read -ra items <<<"$1"
  for item in "${items[@]}"; do
    times=1
    [[ $item != *"(x"* ]] || { times=${item#*x} && times=${times%)}; }
    for ((; times > 0; times--)); do echo "${item%(*}"; done
  done
}

# Sets ranks and threads, and what compose has to know of the hosts: the most ranks on one (per_host), whether all threads have a
# core (fits), whether all cores have a thread (filled), whether there are fewer slots than ranks (crowded), and whether the ranks
# are dealt out evenly instead of slot by slot (spread). has_quota: others have a part of our cores.
place() {
  local cores names=()
  cores=$(core_count)
  # Cores of which others have a part are not to be bound to: who shares them would take the same ones.
  ((cores == $(allowed_cores))) || has_quota=1
  mapfile -t names < <(host_names)
  if ((${#names[@]})); then
    place_on_hosts
  elif [[ -n ${SLURM_JOB_ID:-} ]]; then
    place_in_allocation "$cores"
  else
    ranks=${ranks:-1}
    per_host=$ranks
    threads=${threads:-$((cores / per_host > 0 ? cores / per_host : 1))}
    fits=$((per_host * threads <= cores)) filled=$((per_host * threads == cores))
  fi
}

# The same on hosts that were given, which may have different numbers of slots and cores. All ranks get the threads for which the
# scarcest host has cores: each update waits for the slowest rank.
place_on_hosts() { # uses names of place
  local counts=() usable=() total=0 left host
  mapfile -t counts < <(slots)
  for host in "${counts[@]}"; do total=$((total + host)); done
  ranks=${ranks:-$total}
  # The slots are filled one host after the other: the last ones may stay empty. More ranks than slots are dealt out in turn.
  left=$ranks
  for host in "${!counts[@]}"; do
    ((ranks <= total)) || counts[host]=$(((counts[host] * ranks + total - 1) / total))
    ((counts[host] <= left)) || counts[host]=$left
    left=$((left - counts[host]))
    per_host=$((counts[host] > per_host ? counts[host] : per_host))
  done
  mapfile -t usable < <(cores_of_hosts "${names[@]}")
  threads=${threads:-$(smallest_share usable)}
  filled=1
  for host in "${!counts[@]}"; do
    ((counts[host] * threads <= usable[host])) || fits=0
    ((counts[host] == 0 || counts[host] * threads == usable[host])) || filled=0
  done
}

# The same in a Slurm allocation, whose nodes may have different numbers of tasks and processors. Also sets cpus_per_rank, in
# processors as Slurm counts them: cores, or hardware threads.
place_in_allocation() { # CORES
  local cores=$1 here=${SLURM_CPUS_ON_NODE:-0} counts=() cpus=() usable=() node slot_sum=0
  mapfile -t cpus < <(expand "${SLURM_JOB_CPUS_PER_NODE:-$cores(x$nodes)}")
  mapfile -t counts < <(expand "${SLURM_TASKS_PER_NODE:-}")
  for node in "${!counts[@]}"; do slot_sum=$((slot_sum + counts[node])); done
  ranks=${ranks:-${SLURM_NTASKS:-$nodes}}
  if ((ranks != ${SLURM_NTASKS:-0} || nodes != ${#counts[@]})); then
    spread=1
    for ((node = 0; node < nodes; node++)); do counts[node]=$((ranks / nodes + (node < ranks % nodes))); done
  fi
  # A compute node shows whether Slurm counts more processors than there are cores.
  [[ -n ${SLURMD_NODENAME:-} ]] && ((here > cores)) || here=$cores
  for ((node = 0; node < nodes; node++)); do usable[node]=$((cpus[node] * cores / here)); done

  cpus_per_rank=$(smallest_share cpus)
  ((spread)) || cpus_per_rank=${SLURM_CPUS_PER_TASK:-$cpus_per_rank}
  if [[ -z $threads ]]; then
    threads=$(smallest_share usable)
    ((threads < cpus_per_rank)) || threads=$cpus_per_rank
  fi
  crowded=$((slot_sum > 0 && ranks > slot_sum)) filled=1
  for ((node = 0; node < nodes; node++)); do
    per_host=$((counts[node] > per_host ? counts[node] : per_host))
    ((counts[node] * threads <= usable[node])) || fits=0
    ((counts[node] * threads == usable[node])) || filled=0
  done
  # Where there are more processors than Slurm gave us, others may have the rest, and we cannot tell which.
  [[ -n ${SLURMD_NODENAME:-} ]] && (($(nproc) <= ${SLURM_CPUS_ON_NODE:-0})) || filled=0
}

# What each rank may have of a number a node, on the node where that is least; 1 at least.
smallest_share() { # NAME-OF-ARRAY; uses counts of its caller
  local -n amounts=$1
  local node least=0 share
  for node in "${!counts[@]}"; do
    ((counts[node] > 0)) || continue
    share=$((amounts[node] / counts[node]))
    ((least > 0 && share >= least)) || least=$((share > 0 ? share : 1))
  done
  echo "$least"
}

# Sets ranks, threads, and the command as an array.
compose() {
  local per_host=0 fits=1 filled=0 has_quota=0 crowded=0 spread=0 cpus_per_rank=1 nodes=${SLURM_JOB_NUM_NODES:-1}
  know_open_mpi
  place
  if [[ $launcher == srun ]]; then
    command=(env)
    ((!spread)) || command+=(-u SLURM_NTASKS_PER_NODE)
    command+=("OMP_NUM_THREADS=$threads" "OPENBLAS_NUM_THREADS=$threads")
    mca_variables
    command+=(srun --mpi=pmix --kill-on-bad-exit=1 --ntasks "$ranks" --cpus-per-task "$cpus_per_rank")
    ((!spread || ranks >= nodes)) || command+=(--nodes "$ranks")
    ((!spread || ranks % nodes)) || command+=(--nodes "$nodes" --ntasks-per-node "$per_host")
    ((fits)) || command+=(--overcommit)
  else
    command=(mpirun -np "$ranks")
    [[ -z $hosts ]] || command+=(--host "$hosts")
    [[ -z $hostfile ]] || command+=(--hostfile "$hostfile")
    # One rank's threads on cores of their own. Several hosts are taken at their word only where they are filled: a host that
    # shares its processor with another would bind to the same cores.
    local by=slot
    ((!spread)) || by=node
    if ((fits && !has_quota)) && { ((filled)) || [[ -z $hosts$hostfile${SLURM_JOB_ID:-} ]]; }; then
      command+=(--map-by "$by:PE=$threads" --bind-to core)
    else
      ((!spread)) || command+=(--map-by node)
      command+=(--bind-to none)
      mca mpi_yield_when_idle 1
    fi
    # Neighbours in the order of ranks stay on one host.
    ((!spread)) || command+=(--rank-by slot)
    ((fits && !crowded)) || command+=(--oversubscribe)
    mca pml ob1
    local pair pairs=("${shared_memory_parameters[@]}")
    [[ -n $hosts$hostfile$interface ]] || ((nodes > 1)) || pairs+=("${one_host_parameters[@]}")
    for pair in "${pairs[@]}"; do mca "${pair%%=*}" "${pair#*=}"; done
    # A cut link ends the job after seconds; without these it hangs for ever.
    runtime_mca oob_tcp_keepalive_time 3
    runtime_mca oob_tcp_keepalive_intvl 1
    runtime_mca oob_tcp_keepalive_probes 3
    if [[ -n $interface ]]; then
      mca btl_tcp_if_include "$interface"
      runtime_mca oob_tcp_if_include "$interface"
    fi
    hand_over_agent
    command+=(-x "OMP_NUM_THREADS=$threads" -x "OPENBLAS_NUM_THREADS=$threads" -x DEEPINSIDE_DONE)
    # Under mpirun no rank sees the terminal itself.
    [[ ! -t 2 ]] || command+=(-x DEEPINSIDE_TERMINAL=1)
    # What is set here counts on the other hosts too, where mpirun comes by ssh.
    local variable
    for variable in LD_LIBRARY_PATH HDF5_USE_FILE_LOCKING; do
      [[ -z ${!variable:-} ]] || command+=(-x "$variable")
    done
  fi
  command+=("$program" "${arguments[@]}")
}

mca_variables() { # for srun, which takes no --mca
  local pair
  for pair in pml=ob1 "${shared_memory_parameters[@]}" ${interface:+"btl_tcp_if_include=$interface"}; do
    local variable=OMPI_MCA_${pair%%=*}
    [[ -n ${!variable:-} ]] || command+=("$variable=${pair#*=}")
  done
}

# ---- hosts -----------------------------------------------------------------------------------------------------------

# The names of the hosts given, a line a host, each once.
host_names() { hosts_with_slots | sed 's/ .*//'; }

# Runs a command on a host, the way that mpirun reaches it; 124 when it doesn't answer.
on_host() { # HOST COMMAND
  if [[ $1 == localhost || $1 == "$(hostname)" || $1 == "$(hostname -s)" ]]; then
    timeout 10 bash -c "$2"
  else
    local agent
    agent=$(given_agent)
    # shellcheck disable=SC2086  # the agent may have arguments
    timeout 10 ${agent:-ssh -o BatchMode=yes -o ConnectTimeout=5} "$1" "$2" </dev/null
  fi
}

# Leaves out the hosts that no longer answer; fails when none is left.
drop_lost_hosts() {
  local host entries=() left=() known total=0 count answers
  [[ -n $hosts ]] || return 0
  IFS=, read -ra entries <<<"$hosts"
  answers=$(mktemp -d)
  for host in "${entries[@]}"; do
    { ! on_host "${host%:*}" true >/dev/null 2>&1 || : >"$answers/${host%:*}"; } &
  done
  # A signal ends it early: then the answers don't matter.
  wait || true
  for host in "${entries[@]}"; do
    if [[ -e $answers/${host%:*} ]]; then
      left+=("$host")
    else
      say "${host%:*} does not answer and is left out"
    fi
  done
  rm -r "$answers"
  ((${#left[@]})) || fail 1 "none of the hosts $hosts answers"
  known=$hosts
  hosts=$(
    IFS=,
    echo "${left[*]}"
  )
  [[ $hosts != "$known" ]] || return 0
  for count in $(slots); do total=$((total + count)); done
  if [[ -n $ranks ]] && ((ranks > total)); then
    say "going on with $total instead of $ranks ranks: there are no more slots"
    ranks=$total
  fi
  compose
}

clean_up() {
  local host
  on_host localhost "$sweep" >/dev/null 2>&1 || true
  if [[ -z $hosts$hostfile && ${SLURM_JOB_NUM_NODES:-1} -gt 1 ]]; then
    timeout 10 srun --ntasks-per-node=1 --ntasks="$SLURM_JOB_NUM_NODES" bash -c "$sweep" >/dev/null 2>&1 </dev/null ||
      say "not all nodes answer; what the run has left there stays"
  fi
  for host in $(host_names); do
    { on_host "$host" "$sweep" >/dev/null 2>&1 || say "$host does not answer; what the run has left there stays"; } &
  done
  wait || true
}

# ---- running ---------------------------------------------------------------------------------------------------------

child='' signalled=0 reminder='' asks_by=USR1 passer='' cut_short=0

stop() { # SIGNAL
  signalled=1
  if [[ -n $child && $asks_by == TERM ]]; then
    kill -TERM -- "-$child" 2>/dev/null || true
  elif [[ -n $child ]] && ((stopping)) && [[ $1 != USR1 ]]; then
    kill -TERM "$child" 2>/dev/null || true
  elif [[ -n $child ]]; then
    ask_to_save
    [[ $1 == USR1 ]] || say "saving the work; once more to stop at once"
  fi
  stopping=1
}

# mpirun passes SIGUSR1 on to the ranks, which save their work; SIGTERM would leave them one second. Before the ranks are there it
# passes nothing on, and tells nobody: they are asked again, with growing pauses, until they have ended.
ask_to_save() {
  kill -USR1 "$child" 2>/dev/null || true
  [[ -z $reminder ]] || return 0
  { for ((pause = 1; ; pause = pause < 8 ? 2 * pause : 8)); do sleep "$pause" && kill -USR1 "$child" || break; done; } >/dev/null 2>&1 &
  reminder=$!
}

# Waits for the child, and sets code to its exit code. A signal ends `wait` early, with a code of its own; 127 is that of a child
# whose code is known already.
await_child() {
  local ended
  code=127
  while true; do
    signalled=0
    ended=0
    wait "$child" || ended=$?
    ((ended == 127)) || code=$ended
    ((signalled && ended != 127)) || break
  done
  child=''
}

# Passes on what the ranks print, and takes out the word that rank 0 prints when all is done. Ends with 0 if it has come.
pass_output() { # WORD
  local line done=1
  # Whatever ends the ranks, their last words are passed on; a reader who has had enough doesn't end the job.
  trap '' USR1 TERM INT HUP PIPE
  trap 'exit "$done"' USR2
  while IFS= read -r line || [[ -n $line ]]; do
    if [[ $line == *"$1"* ]]; then
      done=0
      line=${line/"$1"/}
      [[ -n $line ]] || continue
    fi
    printf '%s\n' "$line" 2>/dev/null || true
  done
  exit "$done"
}

# Waits until all that was printed is passed on; fails if rank 0 has not said that all is done. A process that outlives the run
# and keeps its output open is not waited for.
await_output() {
  local timer code=127 ended
  { sleep 3 && kill -USR2 "$passer"; } >/dev/null 2>&1 &
  timer=$!
  while true; do
    ended=0
    wait "$passer" || ended=$?
    ((ended == 127)) || code=$ended
    ((ended > 128)) || break
  done
  kill "$timer" 2>/dev/null || true
  return "$code"
}

# Runs the command once; its exit code is this function's, but 1 instead of 0 if rank 0 has not come to its end: an mpirun that has
# lost a host may say that all is well.
run_once() {
  local code output
  cut_short=0
  export DEEPINSIDE_DONE=deepinside-done-$$-$RANDOM
  exec {output}> >(pass_output "$DEEPINSIDE_DONE")
  passer=$!
  # In a session of its own: Ctrl-C in the terminal must reach mpirun by way of `stop` only. Until mpirun handles SIGUSR1 itself
  # the signal must not end it: it is ignored first, and sent again later.
  (trap '' USR1 && exec setsid "${command[@]}" </dev/null >&"$output" {output}>&-) &
  child=$!
  exec {output}>&-
  ((!stopping)) || ask_to_save
  await_child
  [[ -z $reminder ]] || kill "$reminder" 2>/dev/null || true
  reminder=''
  if ! await_output && ((code == 0)); then
    say "$launcher ended as if all were well, but rank 0 did not come to its end: a host or the connection to it was lost"
    code=1 cut_short=1
  fi
  return "$code"
}

# Builds what isn't there. A request to stop ends that; nothing was begun.
build_first() {
  local code
  setsid "$top/launch.sh" build >&2 &
  child=$!
  asks_by=TERM
  await_child
  asks_by=USR1
  ((!stopping)) || return 0
  ((code == 0)) || exit "$code"
}

# What another MPI's mpirun starts are as many programs that know nothing of each other.
check_mpirun() {
  local version
  version=$(mpirun --version 2>&1 </dev/null | head -n 20) || true
  case $version in
    *"Open MPI"* | *OpenRTE* | *PRRTE* | *prte* | '') ;;
    *Intel*) fail 3 "mpirun is Intel MPI's ($(command -v mpirun)), $needs_open_mpi" ;;
    *HYDRA* | *Hydra* | *MPICH*) fail 3 "mpirun is MPICH's Hydra ($(command -v mpirun)), $needs_open_mpi" ;;
    *MVAPICH*) fail 3 "mpirun is MVAPICH's ($(command -v mpirun)), $needs_open_mpi" ;;
    *) fail 3 "mpirun ($(command -v mpirun)) is not Open MPI's: it says '${version%%$'\n'*}'; $needs_open_mpi" ;;
  esac
}
needs_open_mpi="and the program is built with Open MPI: put Open MPI's folder first in PATH (module load openmpi; on Debian \
apt-get install openmpi-bin, then update-alternatives --config mpirun)"

explain() { # CODE
  if (($1 > 128 && $1 <= 192)); then
    say "a rank was ended by signal $(($1 - 128)) (SIG$(kill -l $(($1 - 128))))$(
      (($1 == 137)) && echo ': the usual cause is a lack of memory; try fewer ranks or a smaller batch'
    )"
  elif (($1 == 205)); then
    say "the connection to a host was lost"
  fi
}

run() {
  local attempt=0 begun=0 code=4 command=()
  trap 'stop USR1' USR1
  trap 'stop TERM' TERM
  trap 'stop INT' INT
  trap 'stop TERM' HUP
  parse_options "$@"
  compose
  if ((dry_run)); then
    printf '%q ' "${command[@]}" | sed 's/ $//'
    echo
    return
  fi
  [[ -x $program ]] || build_first
  # In the shell of a job step (srun --pty bash) a step of ours would wait for that one's end.
  [[ -z ${SLURM_JOB_ID:-} ]] || export SLURM_OVERLAP=1
  command -v "$launcher" >/dev/null || fail 3 "there is no $launcher: ./launch.sh setup"
  [[ $launcher != mpirun ]] || check_mpirun
  while ((!stopping)); do
    begun=1
    code=0
    run_once || code=$?
    if ((stopping && code == 138)); then
      say "stopped before the ranks were ready for it: no update was made; what was saved before is whole"
      code=4
    fi
    explain "$code"
    # 128 and above: something was killed or lost, and could not tidy up after itself.
    ((code < 128 && !cut_short)) || clean_up
    case $code in 0 | 2 | 3 | 4) break ;; esac
    ((attempt < max_restarts && !stopping)) || break
    attempt=$((attempt + 1))
    # Ranks that have lost their mpirun, or its daemon on their host, or that were stopped, are gone after three seconds.
    sleep 3
    say "the run failed with exit code $code; restart $attempt of $max_restarts"
    drop_lost_hosts
    # Asked to stop meanwhile: what is saved is whole, the same command goes on.
    code=4 begun=0
  done
  ((begun)) || say "stopped before the ranks were started: no update was made; what was saved before is whole"
  exit "$code"
}

# ---- the demonstration -----------------------------------------------------------------------------------------------

demo() {
  local output=demo
  if (($#)); then
    [[ $1 == --output && $# == 2 ]] || fail 2 "usage: ./launch.sh demo [--output DIR]"
    output=$2
  fi
  local start=$SECONDS checkpoint=$output/run/checkpoints/best.h5
  build
  step "making pictures of 10 classes" synthesize --output "$output/data" --classes 10 --images-per-class 400 --size 128
  step "training on 2 ranks" --ranks 2 train --data "$output/data" --run "$output/run" --network cnn-f-64 \
    --epochs 16 --batch 32 --learning-rate 0.006 --schedule cosine
  step "measuring the error" --ranks 2 evaluate --checkpoint "$checkpoint" --data "$output/data"
  step "drawing class models" --ranks 2 class-models --checkpoint "$checkpoint" --output "$output/class-models"
  step "drawing saliency maps" --ranks 2 saliency --checkpoint "$checkpoint" --images "$output/data/val" \
    --output "$output/saliency"
  step "localising the objects of one class" --ranks 2 localise --checkpoint "$checkpoint" \
    --images "$output/data/val/s00000001" --annotations "$output/data/Annotations" --output "$output/boxes"
  step "showing what excites conv5" --ranks 2 reconstruct --checkpoint "$checkpoint" \
    --images "$output/data/val/s00000001" --layer conv5 --units 4 --output "$output/units"
  cat <<END

Done in $((SECONDS - start)) s. Look at
  $output/run/report.html            loss, errors and filters of the training
  $output/class-models/index.html    what the network takes each class to be
  $output/saliency/index.html        where it looked in each picture
  $output/boxes/index.html           what it cuts out, knowing labels alone
  $output/units/index.html           what its units answer to
END
}

step() { # TITLE [OPTIONS] COMMAND ...
  [[ -z $1 ]] || printf '\n== %s\n' "$1"
  (run "${@:2}") # in a subshell: run ends with the run's exit code
}

case ${1:-} in
  '') usage >&2 && exit 2 ;;
  --help | -h | help) usage ;;
  setup) setup && say "everything is there" ;;
  build)
    [[ -z ${2:-} || $2 == --static ]] || fail 2 "usage: ./launch.sh build [--static]"
    build "${@:2}"
    ;;
  test)
    case ${2:-} in
      --cluster) cluster_tests ;;
      --platform)
        [[ -n ${3:-} ]] || fail 2 "usage: ./launch.sh test --platform 12|13"
        platform_tests "$3"
        ;;
      --faults) build && "$top/Tests/cluster/faults.sh" "$program" "${@:3}" ;;
      --debug) debug_tests "${@:3}" ;;
      --sanitize) setup && "$top/Tests/Sanitizers/run.sh" "${@:3}" ;;
      --fuzz) setup && "$top/Tests/Fuzz/run.sh" "${@:3}" ;;
      *) run_tests "${@:2}" ;;
    esac
    ;;
  demo) demo "${@:2}" ;;
  *) run "$@" ;;
esac
