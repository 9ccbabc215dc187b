# All that differs between Open MPI 4.1 and 5.0 where ranks are started and their ends are understood; nothing of it stands elsewhere.
# Sourced by launch.sh. Measured with 4.1.4 (Debian 12) and 5.0.7 with PRRTE (Debian 13):
#
#                                       4.1                                  5.0
#   parameters of mpirun's own part     --mca, OMPI_MCA_…                    --prtemca, PRTE_MCA_… (OMPI_MCA_… is ignored)
#   what reaches other hosts            plm_rsh_agent                        plm_ssh_agent
#   shared memory                       btl vader                            btl sm
#   ranks of one host, no network       quiet                                a warning per rank, unless btl is ^tcp
#   a cut link, with keepalives         code 205 after 6 s                   code 0 after 6 s: only rank 0's sign tells (launch.sh)
#   a cut link, without                 hangs                                hangs
#   SIGUSR1 to mpirun                   passed on to all ranks at once       the same
#   SIGTERM to mpirun                   the ranks have 1 s                   0.5 s; what they print in it is lost
#   a rank killed by a signal           128 + its number                     the same
#   left by a killed mpirun             /dev/shm/vader_segment.*,            /dev/shm/sm_segment.*,
#                                       ompi.HOST.UID/pid.PID, …/jf.*        prte*.HOST.PID.UID
#
# Unknown parameters are ignored by both, so what only one of them has does no harm; it is left out all the same.
# shellcheck shell=bash

# 4 or 5: the first number of the version of the mpirun that would run; 4 where there is none.
open_mpi_major() {
  local version
  version=$(mpirun --version 2>/dev/null </dev/null | sed -nE '1s/.*\) ([0-9]+)\..*/\1/p') || true
  if ((${version:-4} >= 5)); then echo 5; else echo 4; fi
}

# Sets the facts below once.
know_open_mpi() {
  [[ -z ${runtime_option:-} ]] || return 0
  if (($(open_mpi_major) == 5)); then
    runtime_option=--prtemca runtime_prefix=PRTE_MCA_ agent_parameter=plm_ssh_agent
    shared_memory_parameters=() one_host_parameters=(btl=^tcp)
  else
    runtime_option=--mca runtime_prefix=OMPI_MCA_ agent_parameter=plm_rsh_agent
    # Two copies through shared memory are faster than one by the kernel, at the sizes that gradients travel in.
    shared_memory_parameters=(btl_vader_single_copy_mechanism=none) one_host_parameters=()
  fi
}

# The command that reaches other hosts, if the user has named one, under whichever of its names.
given_agent() { echo "${PRTE_MCA_plm_ssh_agent:-${OMPI_MCA_plm_ssh_agent:-${OMPI_MCA_plm_rsh_agent:-}}}"; }

# Adds a parameter of the MPI library to the array `command`, unless the environment has it.
mca() { # NAME VALUE
  local variable=OMPI_MCA_$1
  [[ -n ${!variable:-} ]] || command+=(--mca "$1" "$2")
}

# The same for one of mpirun's own part. What the environment says under a name that this mpirun doesn't read is handed to it.
runtime_mca() { # NAME VALUE
  local own=$runtime_prefix$1 other=OMPI_MCA_$1
  [[ -z ${!own:-} ]] || return 0
  command+=("$runtime_option" "$1" "${!other:-$2}")
}

# What reaches other hosts, where this mpirun would not see it.
hand_over_agent() {
  local own=$runtime_prefix$agent_parameter agent
  agent=$(given_agent)
  [[ -z $agent || -n ${!own:-} ]] || command+=("$runtime_option" "$agent_parameter" "$agent")
}

# What an ended run may leave behind on a host: segments of shared memory that no process has mapped, and the folders of mpirun
# processes that are no more. Those of other jobs stay. Both versions' names: hosts may have seen both.
# shellcheck disable=SC2016,SC2034  # expanded where it runs
sweep='
for file in /dev/shm/vader_segment.* /dev/shm/sm_segment.* /dev/shm/osc_sm.*; do
  [ -O "$file" ] && ! grep -qsF "$file" /proc/[0-9]*/maps && sleep 0.2 && ! grep -qsF "$file" /proc/[0-9]*/maps && rm -f "$file"
done
for folder in "${TMPDIR:-/tmp}"/ompi.*."$(id -u)"/pid.*; do
  [ -O "$folder" ] && ! kill -0 "${folder##*.}" 2>/dev/null && rm -rf "$folder"
done
for folder in "${TMPDIR:-/tmp}"/prte*.*.*."$(id -u)"; do
  owner=${folder%.*}
  [ -O "$folder" ] && ! kill -0 "${owner##*.}" 2>/dev/null && rm -rf "$folder"
done
if command -v pgrep >/dev/null && ! pgrep -u "$(id -u)" -x "orted|mpirun|orterun|prted|prterun" >/dev/null; then
  for folder in "${TMPDIR:-/tmp}"/ompi.*."$(id -u)"/jf.*; do
    [ -O "$folder" ] && rm -rf "$folder"
  done
fi
true'
