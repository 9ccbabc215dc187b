#!/usr/bin/env bash
# Kills a training at random moments, starts it again each time, and compares its end with that of an undisturbed run.
#   scripts/survive-kills.sh [KILLS] [EPOCHS]        10 kills of a run of 10 epochs
# Exits with 0 when values, velocity, progress and losses are the same, bit for bit. THREADS sets the threads (1).
set -euo pipefail

top=$(CDPATH='' cd -- "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
program=${DEEPINSIDE_PROGRAM:-$top/.build/release/deepinside}
kills=${1:-10} epochs=${2:-10}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
export OMP_NUM_THREADS=${THREADS:-1}

train() { # RUN
  exec "$program" train --data "$folder/data" --run "$folder/$1" --network cnn-f-64 --epochs "$epochs" --batch 32 \
    --learning-rate 0.005 --schedule cosine --checkpoint-every 1s --quiet
}

# What a checkpoint holds, without the line that names the file.
contents() { "$program" inspect "$folder/$1/checkpoints/latest.h5" | grep -v ' is whole$'; }
losses() { sed -n 's/.*"kind":"step".*"loss":\([^,]*\),.*"step":\([0-9]*\).*/\2 \1/p' "$folder/$1/metrics.jsonl"; }

"$program" synthesize --output "$folder/data" --classes 4 --images-per-class 400 --size 72 --quiet
start=$SECONDS
(train undisturbed)
seconds=$((SECONDS - start))
echo "undisturbed: $seconds s"

killed=0
while true; do
  (train killed) &
  pid=$!
  if ((killed < kills)); then
    # All kills together come within half of the run's time.
    sleep "$(awk -v s="$seconds" -v k="$kills" -v r="$RANDOM" 'BEGIN { print 0.3 + s / k * r / 32768 }')"
    if kill -KILL "$pid" 2>/dev/null; then
      wait "$pid" 2>/dev/null || true
      killed=$((killed + 1))
      newest=$(readlink "$folder/killed/checkpoints/latest.h5" || echo none)
      echo "kill $killed at step $(losses killed | tail -n 1 | cut -d ' ' -f 1); newest checkpoint $newest"
      continue
    fi
  fi
  wait "$pid"
  break
done

for what in contents losses; do
  diff <("$what" undisturbed) <("$what" killed) >"$folder/difference" || {
    echo "the $what differ after $killed kills:" && head -n 20 "$folder/difference" && exit 1
  }
done
echo "the same bits after $killed kills"
((killed == kills)) || { echo "the run ended before the other kills: give it more epochs" && exit 1; }
