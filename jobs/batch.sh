# What the batch jobs have in common; each of them sources this file.
# shellcheck shell=bash

# Runs a deepinside command on the allocation and sets `code` to its exit code. SIGUSR1 to this shell, Slurm's warning before the
# time is over, goes on to launch.sh: the ranks save their work and stop with code 4. SIGTERM ends this shell: who cancels a job
# doesn't want it back in the queue.
# LAUNCH_OPTIONS in the environment are more options for launch.sh (--launcher srun, --dry-run).
run() { # [PREFIX ...] ./launch.sh [OPTION ...] COMMAND ...
  local pid='' ended signalled=0
  code=0
  trap 'signalled=1; [[ -z $pid ]] || kill -USR1 "$pid" 2>/dev/null || true' USR1
  "$@" &
  pid=$!
  ((!signalled)) || kill -USR1 "$pid" 2>/dev/null || true
  while true; do
    signalled=0 ended=0
    wait "$pid" || ended=$?
    ((ended == 127)) || code=$ended
    ((signalled && ended != 127)) || break
  done
}

# Slurm: what was stopped with its work saved goes back to the queue to do the rest.
run_and_requeue() { # COMMAND ...
  # shellcheck disable=SC2086 # several options
  run ./launch.sh --max-restarts 2 ${LAUNCH_OPTIONS:-} "$@"
  if ((code == 4)) && ! scontrol requeue "$SLURM_JOB_ID"; then
    echo "the work is saved, but this job can't go back to the queue: submit it again" >&2
  fi
  exit "$code"
}

# PBS Pro: it gives no warning and lets nobody but its operators requeue a running job. The run is stopped after SECONDS, before
# the walltime is over, and a new job does the rest.
run_and_resubmit() { # SECONDS SCRIPT COMMAND ...
  # shellcheck disable=SC2086 # several options
  run timeout --foreground --preserve-status --signal=USR1 "$1" \
    ./launch.sh --max-restarts 2 --threads "${OMP_NUM_THREADS:-1}" ${LAUNCH_OPTIONS:-} "${@:3}"
  local variables=ARGUMENTS${LAUNCH_OPTIONS:+,LAUNCH_OPTIONS}${DEEPINSIDE_PROGRAM:+,DEEPINSIDE_PROGRAM}
  if ((code == 4)) && ! qsub -v "$variables" "$2"; then
    echo "the work is saved, but this job can't submit the next one: submit it again" >&2
  fi
  exit "$code"
}
