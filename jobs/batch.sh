# What the batch jobs have in common; each of them sources this file.
# shellcheck shell=bash

# Runs a deepinside command on the allocation. Slurm's warning before the time is over (SIGUSR1 to this shell) goes on to
# launch.sh: the ranks save their work and stop with code 4, and the job goes back to the queue to do the rest.
# LAUNCH_OPTIONS in the environment are more options for launch.sh (--launcher srun, --dry-run).
run_and_requeue() { # COMMAND ...
  local pid code=0 ended signalled=0
  # shellcheck disable=SC2086 # several options
  ./launch.sh --max-restarts 2 ${LAUNCH_OPTIONS:-} "$@" &
  pid=$!
  trap 'signalled=1; kill -USR1 "$pid" 2>/dev/null || true' USR1
  while true; do
    signalled=0 ended=0
    wait "$pid" || ended=$?
    ((ended == 127)) || code=$ended
    ((signalled && ended != 127)) || break
  done
  if ((code == 4)); then
    scontrol requeue "$SLURM_JOB_ID"
  fi
  exit "$code"
}
