# Nodes of an emulated cluster: each a network and a UTS namespace with a host name of its own, on a bridge with links of a limited
# rate. Sourced; needs root, ip, tc and nsenter.
# shellcheck shell=bash

nodes_prefix=di$$
nodes_folder=''

nodes_possible() {
  local tool
  for tool in ip tc nsenter unshare; do command -v "$tool" >/dev/null || { echo "there is no $tool" && return 1; }; done
  ((EUID == 0)) || { echo "only root may make namespaces" && return 1; }
  ip netns add "$nodes_prefix-try" 2>/dev/null || { echo "this machine does not allow network namespaces" && return 1; }
  ip netns del "$nodes_prefix-try"
  unshare --uts true 2>/dev/null || { echo "this machine does not allow UTS namespaces" && return 1; }
}

make_nodes() { # COUNT RATE FOLDER
  local number name
  nodes_folder=$3
  ip netns add "$nodes_prefix-bridge"
  ip -n "$nodes_prefix-bridge" link add bridge type bridge
  ip -n "$nodes_prefix-bridge" link set bridge up
  for ((number = 1; number <= $1; number++)); do
    name=$nodes_prefix-$number
    ip netns add "$name"
    ip -n "$name" link set lo up
    ip -n "$name" link add eth0 type veth peer name "port$number" netns "$nodes_prefix-bridge"
    ip -n "$name" addr add "10.77.0.$number/24" dev eth0
    ip -n "$name" link set eth0 up
    ip -n "$nodes_prefix-bridge" link set "port$number" master bridge up
    tc -n "$name" qdisc add dev eth0 root tbf rate "$2" burst 256kb latency 50ms
    tc -n "$nodes_prefix-bridge" qdisc add dev "port$number" root tbf rate "$2" burst 256kb latency 50ms
    # The file keeps the UTS namespace alive.
    : >"$nodes_folder/uts-node$number"
    unshare --uts="$nodes_folder/uts-node$number" hostname "node$number"
  done
  # What mpirun uses in the place of ssh.
  cat >"$nodes_folder/agent" <<END
#!/bin/sh
host=\$1
shift
# As ssh would: a closed port answers at once, a lost host never.
timeout 2 bash -c ": >/dev/tcp/10.77.0.\${host#node}/1" 2>/dev/null
[ \$? != 124 ] || exit 255
exec nsenter --net=/run/netns/$nodes_prefix-\${host#node} --uts=$nodes_folder/uts-\$host -- sh -c "\$*"
END
  chmod +x "$nodes_folder/agent"
}

on_node() { # NUMBER COMMAND ...
  nsenter --net="/run/netns/$nodes_prefix-$1" --uts="$nodes_folder/uts-node$1" -- "${@:2}"
}

cut_link() { ip -n "$nodes_prefix-bridge" link set "port$1" down; } # NUMBER
mend_link() { ip -n "$nodes_prefix-bridge" link set "port$1" up; }

# Ends whatever runs on the nodes: first asked, then killed.
end_processes_on_nodes() {
  local name signal deadline
  for signal in TERM KILL; do
    deadline=$((SECONDS + 3))
    while [[ -n $(processes_on_nodes) ]] && ((SECONDS < deadline)); do
      # shellcheck disable=SC2046  # several
      kill -s "$signal" $(processes_on_nodes) 2>/dev/null || true
      sleep 0.2
    done
  done
}

processes_on_nodes() {
  local name
  for name in $(node_namespaces); do ip netns pids "$name"; done
}

node_namespaces() { ip netns list | awk '{ print $1 }' | grep "^$nodes_prefix-" || true; }

# And whatever is mounted in their folder.
remove_nodes() {
  local name file
  end_processes_on_nodes
  for name in $(node_namespaces); do ip netns del "$name"; done
  [[ -d $nodes_folder ]] || return 0
  for file in $(awk -v folder="$nodes_folder/" 'index($2, folder) == 1 { print $2 }' /proc/mounts); do umount "$file"; done
}
