use std::ffi::OsString;
use std::num::NonZeroUsize;
use std::thread::available_parallelism;

use anyhow::{Result, bail};
use clap::Args;
use fer_artifact::with_causes;
use fer_pipeline::RunOptions;
use fer_pipeline::search::Search;
use fer_pipeline::sweep::{Cell, CellState, Indices, Sweep};

use super::board::Board;
use super::children::{Children, End};
use super::engines::job;
use super::refused::refused;
use super::search::{self, Workers};
use super::tables::Report;
use crate::clock::SystemClock;
use crate::commands::arguments::{ChainArgs, CheckpointArgs, ThreadArgs, VerbosityArgs, sweep_file};
use crate::commands::format::FormatArgs;
use crate::exit_status::ExitStatus;
use crate::interrupt::{self, Interrupt};
use crate::terminal::{Terminal, Verbosity, to_stderr};

#[derive(Debug, Args)]
#[command(mut_arg("file", sweep_file))]
#[command(after_help = "Examples:
  fer sweep run sweep.yaml --jobs 2
  fer sweep run sweep.yaml --index 3       run one cell, as in a job of a cluster (see fer sweep submit)
  fer sweep run sweep.yaml --index 0-3,7   run some cells
Each cell uses --threads threads (default: the cores divided by --jobs); results do not depend on either option.
Run the command again to continue after an interruption, or to print the table once all cells have run elsewhere.")]
pub(super) struct SweepRunArgs {
    #[command(flatten)]
    chain: ChainArgs,
    /// Run only these cells (first cell: 0), for instance 3, 0-3 or 0-3,7. On a file system whose locks other machines
    /// do not see, this is refused.
    #[arg(long, value_name = "CELLS")]
    index: Option<Indices>,
    /// Trust locks that hold on this machine alone: no other machine runs cells of this sweep, or trials of this search.
    #[arg(long)]
    one_machine: bool,
    /// Run N cells at the same time on this machine, and give each its share of the cores.
    #[arg(long, value_name = "N", default_value = "1")]
    jobs: NonZeroUsize,
    #[command(flatten)]
    threads: ThreadArgs,
    #[command(flatten)]
    checkpoints: CheckpointArgs,
    #[command(flatten)]
    format: FormatArgs,
    #[command(flatten)]
    verbosity: VerbosityArgs,
    /// Run the cell in this very process; the digest tells that it is the one that the caller means.
    #[arg(long, hide = true, value_name = "DIGEST", requires = "index")]
    as_child: Option<String>,
    /// Run the cells only if they are those that a job was written for.
    #[arg(long, hide = true, value_name = "DIGEST", requires = "index")]
    submitted: Option<String>,
    /// Print the table of all cells, whichever of them run.
    #[arg(long, hide = true, requires = "submitted")]
    whole_table: bool,
}

impl SweepRunArgs {
    pub(super) fn run(self) -> Result<ExitStatus> {
        if let Some(search) = self.chain.load_search()? {
            return self.search(&search);
        }
        let sweep = self.chain.load_sweep()?;
        let Some(indices) = &self.index else {
            return self.supervise(&sweep, &sweep.cells().iter().collect::<Vec<_>>());
        };
        let cells = indices.as_slice().iter().map(|index| sweep.cell(*index)).collect::<Result<Vec<_>, _>>()?;
        if let (Some(digest), [cell]) = (&self.as_child, &cells[..]) {
            return self.run_here(cell, digest);
        }
        if !self.one_machine {
            sweep.check_locks()?;
        }
        if let Some(digest) = &self.submitted
            && *digest != job::digest(&sweep, indices)?
        {
            let file = self.chain.file.display();
            bail!("{file}: cells {indices} are others than when this job was submitted: cancel it, and submit again");
        }
        self.supervise(&sweep, &cells)
    }

    /// The whole of a search.
    fn search(&self, search: &Search) -> Result<ExitStatus> {
        if self.index.is_some() {
            return refused(
                "--index is for a sweep with `matrix` or `seeds`: the trials of a search follow from one another; start \
                 `fer sweep run` on each machine instead",
            );
        }
        if !self.one_machine {
            search.check_locks()?;
        }
        let (jobs, verbosity) = (self.jobs.get(), self.verbosity.level());
        let workers = Workers { jobs, arguments: self.child_arguments(), threads: self.child_threads(jobs), verbosity };
        search::run(search, workers, &self.format)
    }

