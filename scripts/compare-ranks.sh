#!/usr/bin/env bash
# Trains the same small net on 1, 2 and 4 ranks, and compares the losses of all updates.
#   scripts/compare-ranks.sh [STEPS]      200 updates
# Under --reduction exact they must be the same to the last digit: else it exits with 1. Those of --reduction fast are shown: sums
# over ranks round in another order, and training itself amplifies that from update to update.
set -euo pipefail
export LC_ALL=C # sort and join must agree on the order

top=$(CDPATH='' cd -- "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
steps=${1:-200}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

losses() { sed -n 's/.*"kind":"step".*"loss":\([^,]*\),.*"step":\([0-9]*\).*/\2 \1/p' "$folder/$1/metrics.jsonl" | sort; }

"$top/launch.sh" synthesize --output "$folder/data" --classes 4 --images-per-class 100 --size 72 --quiet
for reduction in exact fast; do
  for ranks in 1 2 4; do
    "$top/launch.sh" --ranks "$ranks" --threads 1 train --data "$folder/data" --run "$folder/$reduction-$ranks" \
      --network cnn-f-64 --epochs 1000 --max-steps "$steps" --batch 32 --learning-rate 0.001 --schedule constant \
      --reduction "$reduction" --quiet
  done
done
code=0
for reduction in exact fast; do
  for ranks in 2 4; do
    join <(losses "$reduction-1") <(losses "$reduction-$ranks") | awk -v name="$reduction, $ranks ranks" -v steps="$steps" '
      { d = ($3 - $2) / $2; if (d < 0) d = -d; if (d > most) { most = d; at = $1 } n++ }
      END {
        printf "%s: %d updates, largest relative difference to one rank %.2e (update %d)\n", name, n, most, at
        exit !(n == steps && (most == 0 || name ~ /fast/))
      }' || code=1
  done
done
exit "$code"
