# Sourced by nodes.sh and ranks.sh: nodes as network namespaces on a bridge. Needs root and iproute2.
# Before: prefix, of the names of bridge and namespaces; net, the first three bytes of the addresses; nodes, their names.

# node_namespace NODE
node_namespace() { echo "$prefix-$1"; }

network_up() {
    ip link add "$prefix-bridge" type bridge
    ip addr add "$net.1/24" dev "$prefix-bridge"
    ip link set "$prefix-bridge" up
    ip link set lo up
    local number=2 node space
    for node in $nodes; do
        space=$(node_namespace "$node")
        ip netns add "$space"
        ip link add "$space" type veth peer name eth0 netns "$space"
        ip link set "$space" master "$prefix-bridge" up
        ip -n "$space" addr add "$net.$number/24" dev eth0
        ip -n "$space" link set eth0 up
        ip -n "$space" link set lo up
        number=$((number + 1))
    done
}

# Kills whatever runs on a node, as a loss of power would.
node_down() {
    ip netns pids "$(node_namespace "$1")" | xargs --no-run-if-empty kill -9
}

network_down() {
    local node
    for node in $nodes; do
        node_down "$node" 2> /dev/null || true
        # A process that lingers keeps a namespace without a name, and the link with it.
        ip link del "$(node_namespace "$node")" 2> /dev/null || true
        ip netns del "$(node_namespace "$node")" 2> /dev/null || true
    done
    ip link del "$prefix-bridge" 2> /dev/null || true
}
