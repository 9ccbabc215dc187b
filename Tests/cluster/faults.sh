#!/usr/bin/env bash
# Random faults at random moments of train, class-models and prepare on two to four emulated nodes: ./launch.sh test --faults [RUNS] [SEED].
# Each must end or be survived within 30 s, with a message that names it, and what the job makes must be what an undisturbed one
# makes; nothing may be left running. Some fifteen seconds a run. FAULTS and JOBS choose some of them: FAULTS='orted link' JOBS=prepare.
# The faults of a disk are made by a shim that is preloaded into the program, faulty_disk.c.
set -euo pipefail

needs=()
# shellcheck source=Tests/cluster/begin.sh
source "$(dirname "${BASH_SOURCE[0]}")/begin.sh"
runs=${2:-25} RANDOM=${3:-1}
make_nodes 4 1gbit "$folder"
export OMPI_MCA_plm_rsh_agent=$folder/agent
# shellcheck source=Tests/cluster/jobs.sh
source "$here/jobs.sh"

# ---- the program, on a disk that can be faulty ---------------------------------------------------------------------------

cc -shared -fPIC -O1 "$here/faulty_disk.c" -o "$folder/faulty_disk.so" -ldl
fault_file=$folder/fault
: >"$fault_file"
# On the other nodes too, which get no variables from here; its processes are found by the name of this file.
cat >"$folder/deepinside" <<END
#!/bin/bash
export FAULTY_DISK=$fault_file LD_PRELOAD=$folder/faulty_disk.so
exec -a "\$0" "$DEEPINSIDE_PROGRAM" "\$@"
END
chmod +x "$folder/deepinside"
DEEPINSIDE_PROGRAM=$folder/deepinside

# ---- the jobs: what each is started with, and what of it must be as in an undisturbed run --------------------------------

# All write to a disk of their own, which can be filled up.
mkdir "$folder/disk"
mount -t tmpfs -o size=400m tmpfs "$folder/disk"
limits=(--stall-warning 2s --stall-limit 12s)

command_of() { # JOB OUTPUT
  case $1 in
    train)
      echo train --data "$folder/data" --network "$folder/tiny.json" --run "$2" --batch 8 --epochs 1000 --max-steps 2000 \
        --learning-rate 0.001 --reduction exact --micro-batch 1 --bad-file-limit 0.1 --cache 0 --checkpoint-every 1s "${limits[@]}"
      ;;
    class-models)
      echo class-models --checkpoint "$folder/net.h5" --output "$2" --iterations 5000 --batch 1 "${limits[@]}"
      ;;
    prepare) echo prepare --data "$folder/pictures" --output "$2" --shard-pictures 50 "${limits[@]}" ;;
  esac
}

result_of() { # JOB OUTPUT
  case $1 in
    train) "$DEEPINSIDE_PROGRAM" inspect "$2/checkpoints/latest.h5" | grep -E '^digest|^progress|parameters|velocity' ;;
    class-models) (cd "$2" && sha256sum s*.h5) ;;
    prepare) (cd "$2" && find . -type f -print0 | sort -z | xargs -0 sha256sum) ;;
  esac
}

# What tells that a job is at work, so that a fault meets it there.
is_at_work() { # JOB OUTPUT
  case $1 in
    train) [[ -e $2/checkpoints/latest.h5 ]] ;;
    class-models) [[ -d $2 ]] ;;
    prepare) [[ -n $(find "$2" -name '*shard*' 2>/dev/null | head -n 1) ]] ;;
  esac
}

# ---- the faults --------------------------------------------------------------------------------------------------------

# Each says what it did, and what the messages must say of it; empty where the job may go on without a word.
inject() { # FAULT RANKS JOB OUTPUT
  local node=$((RANDOM % ($2 - 1) + 2)) pids
  expected='' unexpected=''
  case $1 in
    rank) pids=$(ranks_on "$node" "$name") && expected="node$node" ;;
    orted) pids=$(ip netns pids "$nodes_prefix-$node" | xargs -r ps -o pid=,comm= -p | awk '$2 == "orted" { print $1 }') && expected='restart 1' ;;
    mpirun) pids=$(pgrep -f "^(mpirun|prterun) .*$name") && expected='restart 1' ;;
    stop) pids=$(ranks_on "$node" "$name") && expected="node$node" ;;
    slow) pids=$(ranks_on "$node" "$name") ;;
    link) cut_link "$node" && expected="node$node" ;;
    disk) fill_disk && expected='No space left\|disk' ;;
    slow-sync) disk_fault 8 "slow 2000 $folder/disk/" && unexpected='restart 1' ;;
    failed-sync) disk_fault 3 "fail 5 $folder/disk/" && expected='nput/output error' ;;
    hung-read) disk_fault 30 "hang $(data_of "$3")/train/" && expected='restart 1' ;;
    away) take_away "$(data_of "$3")" && unexpected='restart 1' ;;
    twice) start_twice "$3" "$4" ;;
  esac
  echo "   $1 on node$node${pids:+, process $(echo $pids)}"
  case $1 in
    rank | orted | mpirun) kill -KILL $pids 2>/dev/null || hit_nothing ;;
    stop) kill -STOP $pids 2>/dev/null || hit_nothing ;;
    slow) slow_down $pids & ;;
  esac
}

