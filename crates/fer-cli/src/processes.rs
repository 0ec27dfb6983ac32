//! The processes that `mpirun` or `srun` started together, which compute one training.

/// What a launcher says in the environment of each process: Open MPI's, MPICH's, and PMIx', which `srun --mpi=pmix` is.
#[cfg(feature = "mpi")]
const LAUNCHERS: [&str; 3] = ["OMPI_COMM_WORLD_SIZE", "PMI_SIZE", "PMIX_RANK"];

/// Whether a launcher started this process.
#[cfg(feature = "mpi")]
pub(crate) fn are_launched() -> bool {
    LAUNCHERS.iter().any(|name| said(name).is_some())
}

/// A program without MPI can be one process alone.
#[cfg(not(feature = "mpi"))]
pub(crate) fn refuse() -> anyhow::Result<()> {
    let counts = ["OMPI_COMM_WORLD_SIZE", "PMI_SIZE"].iter().filter_map(|name| said(name));
    let advice = "but this program is built without it: build it with `--features mpi`, see docs/scale.md";
    match (counts.filter_map(|count| count.parse::<usize>().ok()).max(), said("PMIX_RANK")) {
        (Some(count), _) if count > 1 => anyhow::bail!("started as {count} processes by MPI, {advice}"),
        // PMIx tells the number of this process alone, from 0.
        (None, Some(rank)) if rank != "0" => anyhow::bail!("started as process {rank} of several by MPI, {advice}"),
        _ => Ok(()),
    }
}

fn said(name: &str) -> Option<String> {
    #[expect(clippy::disallowed_methods, reason = "launchers speak by the environment")]
    std::env::var(name).ok()
}
