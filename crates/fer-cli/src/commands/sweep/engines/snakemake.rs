//! Snakemake: a Snakefile with a job for each group of cells, and the process that works it off.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use anyhow::Result;
use serde_json::json;

use super::job::{CELLS_SCRIPT, Job, TABLE, TABLE_SCRIPT, quoted, words};
use super::program;
use super::state::{TaskStates, of_process};

const SNAKEFILE: &str = "Snakefile";
const LOG: &str = "snakemake.log";

/// The files of the workflow.
pub(super) fn files(job: &Job) -> Vec<(&'static str, String)> {
    let [cells, table] = job.plain_scripts();
    vec![cells, table, (SNAKEFILE, snakefile(job))]
}

/// The workflow in Snakemake's language. Texts are written as in JSON, which Python reads alike; in a line of shell,
/// Snakemake replaces what stands in braces.
fn snakefile(job: &Job) -> String {
    let script = |name: &str| job.file(name).replace('{', "{{").replace('}', "}}");
    let (params, last) = (&job.params, job.tasks.len());
    let mut resources: Vec<String> =
        params.memory.iter().map(|memory| format!("mem_mb={}", memory.mebibytes())).collect();
    resources.extend(params.time.map(|time| format!("runtime={}", time.seconds().div_ceil(60))));
    resources.extend(params.partition.as_ref().map(|word| format!("slurm_partition={}", json!(word.as_str()))));
    resources.extend(params.account.as_ref().map(|word| format!("slurm_account={}", json!(word.as_str()))));
    let resources = match resources.is_empty() {
        true => String::new(),
        false => format!("    resources: {}\n", resources.join(", ")),
    };
    let cells = json!(format!("bash {} {{wildcards.task}}", script(CELLS_SCRIPT)));
    let table = json!(format!("bash {}", script(TABLE_SCRIPT)));
    format!(
        "# Written by fer sweep submit.
rule table:
    input: expand(\"done/{{task}}\", task=range({last}))
    output: {}
    shell: {table}

rule cells:
    output: touch(\"done/{{task}}\")
    threads: {}
{resources}    shell: {cells}
",
        json!(TABLE),
        params.cores.get(),
    )
}

fn arguments(job: &Job) -> Vec<String> {
    let folder = job.folder.to_string_lossy().into_owned();
    let snakefile = job.folder.join(SNAKEFILE).to_string_lossy().into_owned();
    let cores = job.params.at_once.map_or("all".to_owned(), |most| (most.get() * job.params.cores.get()).to_string());
    let own = ["--snakefile", &snakefile, "--directory", &folder, "--cores", &cores, "--keep-going"].map(str::to_owned);
    own.into_iter().chain(job.params.directives.iter().map(ToString::to_string)).collect()
}

/// What will be called.
pub(super) fn commands(job: &Job) -> Vec<String> {
    vec![format!("snakemake {} > {} 2>&1 &", words(&arguments(job)), quoted(&log(&job.folder).to_string_lossy()))]
}

fn log(folder: &Path) -> PathBuf {
    folder.join(LOG)
}

/// Starts the process; gives its number.
pub(super) fn start(job: &Job) -> Result<String> {
    let log = log(&job.folder);
    let process = program::start(OsStr::new("snakemake"), &arguments(job), &job.base, None, &log)?;
    Ok(process.to_string())
}

/// How the tasks stand: which of them runs, their run folders tell.
pub(super) fn states(folder: &Path, tasks: usize) -> TaskStates {
    of_process(program::is_running(&log(folder), folder), tasks)
}

/// Asks the process to stop, and all that it started.
pub(super) fn cancel(folder: &Path, id: &str) -> Result<()> {
    program::stop(id, folder)
}
