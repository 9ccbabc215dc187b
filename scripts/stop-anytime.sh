#!/usr/bin/env bash
# Asks trainings to stop at random moments, from the first millisecond of launch.sh on, and looks whether they end as they say.
#   scripts/stop-anytime.sh [STOPS] [RANKS ...]      30 stops; 2, 3 and 4 ranks in turn
# Each must end with code 4, or 0 when it was done, within LIMIT seconds (60), and with a whole checkpoint of the last update that was
# made; or no update was made, and it says so. Every second run goes on with the one before. Exits with 1 when one ends otherwise.
#   LATEST=20              the latest moment, in seconds; with UPDATES as long as an undisturbed run takes
#   THREADS=1              of each rank
#   OPTIONS="..."          more options of train
#   UPDATES=20             runs of so many updates, each stopped once and gone on with: they must end as one that was never stopped
#   SLOW_DISK=2000         each fsync of the run's files takes so many milliseconds longer
#   DEEPINSIDE_PROGRAM=..  another build
set -euo pipefail

top=$(CDPATH='' cd -- "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
export DEEPINSIDE_PROGRAM=${DEEPINSIDE_PROGRAM:-$top/.build/release/deepinside}
stops=${1:-30}
shift || true
ranks=("$@")
((${#ranks[@]})) || ranks=(2 3 4)
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

if [[ -n ${SLOW_DISK:-} ]]; then
  cc -shared -fPIC -O1 "$top/Tests/cluster/faulty_disk.c" -o "$folder/faulty_disk.so" -ldl
  echo "slow $SLOW_DISK $folder/run/" >"$folder/fault"
  printf '#!/bin/bash\nexport FAULTY_DISK=%q LD_PRELOAD=%q\nexec -a "$0" %q "$@"\n' "$folder/fault" "$folder/faulty_disk.so" \
    "$DEEPINSIDE_PROGRAM" >"$folder/deepinside"
  chmod +x "$folder/deepinside"
  DEEPINSIDE_PROGRAM=$folder/deepinside
fi

launch() { # RANKS
  # shellcheck disable=SC2086 # several options
  exec "$top/launch.sh" --ranks "$1" --threads "${THREADS:-1}" train --data "$folder/data" --run "$folder/run" --network cnn-f \
    --batch 4 --epochs 1000 ${UPDATES:+--max-steps "$UPDATES"} --checkpoint-every 30min --learning-rate 1e-4 --quiet ${OPTIONS:-}
}

# What the run has learnt, as checksums.
outcome() { "$DEEPINSIDE_PROGRAM" inspect "$folder/run/checkpoints/latest.h5" | grep -E '^(digest|progress|parameters|velocity)'; }

# Goes on with the run to its end, which must be that of a run that was never stopped.
finish() { # RANKS
  (launch "$1") >"$folder/log" 2>&1 || echo "it doesn't go on: exit code $?"
  [[ $(outcome) == "${undisturbed[$1]}" ]] || echo "it ends with other bits than an undisturbed run"
}

heeds() { # PID: whether it handles SIGUSR1 by now
  local caught
  caught=$(sed -n 's/^SigCgt:[[:space:]]*//p' "/proc/$1/status" 2>/dev/null) || return 1
  [[ -n $caught ]] && ((0x$caught & 1 << 9))
}

last_update() { sed -n 's/.*"kind":"step".*"step":\([0-9]*\).*/\1/p' "$folder/run/metrics.jsonl" 2>/dev/null | tail -n 1 | grep . || echo 0; }
last_saved() {
  find "$folder/run/checkpoints" -name 'step-*.h5' 2>/dev/null | sed 's/.*step-0*\([0-9]*\)\.h5$/\1/' | sort -n | tail -n 1 | grep . || echo 0
}

# What is wrong with how the run has ended; nothing if nothing is.
judge() { # CODE SECONDS
  local made saved
  made=$(last_update) saved=$(last_saved)
  [[ $1 == 4 || $1 == 0 ]] || echo "exit code $1"
  ((unbounded || $2 <= ${LIMIT:-60})) || echo "it took $2 s to stop"
  [[ $made == "$saved" ]] || echo "update $made was made, the newest checkpoint is of $saved"
  if ((saved)); then
    "$DEEPINSIDE_PROGRAM" inspect "$folder/run/checkpoints/latest.h5" --quiet >/dev/null 2>&1 || echo "the checkpoint isn't whole"
    [[ $1 != 4 ]] || grep -Eq "step $saved([^0-9]|$)|no update was made|before any update" "$folder/log" || echo "it doesn't say that step $saved is saved"
  else
    [[ $1 != 4 ]] || grep -Eq 'no update was made|before any update' "$folder/log" || echo "it doesn't say that no update was made"
  fi
  ! grep -Eq 'corrupted|SIGSEGV|Segmentation|free\(\)|malloc' "$folder/log" || echo "the heap is damaged"
}

"$DEEPINSIDE_PROGRAM" synthesize --output "$folder/data" --classes 4 --images-per-class 10 --size 64 --quiet
declare -A undisturbed=() seconds=()
if [[ -n ${UPDATES:-} ]]; then
  for number in "${ranks[@]}"; do
    begin=$SECONDS
    (launch "$number") >"$folder/log" 2>&1 || { cat "$folder/log" && exit 1; }
    undisturbed[$number]=$(outcome) seconds[$number]=$((SECONDS - begin))
    echo "undisturbed on $number ranks: ${seconds[$number]} s"
    rm -rf "$folder/run"
  done
fi
wrong=0
for ((stop = 1; stop <= stops; stop++)); do
  number=${ranks[stop % ${#ranks[@]}]}
  ((stop % 2 == 0 && !${#undisturbed[@]})) || rm -rf "$folder/run"
  # A third of them in the first second, unless all that follows is of interest.
  latest=${LATEST:-${seconds[$number]:-20}}
  ((${#seconds[@]} || RANDOM % 3)) || latest=1
  moment=$(awk -v latest="$latest" -v r="$RANDOM" 'BEGIN { print latest * r / 32768 }')
  # After a start without an update the next one makes one before it stops, however long that takes.
  unbounded=0
  [[ ! -e $folder/run ]] || (($(last_update))) || unbounded=1
  (launch "$number") >"$folder/log" 2>&1 &
  pid=$!
  # Before the first line of a script nothing can be heard.
  until heeds "$pid" || ! kill -0 "$pid" 2>/dev/null; do sleep 0.001; done
  sleep "$moment"
  kill -USR1 "$pid" 2>/dev/null || true
  start=$SECONDS code=0
  wait "$pid" || code=$?
  problems=$(judge "$code" "$((SECONDS - start))")
  ends=$(last_update)/$(last_saved)
  ((${#undisturbed[@]} == 0)) || problems+=$(finish "$number")
  printf '%3d  %d ranks  %6.3f s  code %d  last update/saved %s  %s\n' "$stop" "$number" "$moment" "$code" "$ends" \
    "${problems:+WRONG: }${problems//$'\n'/; }"
  if [[ -n $problems ]]; then
    wrong=$((wrong + 1))
    sed 's/^/     /' "$folder/log" | tail -n 20
  fi
done
echo "$wrong of $stops ended otherwise than they should"
((wrong == 0))
