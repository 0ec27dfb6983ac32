use std::ffi::{OsStr, OsString};
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow, bail};
use clap::Args;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use fer_artifact::{Count, counted, write_owned};
use fer_pipeline::sweep::engine::{Engine, EngineParams, Memory, TimeLimit, Word};
use fer_pipeline::sweep::{CellState, Indices, Sweep};

use super::engines::answer::Answer;
use super::engines::job::{self, Job, TABLE, Task};
use super::engines::submission::{Submission, hold, next};
use super::engines::{commands, files, problem_of_folder, problem_of_time, start, start_table, unused};
use super::jobs::{Asked, job_of};
use super::refused::refused;
use crate::commands::arguments::{ChainArgs, CheckpointArgs, cells_file};
use crate::exit_status::ExitStatus;
use crate::output::print;
use crate::terminal::to_stderr;

#[derive(Debug, Args)]
#[command(mut_arg("file", cells_file))]
#[command(after_help = "Examples:
  fer sweep submit sweep.yaml --engine slurm --partition cpu --time 4:00:00 --cores 4
  fer sweep submit sweep.yaml --engine slurm --dry-run     show the job files and calls; do nothing
  fer sweep submit sweep.yaml --engine local --at-once 2   run in the background of this machine
The block `engine` of the file holds the same settings; an option goes before it. `fer sweep status` then shows cells and
jobs, `fer sweep cancel` stops them. Cells that wait or run in jobs already are not submitted again.")]
pub(super) struct SweepSubmitArgs {
    #[command(flatten)]
    chain: ChainArgs,
    #[command(flatten)]
    engine: EngineArgs,
    #[command(flatten)]
    checkpoints: CheckpointArgs,
    /// Print the job files and the calls that would submit them; do nothing.
    #[arg(long)]
    dry_run: bool,
}

/// What goes before the block `engine` of the file.
#[derive(Debug, Args)]
struct EngineArgs {
    /// Run the cells by this engine.
    #[arg(long, value_name = "ENGINE", value_parser = PossibleValuesParser::new(Engine::ALL.map(Engine::name))
        .map(|name| Engine::ALL.into_iter().find(|engine| engine.name() == name).expect("one of them")))]
    engine: Option<Engine>,
    /// Use this partition of the cluster.
    #[arg(long, value_name = "NAME")]
    partition: Option<Word>,
    /// Charge this account.
    #[arg(long, value_name = "NAME")]
    account: Option<Word>,
    /// End each job after this time, as Slurm writes it: minutes, minutes:seconds, hours:minutes:seconds, days-hours, with
    /// :minutes:seconds if you like. A training writes its checkpoint before.
    #[arg(long, value_name = "TIME")]
    time: Option<TimeLimit>,
    /// Give each job this memory, as 8G or 500M.
    #[arg(long, value_name = "SIZE")]
    memory: Option<Memory>,
    /// Give each job N cores.
    #[arg(long, value_name = "N", value_parser = count)]
    cores: Option<Count>,
    /// Run N cells in each job, one after the other.
    #[arg(long, value_name = "N", value_parser = count)]
    cells_per_job: Option<Count>,
    /// Run at most N jobs at the same time.
    #[arg(long, value_name = "N", value_parser = count)]
    at_once: Option<Count>,
    /// Pass an option on to the engine, as in --directive=--constraint=avx512; may be repeated.
    #[arg(long = "directive", value_name = "OPTION", allow_hyphen_values = true)]
    directives: Vec<Word>,
}

fn count(text: &str) -> Result<Count, String> {
    text.parse().ok().and_then(Count::new).ok_or_else(|| "expected a whole number from 1".to_owned())
}

impl EngineArgs {
    /// The file's parameters with those of the command line.
    fn over(self, file: &EngineParams) -> EngineParams {
        EngineParams {
            name: self.engine.or(file.name),
            cores: self.cores.unwrap_or(file.cores),
            memory: self.memory.or(file.memory),
            time: self.time.or(file.time),
            partition: self.partition.or_else(|| file.partition.clone()),
            account: self.account.or_else(|| file.account.clone()),
            cells_per_job: self.cells_per_job.unwrap_or(file.cells_per_job),
            at_once: self.at_once.or(file.at_once),
            directives: file.directives.iter().cloned().chain(self.directives).collect(),
        }
    }
}

impl SweepSubmitArgs {
    pub(super) fn run(self) -> Result<ExitStatus> {
        let sweep = self.chain.load_sweep()?;
        let is_own_time = self.engine.time.is_some();
        let params = self.engine.over(sweep.engine());
        let Some(engine) = params.name else {
            let names = Engine::ALL.map(Engine::name).join(", ");
            let message = format!("expected an engine, by --engine or as `engine: {{name: …}}` of the file: {names}");
            return refused(&format!("{}: {message}", self.chain.file.display()));
        };
        let jobs = std::path::absolute(sweep.jobs_dir())?;
        if let Some(problem) = problem_of_folder(engine, &jobs) {
            return refused(&problem);
        }
        match problem_of_time(engine, &params) {
            Some(problem) if is_own_time => return refused(&format!("--time: {problem}")),
            Some(problem) => return Err(sweep.engine_problem("time", problem).into()),
            None => {}
        }
        let unused = unused(engine, &params);
        for name in &unused {
            to_stderr(&format!("note: engine {engine} does not use `{name}`"));
        }
        let each = if unused.contains(&"cells_per_job") { 1 } else { params.cells_per_job.get() };
        let held = if self.dry_run { None } else { Some(hold(&jobs)?) };
        if engine != Engine::Local && held.is_some() {
            sweep.check_locks()?;
        }
        let cells = remaining(&sweep)?;
        if cells.is_empty() {
            print(format_args!("every cell is fresh, or waits or runs in a job\n"))?;
            return Ok(ExitStatus::Success);
        }
        let job = Job {
            folder: next(&jobs),
            name: name_of(&jobs),
            program: std::env::current_exe()?,
            base: std::env::current_dir()?,
            chain: arguments(&self.chain)?,
            options: self.checkpoints.arguments(),
            tasks: tasks(&sweep, &cells, each)?,
            whole: task(&sweep, &cells)?,
            params,
        };
        match held {
            None => show(engine, &job)?,
            Some(_held) => submit(engine, &job, &sweep)?,
        }
        Ok(ExitStatus::Success)
    }
}