# What a job reads: nothing that could be away, in the case of class models.
data_of() { if [[ $1 == prepare ]]; then echo "$folder/pictures"; else echo "$folder/data"; fi; } # JOB

# The disk is faulty for so long; a hung read is so for ever, but only one.
disk_fault() { # SECONDS FAULT
  rm -f "$fault_file.hit"
  echo "$2" >"$fault_file"
  { sleep "$1" && : >"$fault_file"; } &
  healing=$!
}

# As a file server that is started anew.
take_away() { # FOLDER
  mv "$1" "$1-away"
  { sleep 4 && mv "$1-away" "$1"; } &
  healing=$!
}

# The same command once more, at the same time: it is refused, and harms nothing.
start_twice() { # JOB OUTPUT
  local code=0
  # shellcheck disable=SC2046  # several options
  timeout 30 "$launch" --ranks 1 --threads 1 $(command_of "$1" "$2") >"$folder/second" 2>&1 || code=$?
  if ! kill -0 "$job" 2>/dev/null; then
    hit_nothing
  elif ((code != 2)) || ! grep -q "is in use by another job" "$folder/second"; then
    fail "a second job in the same folder: code $code, and it says"
    sed 's/^/  /' "$folder/second"
  fi
}

# The job was over already: that says nothing of the fault.
hit_nothing() { expected='' && echo "   it hit nothing"; }

fill_disk() { dd if=/dev/zero of="$folder/disk/filler" bs=64k 2>/dev/null || true; }

slow_down() { # PID ...
  local turn
  for turn in {1..20}; do
    kill -STOP "$@" 2>/dev/null || return 0
    sleep 0.15
    kill -CONT "$@" 2>/dev/null || return 0
    sleep 0.05
  done
}

# Whether the fault has been answered: the job has ended, has begun anew, or makes progress still.
answered() {
  case $fault in
    slow-sync | failed-sync | away) ! kill -0 "$healing" 2>/dev/null && return ;;
    twice) return ;;
  esac
  ! kill -0 "$job" 2>/dev/null || grep -q "restart 1\|No space left\|is full" "$folder/log" || [[ $fault == slow ]]
}

