use anyhow::Result;
use clap::Args;
use fer_artifact::counted;
use fer_pipeline::sweep::CellPlan;

use super::refused::refused;
use super::search;
use super::tables::plan_table;
use crate::commands::arguments::{ChainArgs, sweep_file};
use crate::commands::format::{FormatArgs, Section};
use crate::exit_status::ExitStatus;
use crate::output::print;

#[derive(Debug, Args)]
#[command(mut_arg("file", sweep_file))]
#[command(after_help = "Examples:
  fer sweep plan sweep.yaml
  fer sweep plan sweep.yaml --indices | xargs -P 2 -I{} fer sweep run sweep.yaml --index {} --jobs 2")]
pub(super) struct SweepPlanArgs {
    #[command(flatten)]
    chain: ChainArgs,
    #[command(flatten)]
    format: FormatArgs,
    /// Print only the indices of the cells that are not fresh, one a line.
    #[arg(long, conflicts_with_all = ["json", "md"])]
    indices: bool,
}

impl SweepPlanArgs {
    pub(super) fn run(self) -> Result<ExitStatus> {
        if let Some(search) = self.chain.load_search()? {
            if self.indices {
                return refused(
                    "--indices is for a sweep with `matrix` or `seeds`: the trials of a search follow from one another",
                );
            }
            return search::plan(&search, &self.format);
        }
        let sweep = self.chain.load_sweep()?;
        let plan = sweep.plan()?;
        if self.indices {
            for cell in plan.iter().filter(|cell| !cell.is_fresh()) {
                print(format_args!("{}\n", cell.index))?;
            }
            return Ok(ExitStatus::Success);
        }
        let sections = [Section { title: String::new(), table: plan_table(sweep.names(), &plan), empty: "" }];
        self.format.print(&plan, &sections, &note(&plan))?;
        Ok(ExitStatus::Success)
    }
}

fn note(plan: &[CellPlan]) -> String {
    let stages = || plan.iter().flat_map(|cell| &cell.stages);
    let fresh = stages().filter(|planned| planned.step.reasons.is_empty()).count();
    let shared = stages().filter(|planned| planned.same_as.is_some()).count();
    let all = stages().count();
    let (cells, stages) = (counted(plan.len(), "cell"), counted(all, "stage"));
    format!("{cells}, {stages}: {fresh} fresh, {shared} shared, {} to run", all - fresh - shared)
}
