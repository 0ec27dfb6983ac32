# Sourced by slurm.sh and srun.sh: a Slurm of two nodes in this machine. Each node is a network namespace with a slurmd of its own.
# Needs root, Debian's slurm-wlm and iproute2. Everything lies below $cluster.

prefix=fer
net=10.77.0
nodes="n1 n2"
. "$here/network.sh"

conf() {
    cat <<END
ClusterName=fer
SlurmctldHost=$(hostname -s)($net.1)
AuthType=auth/none
CredType=cred/none
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SwitchType=switch/none
MpiDefault=none
SlurmUser=root
SlurmdUser=root
StateSaveLocation=$cluster/state
SlurmdSpoolDir=$cluster/spool-%n
SlurmctldPidFile=$cluster/slurmctld.pid
SlurmdPidFile=$cluster/slurmd-%n.pid
SlurmctldLogFile=$cluster/slurmctld.log
SlurmdLogFile=$cluster/slurmd-%n.log
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
SlurmdParameters=config_overrides
ReturnToService=2
SlurmdTimeout=15
KillWait=20
PreemptType=preempt/partition_prio
PreemptMode=REQUEUE
SchedulerParameters=sched_min_interval=200000,sched_interval=5,bf_interval=5
NodeName=n1 NodeAddr=$net.2 CPUs=1 RealMemory=1000
NodeName=n2 NodeAddr=$net.3 CPUs=1 RealMemory=1000
PartitionName=low Nodes=n1,n2 Default=YES PriorityTier=1 PreemptMode=REQUEUE
PartitionName=high Nodes=n1,n2 PriorityTier=10 PreemptMode=OFF
END
}

# Starts the daemon of a node. For Open MPI and PMIx, two nodes are two by their names, and have temporary files of their own. What PMIx
# leaves in the spool when a node dies would keep the same job from starting there again.
node_up() {
    rm -rf "$cluster/pmix-$1" "$cluster/spool-$1"/*pmix.*
    mkdir "$cluster/pmix-$1"
    nsenter --net="/run/netns/$(node_namespace "$1")" unshare --uts --mount sh -c \
        "hostname $1; mount --bind '$cluster/pmix-$1' '$cluster/pmix'; exec slurmd -N $1"
}

idle() { [ "$(sinfo --noheader --format=%D --states=idle --partition=low)" = 2 ]; }

cluster_up() {
    say "Slurm starts: $(slurmctld -V), nodes $nodes"
    mkdir -p "$cluster/state" "$cluster/spool-n1" "$cluster/spool-n2" "$cluster/pmix"
    export SLURM_CONF=$cluster/slurm.conf
    conf > "$SLURM_CONF"
    echo "PMIxCliTmpDirBase=$cluster/pmix" > "$cluster/mpi.conf"
    network_up
    slurmctld
    node_up n1
    node_up n2
    wait_for 30 "two idle nodes" idle
}

# restarted JOB TIMES
restarted() { scontrol show job "$1" | grep --quiet "Restarts=$2"; }
waits() { [ "$(squeue --noheader --array --jobs="$1" --format=%T)" = PENDING ]; }

# Slurm lets a job that was started again wait for two minutes, in case its node is ill. Some seconds it must wait: slurmd takes a start in
# the second of the end for one that was cancelled.
at_once() {
    wait_for 60 "job $1 waits" waits "$1"
    sleep 3
    scontrol update "JobId=$1" StartTime=now
}

# What Slurm says of itself, for whoever looks for what went wrong.
cluster_state() {
    squeue || true
    sinfo || true
    tail -n 20 "$cluster"/slurm*.log || true
}

cluster_down() {
    if [ -f "$cluster/slurmctld.pid" ]; then
        local pid
        pid=$(cat "$cluster/slurmctld.pid")
        # It saves its state first.
        if kill "$pid" 2> /dev/null; then timeout 10 tail --pid="$pid" -f /dev/null || true; fi
    fi
    network_down
}
