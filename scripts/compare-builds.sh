#!/usr/bin/env bash
# Makes the same packs and small results with two builds of the program on 1 and 2 ranks, and trainings on 4 ranks too, and compares them
# file by file.
#   scripts/compare-builds.sh OLD NEW [FOLDER]      two programs; a folder that keeps the pictures, the nets and the old results
# Results, tables, pages and pictures must have the same bytes. In summary.json seconds and rates don't count; in manifest.jsonl and
# summary.json of two ranks not the order. It exits with 1 when anything differs.
set -euo pipefail
export LC_ALL=C OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1

old=$(realpath "$1")
new=$(realpath "$2")
folder=${3:-$(mktemp -d)}
[ $# -ge 3 ] || trap 'rm -rf "$folder"' EXIT
mkdir -p "$folder"
folder=$(realpath "$folder")
data=$folder/data

if [ ! -e "$folder/made" ]; then
  "$old" synthesize --output "$data" --classes 7 --images-per-class 4 --size 96 --quiet
  "$old" train --data "$data" --run "$folder/small" --network cnn-f-64 --max-steps 12 --batch 8 --learning-rate 0.001 --quiet
  "$old" train --data "$data" --run "$folder/full" --network cnn-f --max-steps 1 --batch 4 --learning-rate 0.0001 --quiet
  touch "$folder/made"
fi
small=$folder/small/checkpoints/latest.h5
full=$folder/full/checkpoints/latest.h5
few=("$data/val/s00000001" "$data/val/s00000002")

# run PROGRAM RANKS COMMAND ...: shows what it says only when it fails.
run() {
  local program=$1 ranks=$2 log
  shift 2
  if [ "$ranks" = 1 ]; then set -- "$program" "$@" --threads 1; else
    set -- mpirun --oversubscribe -np "$ranks" "$program" "$@" --threads 1
  fi
  log=$("$@" --quiet 2>&1) || { echo "$*: failed with code $?"; echo "$log"; return 1; }
}

# trained PROGRAM RANKS NAME [OPTION ...]: NAME.h5, the checkpoint after 50 updates.
trained() {
  run "$1" "$2" train --data "$data" --run "$3" --network cnn-f-64 --max-steps 50 --epochs 20 --batch 8 --learning-rate 0.001 "${@:4}"
  cp -L "$3/checkpoints/latest.h5" "$3.h5"
  rm -r "$3"
}

# all PROGRAM RANKS: every training and every job, into the current folder.
all() {
  trained "$@" fast
  trained "$@" exact --reduction exact
  trained "$@" sharded --fully-connected sharded --micro-batch 2
  [ "$2" -le 2 ] || return 0
  run "$@" prepare --data "$data" --output pack --shorter-side 80
  run "$@" class-models --checkpoint "$small" --output models --iterations 6 --batch 4
  run "$@" class-models --checkpoint "$small" --output samples --iterations 4 --samples 2 --classes s00000001,s00000003 --mode paper
  run "$@" class-models --checkpoint "$small" --output units --iterations 4 --objective conv5:1,conv3:2@centre,score:s00000002+0.5*conv5:3
  run "$@" class-models --checkpoint "$full" --output full-models --iterations 2 --classes s00000001,s00000002,s00000003
  run "$@" saliency --checkpoint "$small" --images "$data/val" --output maps
  run "$@" saliency --checkpoint "$small" --images "$data/val" --output truth --class truth --crops 10 --method guided --overlay 0.5
  run "$@" saliency --checkpoint "$small" --images "${few[@]}" --output smooth --method smoothgrad --samples 3
  run "$@" saliency --checkpoint "$full" --images "${few[@]}" --output full-maps
  run "$@" localise --checkpoint "$small" --images "$data/val" --annotations "$data/Annotations" --output boxes
  run "$@" localise --checkpoint "$small" --images "$data/val" --annotations "$data/Annotations" --output centre --saliency boxes --box centre
  run "$@" localise --checkpoint "$small" --images "${few[@]}" --output threshold --box threshold --drop-maps --crops 1 --method guided
  run "$@" reconstruct --checkpoint "$small" --images "${few[@]}" --output units-of-pictures --layer conv5 --units 4
  run "$@" reconstruct --checkpoint "$small" --images "$data/val" --output top --layer conv1 --top 3
  run "$@" assess --checkpoint "$small" --images "$data/val" --annotations "$data/Annotations" --output assessment \
    --methods gradient,grad-cam --randomised 2
  # Drawn anew from what is kept, and in the same way once more.
  cp -r maps drawn-maps && "$1" gallery --results drawn-maps --overlay 0.4 --gamma 0.5 --quiet
  cp -r truth drawn-truth && "$1" gallery --results drawn-truth --colours inferno --quiet
  cp -r boxes drawn-boxes && "$1" gallery --results drawn-boxes --overlay 0.6 --contact-sheet --quiet
}

# comparable FILE: what must be the same of it.
comparable() {
  case $1 in
  */manifest.jsonl) sort "$1" ;;
  */summary.json) grep -vE '"(seconds|itemsPerSecond|backward|colourModels|cut|decode|forward|write)"' "$1" ;;
  *) cat "$1" ;;
  esac
}

code=0
for ranks in 1 2 4; do
  before=$folder/old-$ranks after=$folder/new-$ranks
  if [ ! -e "$before/made" ]; then
    rm -rf "$before" && mkdir -p "$before"
    (cd "$before" && all "$old" "$ranks" && touch made)
  fi
  rm -rf "$after" && mkdir -p "$after"
  (cd "$after" && all "$new" "$ranks" && touch made)
  count=0
  while IFS= read -r file; do
    count=$((count + 1))
    if [ ! -e "$before/$file" ] || [ ! -e "$after/$file" ]; then
      echo "$ranks ranks: $file is in one of the two only" && code=1
    elif ! cmp -s <(comparable "$before/$file") <(comparable "$after/$file"); then
      echo "$ranks ranks: $file differs" && code=1
    fi
  done < <({ cd "$before" && find . -type f && cd "$after" && find . -type f; } | sort -u)
  echo "$ranks ranks: $count files compared"
done
[ "$code" = 0 ] && echo "no difference"
exit "$code"
