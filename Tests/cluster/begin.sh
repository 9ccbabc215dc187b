# How every test on emulated nodes begins. Sourced with the program as the first argument, after `needs`, the functions that say why
# it can't be done here; sets `launch` and `folder`, which goes with all that is mounted in it when the script ends.
# shellcheck shell=bash

here=$(CDPATH='' cd -- "$(dirname "${BASH_SOURCE[0]}")" && pwd)
launch=$here/../../launch.sh
export DEEPINSIDE_PROGRAM=${1:?usage: $0 PROGRAM}
# shellcheck source=Tests/cluster/nodes.sh
source "$here/nodes.sh"
# shellcheck source=Tests/cluster/checks.sh
source "$here/checks.sh"

for need in nodes_possible "${needs[@]}"; do
  if ! reason=$("$need"); then
    echo "${0##*/} skipped: $reason"
    exit 0
  fi
done

folder=$(mktemp -d)
finish() {
  remove_nodes
  rm -rf "$folder"
}
trap finish EXIT
# Open MPI and Slurm tell users apart, and all nodes are this machine: what they put into the temporary folder stays in ours.
export TMPDIR=$folder OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
# The nodes share this machine's memory, which ranks would find by its name.
export OMPI_MCA_btl=self,tcp OMPI_MCA_mpi_yield_when_idle=1