/// The cells that are not fresh, without those that an engine will run.
fn remaining(sweep: &Sweep) -> Result<Vec<usize>> {
    let asked = Asked::all(sweep)?;
    let statuses = sweep.cells().iter().map(fer_pipeline::sweep::Cell::status);
    let open: Vec<_> = statuses.filter(|cell| cell.state != CellState::Fresh).collect();
    for Asked { submission, states } in &asked {
        let concerns = open.iter().any(|cell| submission.task_of(&cell.name).is_some());
        if let (Err(error), true) = (states, concerns) {
            let (number, engine) = (submission.number(), submission.engine);
            let folder = submission.folder.display();
            bail!(
                "submission {number}: {engine} does not tell whether its jobs still wait: {error:#}; once none of them does, \
                 remove {folder}"
            );
        }
    }
    let is_ahead = |name: &str| job_of(&asked, name).and_then(|job| job.state).is_some_and(|state| state.is_ahead());
    let (ahead, open): (Vec<_>, Vec<_>) = open.into_iter().partition(|cell| is_ahead(&cell.name));
    if !ahead.is_empty() && !open.is_empty() {
        let ahead = Indices::new(ahead.iter().map(|cell| cell.index).collect());
        to_stderr(&format!("note: cells {ahead} wait or run in a job already"));
    }
    Ok(open.iter().map(|cell| cell.index).collect())
}

fn tasks(sweep: &Sweep, cells: &[usize], each: usize) -> Result<Vec<Task>> {
    cells.chunks(each).map(|cells| task(sweep, cells)).collect()
}

fn task(sweep: &Sweep, cells: &[usize]) -> Result<Task> {
    let cells = Indices::new(cells.to_vec());
    Ok(Task { digest: job::digest(sweep, &cells)?, cells })
}

/// The arguments that say which sweep, for a call in the same folder.
fn arguments(chain: &ChainArgs) -> Result<Vec<String>> {
    let text = |argument: OsString| {
        argument.into_string().map_err(|path| anyhow!("{}: expected a path in UTF-8", path.display()))
    };
    chain.arguments().into_iter().map(text).collect()
}

/// The name of the sweep's folder, as engines and shells take it.
fn name_of(jobs: &Path) -> String {
    let name = jobs.parent().and_then(Path::file_name).unwrap_or(OsStr::new("sweep")).to_string_lossy();
    let fits = |character: char| character.is_ascii_alphanumeric() || "-_.".contains(character);
    name.chars().map(|character| if fits(character) { character } else { '-' }).collect()
}

fn show(engine: Engine, job: &Job) -> Result<()> {
    for (name, text) in files(engine, job) {
        print(format_args!("# {}\n{text}\n", job.folder.join(name).display()))?;
    }
    for command in commands(engine, job) {
        print(format_args!("$ {command}\n"))?;
    }
    Ok(())
}

fn submit(engine: Engine, job: &Job, sweep: &Sweep) -> Result<()> {
    let folder = &job.folder;
    let write = |path: PathBuf, text: String| {
        write_owned(&path, text.as_bytes()).with_context(|| format!("{}: cannot write it", path.display()))
    };
    fs::create_dir(folder).with_context(|| format!("{}: cannot make the folder", folder.display()))?;
    let written = files(engine, job).into_iter().try_for_each(|(name, text)| write(folder.join(name), text));
    let id = match written.and_then(|()| start(engine, job)) {
        Ok(Answer::Number(id)) => id,
        Ok(Answer::Unclear(said)) => bail!(
            "{said}; {engine} took the cells, but nobody here knows its job: find {} in its list, and cancel it before you submit \
             again; its files stay in {}",
            job.name,
            folder.display()
        ),
        Err(refused) => {
            // Nobody has taken it.
            let _ = fs::remove_dir_all(folder);
            return Err(refused);
        }
    };
    let cell = |index: &usize| Ok::<_, fer_pipeline::Error>(sweep.cell(*index)?.name.clone());
    let names = |task: &Task| task.cells.as_slice().iter().map(cell).collect::<Result<Vec<String>, _>>();
    let tasks = job.tasks.iter().map(names).collect::<Result<Vec<_>, _>>()?;
    let mut submission = Submission { engine, id, table: None, tasks, folder: folder.clone() };
    submission.write()?;
    let (number, id) = (submission.number(), &submission.id);
    let cells: usize = job.tasks.iter().map(|task| task.cells.as_slice().len()).sum();
    let (cells, jobs) = (counted(cells, "cell"), counted(job.tasks.len(), "job"));
    print(format_args!("submission {number}: {cells} in {jobs}, {engine} {id}\n"))?;
    let table = start_table(engine, job, id).context("the cells are submitted; what prints the table is not")?;
    submission.table = match table {
        Some(Answer::Unclear(said)) => {
            bail!(
                "{said}; the cells are submitted, and what prints the table, but `fer sweep cancel` will not end that"
            )
        }
        Some(Answer::Number(id)) => Some(id),
        None => None,
    };
    submission.write()?;
    print(format_args!("the table will stand in {}\n", folder.join(TABLE).display()))
}
