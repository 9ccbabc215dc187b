#!/usr/bin/env bash
# Trains the same small net on 1, 2 and 4 ranks, and compares the losses of all updates. A low rate and direct convolution: at higher
# ones training itself amplifies the rounding of sums in another order, whatever their source.
#   scripts/compare-ranks.sh [STEPS] [TOLERANCE]      200 updates, 1e-3 relative
set -euo pipefail
export LC_ALL=C # sort and join must agree on the order

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
steps=${1:-200} tolerance=${2:-1e-3}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

losses() { sed -n 's/.*"kind":"step".*"loss":\([^,]*\),.*"step":\([0-9]*\).*/\2 \1/p' "$folder/$1/metrics.jsonl"; }

"$top/launch.sh" synthesize --output "$folder/data" --classes 4 --images-per-class 100 --size 72 --quiet
for ranks in 1 2 4; do
  "$top/launch.sh" --ranks "$ranks" --threads 1 train --data "$folder/data" --run "$folder/$ranks" --network cnn-f-64 \
    --epochs 1000 --max-steps "$steps" --batch 32 --learning-rate 0.001 --schedule constant --convolution direct --quiet
done
for ranks in 2 4; do
  join <(losses 1 | sort) <(losses "$ranks" | sort) | awk -v ranks="$ranks" -v tolerance="$tolerance" -v steps="$steps" '
    { d = ($3 - $2) / $2; if (d < 0) d = -d; if (d > most) { most = d; at = $1 } n++ }
    END {
      printf "%d ranks: %d updates, largest relative difference %.2e (update %d)\n", ranks, n, most, at
      exit !(n == steps && most <= tolerance)
    }'
done
