# Sourced by mpi.sh and benches/scale/measure.sh: mpirun over two nodes in this machine, each a network namespace.

prefix=ferm
net=10.78.0
nodes="m1 m2"
. "$here/network.sh"

# Reaches a node by its address, as ssh would; two nodes of one machine need names of their own to be two for Open MPI.
reach() {
    cat <<END
#!/bin/sh
case \$1 in
$net.2) node=m1 ;;
$net.3) node=m2 ;;
*) echo "no node \$1" >&2; exit 1 ;;
esac
shift
exec nsenter --net="/run/netns/$prefix-\$node" unshare --uts sh -c "hostname $prefix-\$node; \$*"
END
}

ranks_up() {
    cluster=$(mktemp -d)
    trap 'network_down; rm -rf "$cluster"' EXIT
    network_down
    network_up
    reach > "$cluster/reach"
    chmod +x "$cluster/reach"
    printf '%s slots=2\n%s slots=2\n' $net.2 $net.3 > "$cluster/hosts"
}

# ranks N COMMAND…: as N processes, in turns on the two nodes, over their network.
ranks() {
    local count=$1
    shift
    OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 mpirun -n "$count" --hostfile "$cluster/hosts" \
        --mca plm_rsh_agent "$cluster/reach" --mca btl tcp,self --mca btl_tcp_if_include $net.0/24 --mca oob_tcp_if_include $net.0/24 \
        --map-by node --bind-to none "$@"
}

# pids NODE: the processes of fer on a node, in the order of their start.
pids() {
    ip netns pids "$(node_namespace "$1")" | while read -r pid; do
        if [ "$(cat "/proc/$pid/comm" 2> /dev/null)" = "$(basename "$fer")" ]; then echo "$pid"; fi
    done
}
