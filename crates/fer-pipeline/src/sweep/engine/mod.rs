//! `engine`: what runs the cells of a sweep, and what it gives to each job.

mod job;
mod quantities;

use std::fmt;

use fer_artifact::Count;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use job::{CellJob, JobState};
pub use quantities::{Memory, TimeLimit, Word};

/// A program that starts the cells of a sweep.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Engine {
    /// An array of jobs by `sbatch`.
    Slurm,
    /// A job of HyperQueue, by `hq`.
    HyperQueue,
    /// A Snakefile, run by `snakemake`.
    Snakemake,
    /// Processes on this machine.
    Local,
}

impl Engine {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Slurm, Self::HyperQueue, Self::Snakemake, Self::Local];

    /// As it is written.
    pub const fn name(self) -> &'static str {
        match self {
            Engine::Slurm => "slurm",
            Engine::HyperQueue => "hyperqueue",
            Engine::Snakemake => "snakemake",
            Engine::Local => "local",
        }
    }
}

impl fmt::Display for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// What runs the cells, and what it gives to each job. None of it changes a number.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct EngineParams {
    /// What starts the jobs.
    #[schemars(extend("examples" = ["slurm"]))]
    pub name: Option<Engine>,
    /// Cores of a job; its cells run one after the other, each on all of them.
    pub cores: Count,
    /// Memory of a job, as `8G` or `500M`; without it, what the engine gives.
    pub memory: Option<Memory>,
    /// Longest time of a job as Slurm writes it: minutes, minutes:seconds, hours:minutes:seconds, days-hours, with
    /// :minutes:seconds if you like. Without it, what the engine gives.
    pub time: Option<TimeLimit>,
    /// Partition of the cluster, of Slurm.
    #[schemars(extend("examples" = ["cpu"]))]
    pub partition: Option<Word>,
    /// Account that pays, of Slurm.
    #[schemars(extend("examples" = ["lab7"]))]
    pub account: Option<Word>,
    /// Cells of a job, one after the other: more than one where cells are short.
    pub cells_per_job: Count,
    /// Jobs that run at the same time at most; without it, as many as the engine starts.
    #[schemars(extend("examples" = [4]))]
    pub at_once: Option<Count>,
    /// Further options of the engine's program, each as on its command line.
    #[schemars(extend("examples" = [["--constraint=avx512"]]))]
    pub directives: Vec<Word>,
}

impl Default for EngineParams {
    fn default() -> Self {
        let one = Count::of(1);
        Self {
            name: None,
            cores: one,
            memory: None,
            time: None,
            partition: None,
            account: None,
            cells_per_job: one,
            at_once: None,
            directives: vec![],
        }
    }
}
