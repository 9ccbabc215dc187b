# What the tests on emulated nodes have in common. Sourced; needs `folder` and DEEPINSIDE_PROGRAM.
# shellcheck shell=bash

failures=0 steps=600

fail() { # WHAT
  echo "FAILED: $*"
  failures=$((failures + 1))
}

# A set of 3 classes and a net of 10,115 parameters for it.
make_tiny_data() {
  "$DEEPINSIDE_PROGRAM" synthesize --output "$folder/data" --classes 3 --images-per-class 12 --size 40 --quiet
  cat >"$folder/tiny.json" <<'END'
{"name": "tiny", "input": [3, 32, 32], "layers": [
  {"name": "conv1", "type": "convolution", "filters": 8, "kernel": 5, "stride": 2, "padding": 0},
  {"name": "relu1", "type": "relu"}, {"name": "pool1", "type": "maxPooling", "window": 3, "stride": 2},
  {"name": "fc2", "type": "fullyConnected", "outputs": 24}, {"name": "relu2", "type": "relu"},
  {"name": "drop2", "type": "dropout", "probability": 0.5}, {"name": "fc3", "type": "fullyConnected", "outputs": 3}]}
END
}

# The options of a training that gives the same bits on 1, 2 and 4 ranks.
# The limit is above the six seconds after which mpirun itself notices a cut link: with an order to end under way it would not.
training_options() { # RUN
  echo --data "$folder/data" --network "$folder/tiny.json" --run "$folder/$1" --batch 8 --epochs 1000 --max-steps $steps \
    --learning-rate 0.001 --reduction exact --micro-batch 2 --checkpoint-every 50steps --stall-warning 2s --stall-limit 12s
}

# What a run has learnt: the checksums of its newest checkpoint.
learnt() { # RUN
  "$DEEPINSIDE_PROGRAM" inspect "$folder/$1/checkpoints/latest.h5" | grep -E '^digest|^progress|parameters|velocity'
}

# Trains undisturbed, on one rank.
train_undisturbed() {
  # shellcheck disable=SC2046  # several options
  "$launch" --ranks 1 --threads 1 train $(training_options undisturbed) >"$folder/log" 2>&1 || fail "one rank: $(cat "$folder/log")"
  undisturbed=$(learnt undisturbed)
  [[ $undisturbed == digest* ]] || fail "inspect shows no digest: $undisturbed"
}

same() { # RUN WHAT
  [[ $(learnt "$1") == "$undisturbed" ]] || fail "$2: the result differs from that of an undisturbed run"
}

# All is done: the last word, and the exit code.
finish_tests() { # NAME
  ((failures == 0)) || { echo "$1: $failures failed" && exit 1; }
  echo "$1 passed"
}