one_run() { # NUMBER JOB FAULT NODES
  local fault=$3 output="$folder/disk/run$1" begin deadline code=0 expected unexpected healing='' hosts='' node ranks=$4
  name="run$1 " # with the space that follows it in a command line
  # A cut link takes a node away for good: one more stands by. Equal bits take 1, 2, 4 … ranks.
  [[ $3 != link || $ranks == 2 ]] || ranks=$((ranks - 1))
  [[ $2 != train || $ranks != 3 ]] || ranks=2
  for ((node = 1; node <= $4; node++)); do hosts+=${hosts:+,}node$node:1; done
  echo "== $1: $2 by $ranks ranks on $4 nodes, $3"
  # shellcheck disable=SC2046  # several options
  start "$hosts" --ranks "$ranks" --max-restarts 2 $(command_of "$2" "$output")
  deadline=$((SECONDS + 60))
  until is_at_work "$2" "$output" || ! kill -0 "$job" 2>/dev/null || ((SECONDS > deadline)); do sleep 0.05; done
  sleep "0.$((RANDOM % 10))"
  kill -0 "$job" 2>/dev/null || echo "   it had ended already"
  begin=$SECONDS
  inject "$3" "$ranks" "$2" "$output"
  until answered || ((SECONDS - begin > 30)); do sleep 0.1; done
  answered || fail "$1: no answer within 30 s"
  [[ $3 != disk ]] || { sleep 2 && rm -f "$folder/disk/filler"; }
  deadline=$((SECONDS + 90))
  while kill -0 "$job" 2>/dev/null && ((SECONDS < deadline)); do sleep 0.1; done
  if kill -0 "$job" 2>/dev/null; then
    fail "$1: still running after 90 s" && kill "$job"
  fi
  wait "$job" || code=$?
  [[ $3 != link ]] || for ((node = 2; node <= $4; node++)); do mend_link "$node"; done
  [[ -z $healing ]] || { kill "$healing" 2>/dev/null || true; }
  : >"$fault_file"
  [[ ! -e $(data_of "$2")-away ]] || mv "$(data_of "$2")-away" "$(data_of "$2")"
  # Nothing was written while the disk failed.
  [[ $3 != failed-sync || -e $fault_file.hit ]] || hit_nothing
  [[ -z $expected ]] || says "$expected" "$1"
  [[ -z $unexpected ]] || ! grep -q -- "$unexpected" "$folder/log" || { fail "$1: '$unexpected' in" && sed 's/^/  /' "$folder/log"; }
  end_processes_of "$name"
  if ((code != 0)); then
    echo "   ended with code $code; the same command again"
    # shellcheck disable=SC2046
    start "$hosts" --ranks "$ranks" $(command_of "$2" "$output")
    ended 90 0 "$1, started again"
  fi
  diff <(result_of "$2" "$output") <(echo "${undisturbed[$2]}") >"$folder/difference" || {
    fail "$1: the result differs from that of an undisturbed run" && sed 's/^/  /' "$folder/difference" "$folder/log"
  }
  rm -rf "$output"
}

# Nothing of a job may be left when it has ended; ranks that have lost their mpirun have three seconds.
end_processes_of() { # NAME
  local deadline=$((SECONDS + 5))
  while pgrep -f "^$DEEPINSIDE_PROGRAM .*$1" >/dev/null && ((SECONDS < deadline)); do sleep 0.2; done
  if pgrep -f "^$DEEPINSIDE_PROGRAM .*$1" >/dev/null; then
    fail "left running: $(pgrep -af "^$DEEPINSIDE_PROGRAM .*$1")"
    # shellcheck disable=SC2046
    kill -KILL $(pgrep -f "^$DEEPINSIDE_PROGRAM .*$1") || true
  fi
}

# ---- the runs ------------------------------------------------------------------------------------------------------------

make_tiny_data
"$DEEPINSIDE_PROGRAM" synthesize --output "$folder/pictures" --classes 6 --images-per-class 600 --size 200 --quiet
# A picture that can't be read, in what training and preparing see.
for set in data pictures; do
  victim=$(find "$folder/$set/train" -type f | sort | sed -n 7p)
  head -c 200 "$victim" >"$folder/part" && mv "$folder/part" "$victim"
done

declare -A undisturbed
"$launch" --ranks 1 --threads 1 train --data "$folder/data" --network "$folder/tiny.json" --run "$folder/net" --batch 8 --epochs 20 \
  --learning-rate 0.01 --quiet >"$folder/log" 2>&1
cp -L "$folder/net/checkpoints/latest.h5" "$folder/net.h5"
for kind in train class-models prepare; do
  begin=$SECONDS
  # shellcheck disable=SC2046
  "$launch" --ranks 1 --threads 1 $(command_of "$kind" "$folder/disk/undisturbed") >"$folder/log" 2>&1 || {
    fail "undisturbed $kind" && cat "$folder/log"
  }
  undisturbed[$kind]=$(result_of "$kind" "$folder/disk/undisturbed")
  echo "undisturbed $kind: $((SECONDS - begin)) s on one rank"
  [[ $kind != prepare ]] || says "1 truncated" "prepare"
  rm -rf "$folder/disk/undisturbed"
done

read -ra faults <<<"${FAULTS:-rank orted mpirun stop slow link disk slow-sync failed-sync hung-read away twice}"
read -ra kinds <<<"${JOBS:-train class-models prepare}"
for ((number = 1; number <= runs; number++)); do
  kind=${kinds[RANDOM % ${#kinds[@]}]} fault=${faults[(number - 1) % ${#faults[@]}]}
  # Class models read no pictures.
  [[ $kind != class-models || ! $fault =~ ^(hung-read|away)$ ]] || kind=train
  one_run "$number" "$kind" "$fault" $((RANDOM % 3 + 2))
done
[[ -z $(pgrep -f "$folder/" || true) ]] || fail "left running: $(pgrep -af "$folder/")"
finish_tests "fault runs"
