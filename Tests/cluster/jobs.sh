# Jobs on emulated nodes, started by launch.sh on node 1. Sourced after nodes.sh and checks.sh; needs `folder` and `launch`.
# shellcheck shell=bash

# Runs a command in the background on node 1, its output in $folder/log.
start() { # HOSTS [OPTIONS] COMMAND ...
  on_node 1 "$launch" --interface eth0 --threads 1 --hosts "$@" >"$folder/log" 2>&1 &
  job=$!
}

# Waits for it at most SECONDS.
ended() { # SECONDS CODE WHAT
  local deadline=$((SECONDS + $1)) code=0
  while kill -0 "$job" 2>/dev/null && ((SECONDS < deadline)); do sleep 0.1; done
  if kill -0 "$job" 2>/dev/null; then
    fail "$3: still running after $1 s"
    kill "$job"
    wait "$job" || true
    sed 's/^/  /' "$folder/log"
    return
  fi
  wait "$job" || code=$?
  if ((code != $2)); then
    fail "$3: exit code $code, expected $2"
    sed 's/^/  /' "$folder/log"
  fi
}

says() { # PATTERN WHAT
  # Open MPI 5 breaks its lines at 78 characters.
  grep -q -- "$1" < <(tr '\n' ' ' <"$folder/log") || { fail "$2: no '$1' in" && sed 's/^/  /' "$folder/log"; }
}

# Waits until training has written a checkpoint of its own.
training_is_going_on() { # RUN
  local deadline=$((SECONDS + 60))
  while [[ ! -e $1/checkpoints/latest.h5 ]] && ((SECONDS < deadline)); do sleep 0.05; done
  [[ -e $1/checkpoints/latest.h5 ]] || { fail "no checkpoint in $1 after 60 s" && sed 's/^/  /' "$folder/log"; }
}

# The processes of the program whose arguments contain a text, on a node.
ranks_on() { # NODE TEXT
  local pid
  for pid in $(pgrep -f "^$DEEPINSIDE_PROGRAM .*$2"); do
    [[ $(readlink "/proc/$pid/ns/net") != "net:[$(stat -L -c %i "/run/netns/$nodes_prefix-$1")]" ]] || echo "$pid"
  done
}
