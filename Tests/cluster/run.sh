#!/usr/bin/env bash
# Tests on an emulated cluster: ./launch.sh test --cluster. Each fault ends or is survived within seconds, with a message that names
# it, and the results are those of an undisturbed run.
set -euo pipefail

needs=()
# shellcheck source=Tests/cluster/begin.sh
source "$(dirname "${BASH_SOURCE[0]}")/begin.sh"
make_nodes 3 1gbit "$folder"
export OMPI_MCA_plm_rsh_agent=$folder/agent
# shellcheck source=Tests/cluster/jobs.sh
source "$here/jobs.sh"

training() { echo train $(training_options "$1"); } # RUN

make_tiny_data
echo "== 1 × 4, 2 × 2 and 4 × 1 ranks give the same bits"
train_undisturbed
start node1:2,node2:2 $(training two-by-two)
ended 60 0 "2 × 2 ranks"
same two-by-two "2 × 2 ranks"
start node1:4 $(training one-by-four)
ended 60 0 "1 × 4 ranks"
same one-by-four "1 × 4 ranks"

echo "== a killed rank is named, and the run goes on"
start node1:1,node2:1 --max-restarts 1 $(training killed)
training_is_going_on "$folder/killed"
kill -KILL $(ranks_on 2 killed)
ended 60 0 "killed rank"
# Of Open MPI 5 the other rank may be the first to see it.
says "rank 1 .*on node node2 exited on signal 9\|Peer host: *node2" "killed rank"
says "restart 1 of 1" "killed rank"
same killed "killed rank"

echo "== a stopped rank is named, and the run goes on"
start node1:1,node2:1 --max-restarts 1 $(training stopped)
training_is_going_on "$folder/stopped"
kill -STOP $(ranks_on 2 stopped)
ended 60 0 "stopped rank"
says "rank 1/2 on node2 has given no sign of life" "stopped rank"
same stopped "stopped rank"

echo "== a cut link ends the job; a spare host takes over"
start node1:1,node2:1,node3:1 --ranks 2 --max-restarts 1 $(training cut)
training_is_going_on "$folder/cut"
cut_link 2
ended 60 0 "cut link"
says "node2 does not answer and is left out" "cut link"
mend_link 2
same cut "cut link"

echo "== mpirun killed: nothing is left behind, and the run goes on"
start node1:1,node2:1 --max-restarts 1 $(training orphaned)
training_is_going_on "$folder/orphaned"
kill -KILL $(pgrep -f "^(mpirun|prterun) .*$folder/orphaned ")
ended 60 0 "mpirun killed"
same orphaned "mpirun killed"

echo "== class models: a killed rank loses nothing"
start node1:1,node2:1 --max-restarts 1 class-models --checkpoint "$folder/undisturbed/checkpoints/latest.h5" \
  --output "$folder/models" --iterations 3000 --batch 1
sleep 1.5
kill -KILL $(ranks_on 2 models) 2>/dev/null || true
ended 60 0 "class models"
[[ $(find "$folder/models" -name 's*.h5' | wc -l) == 3 ]] || fail "class models: $(ls "$folder/models")"

[[ -z $(pgrep -f "$folder/" || true) ]] || fail "left running: $(pgrep -af "$folder/")"
finish_tests "cluster tests"
