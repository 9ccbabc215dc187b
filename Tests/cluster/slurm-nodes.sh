# A Slurm of its own on emulated nodes: a slurmd on each of the first ones, the controller on the last, where jobs are submitted.
# Sourced, after nodes.sh; needs root and the packages below. Its files are in one folder, and nothing outlives stop_slurm.
# shellcheck shell=bash

slurm_packages=(slurmctld slurmd slurm-client munge)
slurm_head=0

slurm_possible() {
  local tool missing=()
  for tool in munged slurmctld slurmd sbatch srun scontrol; do command -v "$tool" >/dev/null || missing+=("$tool"); done
  ((${#missing[@]} == 0)) || { echo "there is no ${missing[*]} (Debian: ${slurm_packages[*]})" && return 1; }
}

start_slurm() { # FOLDER CPUS-OF-NODE-1 CPUS-OF-NODE-2 ...; one more node must be there, for the controller
  local folder=$1 number
  slurm_head=$#
  export SLURM_CONF=$folder/slurm.conf
  mkdir "$folder/munge" "$folder/state"
  head -c 1024 /dev/urandom >"$folder/munge/key"
  chmod 400 "$folder/munge/key"
  # cred_expire: else a job that goes back to the queue waits for two minutes. TmpFS: else PMIx of all nodes meets in one folder.
  cat >"$SLURM_CONF" <<END
ClusterName=emulated
SlurmctldHost=node$slurm_head(10.77.0.$slurm_head)
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket=$folder/munge/socket,cred_expire=5
SlurmctldLogFile=$folder/slurmctld.log
SlurmctldPidFile=$folder/slurmctld.pid
StateSaveLocation=$folder/state
SlurmdLogFile=$folder/slurmd.%n.log
SlurmdPidFile=$folder/slurmd.%n.pid
SlurmdSpoolDir=$folder/spool.%n
TmpFS=$folder/tmp.%n
SlurmdParameters=config_overrides
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
PropagateResourceLimits=NONE
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
SchedulerParameters=sched_interval=2
# Long enough for a job to use up its restarts before Slurm notices a dead node, if it did not wait.
SlurmdTimeout=${slurmd_timeout:-45}
KillWait=5
ReturnToService=2
PartitionName=main Nodes=ALL Default=YES MaxTime=INFINITE
END
  shift
  for ((number = 1; number < slurm_head; number++)); do
    # By weight the last nodes are taken first.
    echo "NodeName=node$number NodeAddr=10.77.0.$number CPUs=${!number} Weight=$((slurm_head - number))" >>"$SLURM_CONF"
    mkdir "$folder/spool.node$number" "$folder/tmp.node$number"
  done
  # Forced, because the folder isn't one of the system's.
  daemon "$slurm_head" "$folder/munge/out" munged --foreground --force --key-file="$folder/munge/key" \
    --socket="$folder/munge/socket" --pid-file="$folder/munge/pid" --log-file="$folder/munge/log" --seed-file="$folder/munge/seed"
  until_true 10 test -S "$folder/munge/socket"
  daemon "$slurm_head" "$folder/slurmctld.out" slurmctld -D
  for ((number = 1; number < slurm_head; number++)); do daemon "$number" "$folder/slurmd.node$number.out" slurmd -D; done
  until_true 30 slurm_is_up
}

daemon() { # NODE OUTPUT COMMAND ...
  on_node "$1" "${@:3}" >"$2" 2>&1 </dev/null &
}

slurm() { on_node "$slurm_head" "$@"; } # COMMAND ... where jobs are submitted

slurm_is_up() { [[ $(slurm sinfo --noheader --states=idle --format=%D 2>/dev/null) == $((slurm_head - 1)) ]]; }

# What Slurm says of a job: JobState, Restarts, NodeList, ...
job_says() { # FIELD JOB
  slurm scontrol --oneliner show job "$2" 2>/dev/null | sed -n "s/.* $1=\([^ ]*\).*/\1/p"
}

# The state of a job is one of those named.
job_is() { # STATES-BY-COMMA JOB
  [[ ,$1, == *",$(job_says JobState "$2"),"* ]]
}

stop_slurm() { end_processes_on_nodes; }

until_true() { # SECONDS COMMAND ...
  local deadline=$((SECONDS + $1))
  until "${@:2}"; do
    ((SECONDS < deadline)) || return 1
    sleep 0.2
  done
}
