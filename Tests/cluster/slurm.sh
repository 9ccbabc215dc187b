#!/usr/bin/env bash
# Tests of jobs/ and launch.sh on a real Slurm of three emulated nodes: ./launch.sh test --cluster. A job that reaches its time limit,
# is cancelled or loses a node ends with the bits of an undisturbed run. A minute or two: some of it goes on at once.
set -euo pipefail

# shellcheck source=Tests/cluster/slurm-nodes.sh
source "$(dirname "${BASH_SOURCE[0]}")/slurm-nodes.sh"
needs=(slurm_possible)
# shellcheck source=Tests/cluster/begin.sh
source "$(dirname "${BASH_SOURCE[0]}")/begin.sh"
make_nodes 4 1gbit "$folder"
start_slurm "$folder" 8 8 4 || { cat "$folder"/*.out && echo "Slurm does not start" && exit 1; }
# The jobs are submitted from the top folder.
cd "$here/../.."

# ---- jobs ------------------------------------------------------------------------------------------------------------

# Submits a job, and prints its number. The tests share the nodes: what the jobs say of whole nodes is left out.
submit() { # NAME [SBATCH-OPTION ...] SCRIPT [ARGUMENT ...]
  local words=() word
  for word in "${@:2}"; do
    if [[ $word == jobs/*.sbatch ]]; then
      grep -v '^#SBATCH --exclusive' "$word" >"$folder/$1.sbatch"
      word=$folder/$1.sbatch
    fi
    words+=("$word")
  done
  slurm sbatch --parsable --oversubscribe --output="$folder/$1.log" "${words[@]}"
}

# Waits for a job at most SECONDS, and wants it in a state then.
ends() { # JOB NAME SECONDS [STATE]
  until_true "$3" job_is COMPLETED,FAILED,CANCELLED,TIMEOUT,NODE_FAIL "$1" || true
  job_is "${4:-COMPLETED}" "$1" && return
  fail "$2: job $1 is $(job_says JobState "$1") after $3 s at most, expected ${4:-COMPLETED}"
  tail -n 40 "$folder/$2.log" | sed 's/^/  /'
  slurm scancel "$1"
}

says() { # NAME PATTERN
  grep -q -- "$2" "$folder/$1.log" || { fail "$1: no '$2' in" && tail -n 40 "$folder/$1.log" | sed 's/^/  /'; }
}

went_back() { # JOB NAME TIMES
  (($(job_says Restarts "$1") == $3)) && return
  fail "$2: went back to the queue $(job_says Restarts "$1") times, expected $3"
  tail -n 40 "$folder/$2.log" | sed 's/^/  /'
}

# Waits until training has written a checkpoint of its own.
training_is_going_on() { # NAME
  until_true 60 test -e "$folder/$1/checkpoints/latest.h5" || { fail "$1: no checkpoint" && cat "$folder/$1.log"; }
}

# shellcheck disable=SC2046  # several options
train() { submit "$1" "${@:2}" jobs/train.sbatch $(training_options "$1"); } # NAME [SBATCH-OPTION ...]

steps=300
make_tiny_data
train_undisturbed
checkpoint=$folder/undisturbed/checkpoints/latest.h5

# ---- tests -----------------------------------------------------------------------------------------------------------

echo "== whole nodes without a number of tasks get a rank each; more or fewer ranks are dealt out evenly"
cat >"$folder/where" <<'END'
#!/bin/sh
echo "a rank on $(hostname)"
# What the program says at its end, and the launcher takes out.
[ "${OMPI_COMM_WORLD_RANK:-${SLURM_PROCID:-0}}" != 0 ] || echo "$DEEPINSIDE_DONE"
END
chmod +x "$folder/where"
# On a busy machine salloc may say at its end that nobody has answered it within ten seconds: that isn't the ranks' word.
ranks_are() { # EXPECTED WHAT COMMAND ...
  local found
  found=$("${@:3}" 2>&1 | { grep -v '^salloc: error: Unable to clean up job allocation' || true; } | sort | uniq -c | xargs)
  [[ $found == "$1" ]] || fail "$2: $found"
}
export where=$folder/where launch
for options in "" "--launcher srun" "--ranks 3" "--launcher srun --ranks 3"; do
  expected="1 a rank on node2 1 a rank on node3"
  [[ $options != *3 ]] || expected="2 a rank on node2 1 a rank on node3"
  # shellcheck disable=SC2086  # several options
  ranks_are "$expected" "launch.sh $options on two whole nodes" slurm salloc --quiet --exclusive --nodelist=node2,node3 \
    env DEEPINSIDE_PROGRAM="$where" "$launch" --threads 1 $options where
done
# shellcheck disable=SC2016  # expanded there
ranks_are "1 a rank on node2 1 a rank on node3" "launch.sh in a step" \
  slurm srun --quiet --exclusive --nodelist=node2,node3 --ntasks-per-node=1 \
  sh -c '[ "$SLURM_PROCID" != 0 ] || DEEPINSIDE_PROGRAM=$where exec timeout 20 "$launch" --threads 1 where'

# All other jobs run on nodes 2 and 3 first, which weigh less.
# Slurm looks twice a minute for jobs near their limit: this one stands still until then, and leaves the processors to the others.
# shellcheck disable=SC2046  # several options
limited=$(submit limited --nodelist=node1,node2 --time=1 --signal=B:USR1@20 jobs/train.sbatch $(training_options limited) \
  --stall-warning 10min --stall-limit 20min)
training_is_going_on limited
limited_ranks=$(pgrep -f "^$DEEPINSIDE_PROGRAM train .* $folder/limited " | xargs)
# shellcheck disable=SC2086  # several
kill -STOP $limited_ranks || fail "limited: no ranks"
# shellcheck disable=SC2086  # several
{ until_true 60 grep -q "Forwarding signal" "$folder/limited.log" || true && kill -CONT $limited_ranks; } &

echo "== srun without PMIx: the ranks notice that they are alone"
code=0
# shellcheck disable=SC2046  # several options
slurm srun --mpi=none --nodes=2 --ntasks=2 "$DEEPINSIDE_PROGRAM" train $(training_options alone) \
  >"$folder/alone.log" 2>&1 || code=$?
((code == 2)) || fail "srun --mpi=none: exit code $code, expected 2"
says alone "srun started 2 tasks, but each of them sees itself as the only rank: use srun --mpi=pmix"
[[ ! -e $folder/alone/checkpoints ]] || fail "srun --mpi=none has trained"

echo "== each job does its work"
others=(
  "prepare $(submit prepare --nodes=2 jobs/prepare.sbatch --data "$folder/data" --output "$folder/pack" --shorter-side 36)"
  "evaluate $(submit evaluate --nodes=2 jobs/evaluate.sbatch --checkpoint "$checkpoint" --data "$folder/data" --output "$folder/errors")"
  "class-models $(submit class-models --nodes=3 jobs/class-models.sbatch --checkpoint "$checkpoint" --output "$folder/models" \
    --iterations 20 --batch 1)"
  "saliency $(submit saliency --nodes=2 jobs/saliency.sbatch --checkpoint "$checkpoint" --images "$folder/data/val" \
    --output "$folder/maps")"
  "localise $(submit localise --nodes=2 jobs/localise.sbatch --checkpoint "$checkpoint" --images "$folder/data/val" \
    --annotations "$folder/data/Annotations" --cut-side 40 --output "$folder/boxes")"
)
for other in "${others[@]}"; do ends "${other#* }" "${other% *}" 60; done
[[ $(find "$folder/models" -name 's*.h5' | wc -l) == 3 ]] || fail "class models: $(ls "$folder/models")"
for file in pack/pack.h5 errors/confusion.csv maps/summary.json boxes/boxes.csv; do
  [[ -e $folder/$file ]] || fail "no $file"
done

# Slurm notices after a while; meanwhile the next tests go on.
lost=$(train lost)
training_is_going_on lost
cut_link 3

echo "== srun with PMIx: stopped with its work saved, a job goes back to the queue and ends with the same bits"
job=$(LAUNCH_OPTIONS='--launcher srun' train srun --exclude=node3)
training_is_going_on srun
slurm scancel --batch --signal=USR1 "$job"
ends "$job" srun 60
went_back "$job" srun 1
same srun "srun"

echo "== a cancelled job does not come back, and a new one loses nothing"
job=$(train cancelled --exclude=node3)
training_is_going_on cancelled
slurm scancel "$job"
ends "$job" cancelled 20 CANCELLED
went_back "$job" cancelled 0
job=$(train cancelled --exclude=node3)
ends "$job" cancelled 60
same cancelled "a cancelled job and a new one"

echo "== at its time limit a job goes back to the queue, and ends with the same bits"
ends "$limited" limited 120
went_back "$limited" limited 1
says limited "resumed from"
same limited "a job with a time limit"

echo "== a dead node: Slurm sends the job to another"
ends "$lost" lost 200
went_back "$lost" lost 1
[[ $(job_says NodeList "$lost") == *node?1-2?* ]] || fail "lost: ran on $(job_says NodeList "$lost") in the end"
same lost "a job that lost a node"

finish_tests "Slurm tests"