    /// The child's part.
    fn run_here(&self, cell: &Cell, digest: &str) -> Result<ExitStatus> {
        self.threads.apply()?;
        if cell.digest().to_string() != digest {
            bail!("{}: the file was changed while the sweep ran; run it again", self.chain.file.display());
        }
        let mut terminal = Terminal::new(Interrupt::watch()?.with_end_of_input(), self.verbosity.level());
        let options = RunOptions { checkpoint_every: self.checkpoints.every(), ..RunOptions::default() };
        cell.run(&options, &SystemClock::start(), &mut terminal)?;
        Ok(ExitStatus::Success)
    }

    /// The parent's part: all cells, and then the table.
    fn supervise(&self, sweep: &Sweep, cells: &[&Cell]) -> Result<ExitStatus> {
        let interrupt = Interrupt::watch()?;
        let failed = self.run_all(cells, &interrupt)?;
        if interrupt.is_asked() {
            to_stderr("error: interrupted; `fer sweep run` goes on from here");
            return Ok(interrupt::status());
        }
        let shown = match self.whole_table {
            true => sweep.cells().iter().map(Cell::status).collect(),
            false => cells.iter().map(|cell| cell.status()).collect(),
        };
        let report = Report::new(sweep, shown)?;
        self.format.print_with(&report, &[report.scores(sweep.names(), "")], &report.pooled())?;
        if failed > 0 {
            to_stderr(&format!("error: {failed} of {} cells failed", cells.len()));
        }
        Ok(ExitStatus::of(failed == 0))
    }

    /// Runs what is not fresh, each cell in a process of its own; gives how many failed.
    fn run_all(&self, cells: &[&Cell], interrupt: &Interrupt) -> Result<usize> {
        let jobs = self.jobs.get().min(cells.len());
        // Alone here, a cell still leaves others the cores that they need.
        let sharing = if self.index.is_some() { self.jobs.get() } else { jobs };
        let (mut children, mut failed) = (Children::new(self.child_arguments(), self.child_threads(sharing))?, 0);
        let mut board = Board::new(cells.len(), jobs, self.verbosity.level());
        let mut waiting = cells.iter().copied();
        loop {
            if interrupt.is_asked() {
                children.stop();
                waiting = cells[..0].iter().copied();
            }
            while children.len() < jobs
                && let Some(cell) = waiting.next()
            {
                if cell.status().state == CellState::Fresh {
                    board.tell(cell, "fresh");
                    board.ended(None);
                    continue;
                }
                match children.start(cell) {
                    Ok(()) => board.tell(cell, "runs"),
                    Err(refused) => {
                        failed += 1;
                        board.ended(None);
                        board.line(&format!("error: {}", with_causes(refused.as_ref())));
                    }
                }
            }
            if children.is_empty() {
                return Ok(failed);
            }
            board.update(children.running(), waiting.len());
            for (cell, end) in children.ended()? {
                failed += usize::from(end.is_failure());
                board.ended(if let End::Done { seconds } = end { Some(seconds) } else { None });
                match end {
                    End::Failed { .. } => board.line(&format!("cell {}  {}: {end}", cell.index, cell.name)),
                    _ => board.tell(cell, &end.to_string()),
                }
            }
        }
    }

    /// The chain and the options of a cell's process.
    fn child_arguments(&self) -> Vec<OsString> {
        let mut arguments = self.chain.arguments();
        arguments.extend(self.checkpoints.arguments().into_iter().map(OsString::from));
        arguments.extend((self.verbosity.level() == Verbosity::Verbose).then(|| "--verbose".into()));
        arguments
    }

    /// Threads of a cell's process when so many run at once.
    fn child_threads(&self, jobs: usize) -> usize {
        let cores = available_parallelism().map_or(1, NonZeroUsize::get);
        self.threads.threads.map_or((cores / jobs).max(1), usize::from)
    }
}
