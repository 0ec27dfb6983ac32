//! Arguments that several commands share.

use std::ffi::OsString;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Result, bail};
use clap::{Arg, Args};
use fer_artifact::names::MODEL;
use fer_pipeline::compare::Run;
use fer_pipeline::search::Search;
use fer_pipeline::sweep::Sweep;
use fer_pipeline::{CheckpointEvery, Pipeline, RunOptions, Selection, StageKind, StageName};
use fer_predict::ModelSource;

use crate::terminal::Verbosity;

/// Which chain, and with which changes.
#[derive(Debug, Args)]
pub(super) struct ChainArgs {
    /// The pipeline file; or a run folder, for the parameters that its run was last started with.
    #[arg(default_value = "pipeline.yaml", value_name = "FILE|RUN")]
    pub(super) file: PathBuf,
    /// Set a parameter to a YAML value, as in `--set train.epochs=5`; may be repeated.
    #[arg(long = "set", value_name = "STAGE.PATH=VALUE")]
    pub(super) overrides: Vec<String>,
    /// Use this run folder in place of the file's `run_dir`.
    #[arg(long, value_name = "DIR")]
    pub(super) run_dir: Option<PathBuf>,
}

impl ChainArgs {
    /// The search of a file that has one.
    pub(super) fn load_search(&self) -> Result<Option<Search>> {
        Ok(Search::load(&self.file, &self.overrides, self.run_dir.as_deref())?)
    }

    /// The arguments that say this, for another process in the same folder.
    pub(super) fn arguments(&self) -> Vec<OsString> {
        let overrides = self.overrides.iter().flat_map(|over| ["--set".into(), over.into()]);
        let run_dir = self.run_dir.iter().flat_map(|path| ["--run-dir".into(), path.into()]);
        std::iter::once(self.file.clone().into()).chain(overrides).chain(run_dir).collect()
    }

    pub(super) fn load_sweep(&self) -> Result<Sweep> {
        Ok(Sweep::load(&self.file, &self.overrides, self.run_dir.as_deref())?)
    }
}

/// The file of [`ChainArgs`] where it must be a sweep's: a run folder is that of one run.
pub(super) fn sweep_file(argument: Arg) -> Arg {
    argument.value_name("FILE").help("The pipeline file, with `matrix`, `seeds`, `fold: all` or `search`")
}

/// The same where a search is none.
pub(super) fn cells_file(argument: Arg) -> Arg {
    argument.value_name("FILE").help("The pipeline file, with `matrix`, `seeds` or `fold: all`")
}

/// A chain, or a cell of a sweep, which is one.
#[derive(Debug, Args)]
pub(super) struct PipelineArgs {
    #[command(flatten)]
    pub(super) chain: ChainArgs,
    /// Use cell K of a sweep file (first cell: 0).
    #[arg(long, value_name = "K")]
    pub(super) cell: Option<usize>,
}

impl PipelineArgs {
    pub(super) fn load(&self) -> Result<Pipeline> {
        let ChainArgs { file, overrides, run_dir } = &self.chain;
        Ok(match self.cell {
            None => Pipeline::load(file, overrides, run_dir.as_deref())?,
            Some(index) => self.chain.load_sweep()?.into_pipeline(index)?,
        })
    }
}

/// Where a model is found: in a run folder, the file of its last training.
pub(super) fn model_source(path: &Path) -> Result<ModelSource> {
    if !path.is_dir() {
        return Ok(ModelSource::of(path)?);
    }
    let run = Run::read(path)?;
    let training = *run.trainings.last().unwrap_or(&StageKind::Train.into());
    let file = path.join(training.as_str()).join(MODEL);
    match file.is_file() {
        true => Ok(ModelSource::File(file)),
        false => bail!("{}: expected a run with a trained model, found none: {}", path.display(), run.state),
    }
}

/// Where several models are found; of none, the default.
pub(super) fn model_sources(paths: &[PathBuf]) -> Result<Vec<ModelSource>> {
    match paths {
        [] => Ok(vec![ModelSource::DEFAULT]),
        paths => paths.iter().map(|path| model_source(path)).collect(),
    }
}

/// How much of a run is shown on standard error.
#[derive(Debug, Clone, Copy, Args)]
pub(super) struct VerbosityArgs {
    /// Show errors alone.
    #[arg(long, short, conflicts_with = "verbose")]
    quiet: bool,
    /// Show checkpoints and outputs with their digests, too.
    #[arg(long, short)]
    verbose: bool,
}

impl VerbosityArgs {
    pub(super) fn level(self) -> Verbosity {
        match (self.quiet, self.verbose) {
            (true, _) => Verbosity::Quiet,
            (_, true) => Verbosity::Verbose,
            _ => Verbosity::Normal,
        }
    }
}

/// Which stages of the chain.
#[derive(Debug, Args)]
pub(super) struct SelectionArgs {
    /// Run only this stage.
    #[arg(long, value_name = "STAGE", conflicts_with = "from")]
    pub(super) only: Option<StageName>,
    /// Run this stage and the stages after it; take the outputs of earlier stages as they are.
    #[arg(long, value_name = "STAGE")]
    pub(super) from: Option<StageName>,
    /// Run the selected stages even if they are fresh.
    #[arg(long)]
    pub(super) force: bool,
}

impl SelectionArgs {
    pub(super) fn options(&self) -> RunOptions {
        let selection = match (self.only, self.from) {
            (Some(stage), _) => Selection::Only(stage),
            (None, Some(stage)) => Selection::From(stage),
            (None, None) => Selection::All,
        };
        RunOptions { selection, force: self.force, ..RunOptions::default() }
    }
}

/// When a training writes checkpoints. They change no number, so they are no parameters of a stage.
#[derive(Debug, Args)]
pub(super) struct CheckpointArgs {
    /// Seconds between training checkpoints.
    #[arg(long, value_name = "S", default_value = "60", value_parser = seconds)]
    pub(super) checkpoint_seconds: Duration,
    /// Epochs between training checkpoints, besides the seconds.
    #[arg(long, value_name = "N")]
    pub(super) checkpoint_epochs: Option<NonZeroUsize>,
}

impl CheckpointArgs {
    pub(super) fn every(&self) -> CheckpointEvery {
        CheckpointEvery { epochs: self.checkpoint_epochs, time: self.checkpoint_seconds }
    }

    /// The arguments that say this, for another process.
    pub(super) fn arguments(&self) -> Vec<String> {
        let seconds = self.checkpoint_seconds.as_secs_f64().to_string();
        let epochs = self.checkpoint_epochs.map(|epochs| ["--checkpoint-epochs".to_owned(), epochs.to_string()]);
        ["--checkpoint-seconds".to_owned(), seconds].into_iter().chain(epochs.into_iter().flatten()).collect()
    }
}

fn seconds(text: &str) -> Result<Duration, String> {
    let seconds: Option<f64> = text.parse().ok();
    let duration = seconds.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    duration.ok_or_else(|| "expected a number of seconds from 0".to_owned())
}

/// How many threads work.
#[derive(Debug, Args)]
pub(super) struct ThreadArgs {
    /// Threads to use (default: one a core). Reading CSV files follows POLARS_MAX_THREADS instead.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    pub(super) threads: Option<u16>,
}

impl ThreadArgs {
    /// Sets up the pool that all crates share, but for polars, whose pool only a variable of the environment sizes:
    /// to set that from within would be unsafe.
    pub(super) fn apply(&self) -> Result<()> {
        if let Some(threads) = self.threads {
            rayon::ThreadPoolBuilder::new().num_threads(threads.into()).build_global()?;
        }
        Ok(())
    }
}
