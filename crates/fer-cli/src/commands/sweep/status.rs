use anyhow::Result;
use clap::Args;
use fer_pipeline::sweep::{Cell, CellState};

use super::jobs::{jobs_section, with_jobs};
use super::search;
use super::tables::{Report, cells_section};
use crate::commands::arguments::{ChainArgs, sweep_file};
use crate::commands::format::FormatArgs;
use crate::exit_status::ExitStatus;

#[derive(Debug, Args)]
#[command(mut_arg("file", sweep_file))]
#[command(after_help = "Example:\n  fer sweep status sweep.yaml --md > sweep.md")]
pub(super) struct SweepStatusArgs {
    #[command(flatten)]
    chain: ChainArgs,
    #[command(flatten)]
    format: FormatArgs,
}

impl SweepStatusArgs {
    pub(super) fn run(self) -> Result<ExitStatus> {
        if let Some(search) = self.chain.load_search()? {
            return search::status(&search, &self.format);
        }
        let sweep = self.chain.load_sweep()?;
        let (cells, submitted) = with_jobs(&sweep, sweep.cells().iter().map(Cell::status).collect())?;
        let mut report = Report::new(&sweep, cells)?;
        report.jobs = submitted;
        let mut sections = vec![cells_section(sweep.names(), &report.cells)];
        sections.extend(jobs_section(&report.jobs));
        sections.push(report.scores(sweep.names(), "scores"));
        self.format.print_with(&report, &sections, &report.pooled())?;
        let all_fresh = report.cells.iter().all(|cell| cell.state == CellState::Fresh);
        Ok(ExitStatus::of(all_fresh))
    }
}
