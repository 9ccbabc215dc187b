# The demonstration: ./launch.sh demo. Sourced by launch.sh, which sets `top` and `program`.
# shellcheck shell=bash

demo() {
  local output=demo
  if (($#)); then
    [[ $1 == --output && $# == 2 ]] || fail 2 "usage: ./launch.sh demo [--output DIR]"
    output=$2
  fi
  local start=$SECONDS checkpoint=$output/run/checkpoints/best.h5
  build
  train_demo "$output"
  step "drawing class models" --ranks 2 class-models --checkpoint "$checkpoint" --output "$output/class-models"
  step "drawing saliency maps" --ranks 2 saliency --checkpoint "$checkpoint" --images "$output/data/val" \
    --output "$output/saliency"
  step "localising the objects of one class" --ranks 2 localise --checkpoint "$checkpoint" \
    --images "$output/data/val/s00000001" --annotations "$output/data/Annotations" --output "$output/boxes"
  step "showing what excites conv5" --ranks 2 reconstruct --checkpoint "$checkpoint" \
    --images "$output/data/val/s00000001" --layer conv5 --units 4 --output "$output/units"
  cat <<END

Done in $((SECONDS - start)) s. Look at
  $output/run/report.html            loss, errors and filters of the training
  $output/class-models/index.html    what the network takes each class to be
  $output/saliency/index.html        where it looked in each picture
  $output/boxes/index.html           what it cuts out, knowing labels alone
  $output/units/index.html           what its units answer to
END
}

# Makes the pictures, trains the net, and measures its error, which must be below 10 %.
train_demo() { # FOLDER
  local found
  step "making pictures of 10 classes" synthesize --output "$1/data" --classes 10 --images-per-class 400 --size 128
  step "training on 2 ranks" --ranks 2 train --data "$1/data" --run "$1/run" --network cnn-f-64 \
    --epochs 16 --batch 32 --learning-rate 0.006 --schedule cosine
  found=$(step "measuring the error" --ranks 2 evaluate --checkpoint "$1/run/checkpoints/best.h5" --data "$1/data")
  printf '%s\n' "$found"
  [[ $found =~ top-1\ error\ [0-9]\.[0-9]+\ % ]] ||
    fail 1 "the demonstration's net must end below 10 % top-1 error, and it hasn't: $1/run/report.html shows its training"
}

step() { # TITLE [OPTIONS] COMMAND ...
  printf '\n== %s\n' "$1"
  "$top/launch.sh" "${@:2}"
}
