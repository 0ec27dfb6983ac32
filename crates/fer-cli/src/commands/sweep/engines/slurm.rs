//! Slurm: an array of jobs, and a job that prints the table after them.

use std::collections::BTreeMap;

use anyhow::Result;
use fer_pipeline::sweep::engine::{EngineParams, JobState, TimeLimit};

use super::answer::Answer;
use super::job::{CELLS_SCRIPT, Job, TABLE, TABLE_SCRIPT, quoted, words};
use super::program::output_of;
use super::state::{TaskState, TaskStates};

/// Seconds before a job's end at which Slurm warns it, and it writes its checkpoint.
const WARNING: u64 = 120;
/// A job that was started so often and never came to its end is no job that will.
const MOST_RESTARTS: usize = 100;

/// What is wrong with the longest time of a job.
pub(super) fn problem_of_time(params: &EngineParams) -> Option<String> {
    let warns = params.directives.iter().any(|directive| directive.as_str().starts_with("--signal"));
    let short = |time: TimeLimit| time.seconds() <= 2 * WARNING && !warns;
    let time = params.time.filter(|time| short(*time))?;
    Some(format!(
        "expected more than {} minutes, as a job writes its checkpoint {} minutes before its end; found {time}",
        2 * WARNING / 60,
        WARNING / 60
    ))
}

/// The files of the jobs.
pub(super) fn files(job: &Job) -> [(&'static str, String); 2] {
    let most = job.params.at_once.map_or(String::new(), |most| format!("%{}", most.get()));
    let mut cells = vec![
        format!("--job-name={}", job.name),
        format!("--array=0-{}{most}", job.tasks.len() - 1),
        format!("--output={}", pattern(job, "cells-%a.log")),
        "--open-mode=append".to_owned(),
        "--requeue".to_owned(),
        format!("--signal=B:USR1@{WARNING}"),
        format!("--cpus-per-task={}", job.params.cores.get()),
    ];
    cells.extend(job.params.memory.map(|memory| format!("--mem={memory}")));
    cells.extend(job.params.time.map(|time| format!("--time={time}")));
    cells.extend(whose(&job.params));
    cells.extend(job.params.directives.iter().map(ToString::to_string));
    let mut table = vec![
        format!("--job-name={}-table", job.name),
        format!("--output={}", pattern(job, TABLE)),
        "--open-mode=truncate".to_owned(),
        "--cpus-per-task=1".to_owned(),
    ];
    table.extend(whose(&job.params));
    let base = quoted(&job.base.to_string_lossy());
    let table = format!("{}cd {base} || exit 1\nexec {}\n", head(&table), job.print_table());
    let cells = format!("{}{}{}", head(&cells), job.tasks_as_shell(), supervised(job));
    [(CELLS_SCRIPT, cells), (TABLE_SCRIPT, table)]
}

/// The lines that run a task, tell it of signals, and let it be started again if its time was too short.
fn supervised(job: &Job) -> String {
    format!(
        "\
task=$SLURM_ARRAY_TASK_ID
# Slurm signals this shell; fer writes a checkpoint and ends with 75. USR1 and USR2 warn that the time ends.
warned= signal=
trap 'signal=1 warned=1; kill -USR1 \"$fer\" 2> /dev/null' USR1 USR2
trap 'signal=1; kill -TERM \"$fer\" 2> /dev/null' TERM
{} < /dev/null &
fer=$!
while true; do
    signal=
    wait \"$fer\"
    code=$?
    [ -n \"$signal\" ] || break
done
if [ \"$code\" = 75 ] && [ -n \"$warned\" ] && [ \"${{SLURM_RESTART_COUNT:-0}}\" -lt {MOST_RESTARTS} ]; then
    # By array and task: the job's own number is another.
    scontrol requeue \"${{SLURM_ARRAY_JOB_ID}}_$task\"
fi
exit \"$code\"
",
        job.run_task()
    )
}

fn head(directives: &[String]) -> String {
    let lines = directives.iter().map(|directive| format!("#SBATCH {directive}\n"));
    format!("#!/bin/bash\n# Written by fer sweep submit.\n{}", lines.collect::<String>())
}

/// A file of the folder: Slurm replaces what follows a percent sign, but in the file's own name alone is that meant.
fn pattern(job: &Job, name: &str) -> String {
    let folder = job.folder.to_string_lossy().replace('\\', r"\\").replace('%', "%%").replace('"', "\\\"");
    format!("\"{folder}/{name}\"")
}

fn whose(params: &EngineParams) -> impl Iterator<Item = String> {
    let partition = params.partition.as_ref().map(|partition| format!("--partition={partition}"));
    let account = params.account.as_ref().map(|account| format!("--account={account}"));
    partition.into_iter().chain(account)
}

fn submit_cells(job: &Job) -> Vec<String> {
    vec!["--parsable".to_owned(), job.folder.join(CELLS_SCRIPT).to_string_lossy().into_owned()]
}

fn submit_table(job: &Job, cells: &str) -> Vec<String> {
    let script = job.folder.join(TABLE_SCRIPT).to_string_lossy().into_owned();
    vec!["--parsable".to_owned(), format!("--dependency=afterany:{cells}"), script]
}

/// What will be called.
pub(super) fn commands(job: &Job) -> Vec<String> {
    let call = |arguments: &[String]| format!("sbatch {}", words(arguments));
    vec![call(&submit_cells(job)), call(&submit_table(job, "ARRAY"))]
}

/// Submits the array.
pub(super) fn start(job: &Job) -> Result<Answer> {
    output_of("sbatch", &submit_cells(job)).map(|printed| answer(&printed))
}

/// Submits the job that prints the table.
pub(super) fn start_table(job: &Job, cells: &str) -> Result<Answer> {
    output_of("sbatch", &submit_table(job, cells)).map(|printed| answer(&printed))
}

/// `12`, or `12;cluster`, in the last line: some sites have `sbatch` say more before.
fn answer(printed: &str) -> Answer {
    let printed = printed.trim();
    let number = printed.lines().last().and_then(|line| line.split(';').next()).unwrap_or_default().trim();
    match !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()) {
        true => Answer::Number(number.to_owned()),
        false => Answer::Unclear(format!("sbatch: expected a job's number, found {printed:?}")),
    }
}

/// How the tasks of an array stand: `squeue` knows those that are ahead and those that ended a short while ago, `sacct`
/// the others, where the cluster keeps accounts.
pub(super) fn states(id: &str) -> Result<TaskStates> {
    let options = ["--noheader", "--array", "--states=all", "--format=%F|%K|%T|%R", "--jobs", id];
    let queue = match output_of("squeue", &options.map(str::to_owned)) {
        Err(error) if error.to_string().contains("Invalid job id") => String::new(),
        other => other?,
    };
    let options =
        ["--noheader", "--parsable2", "--allocations", "--array", "--format=JobID,State,NodeList", "--jobs", id];
    let accounts = output_of("sacct", &options.map(str::to_owned)).unwrap_or_default();
    let mut states = of_accounts(&accounts, id);
    states.extend(of_queue(&queue, id));
    Ok(states)
}

/// Lines `12|3|RUNNING|node1`.
fn of_queue(text: &str, id: &str) -> TaskStates {
    let line = |line: &str| {
        let mut parts = line.trim().splitn(4, '|');
        let (array, task, state, place) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
        let task = task.parse().ok().filter(|_| array == id)?;
        Some((task, TaskState { state: state_of(state), said: format!("{state} {place}").trim().to_owned() }))
    };
    text.lines().filter_map(line).collect()
}

/// Lines `12_3|COMPLETED|node1`.
fn of_accounts(text: &str, id: &str) -> TaskStates {
    let line = |line: &str| {
        let mut parts = line.trim().splitn(3, '|');
        let (job, state, place) = (parts.next()?, parts.next()?, parts.next()?);
        let (array, task) = job.split_once('_')?;
        let task = task.parse().ok().filter(|_| array == id)?;
        // `CANCELLED by 1000`
        let state = state.split(' ').next()?;
        Some((task, TaskState { state: state_of(state), said: format!("{state} {place}").trim().to_owned() }))
    };
    text.lines().filter_map(line).collect::<BTreeMap<_, _>>()
}

fn state_of(word: &str) -> JobState {
    match word {
        "PENDING" | "REQUEUED" | "REQUEUE_FED" | "REQUEUE_HOLD" | "RESV_DEL_HOLD" | "SPECIAL_EXIT" => JobState::Queued,
        "RUNNING" | "COMPLETING" | "CONFIGURING" | "RESIZING" | "SIGNALING" | "STAGE_OUT" | "STOPPED" | "SUSPENDED" => {
            JobState::Running
        }
        "COMPLETED" => JobState::Done,
        _ => JobState::Failed,
    }
}

/// Ends what is left of the array, and the job that waits for it.
pub(super) fn cancel(id: &str, table: Option<&str>) -> Result<()> {
    let ids = [Some(id), table].into_iter().flatten().map(str::to_owned).collect::<Vec<_>>();
    output_of("scancel", &ids).map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn states_are_read_as_slurm_prints_them() {
        let queue = "12|0|RUNNING|n1\n12|1|PENDING|(Resources)\n12|2|COMPLETED|n2\n12|N/A|PENDING|(Dependency)\n13|3|RUNNING|n1\n";
        let states = of_queue(queue, "12");
        let told = |task: usize| (states[&task].state, states[&task].said.as_str());
        assert_eq!(told(0), (JobState::Running, "RUNNING n1"));
        assert_eq!(told(1), (JobState::Queued, "PENDING (Resources)"));
        assert_eq!(told(2), (JobState::Done, "COMPLETED n2"));
        assert_eq!(states.len(), 3);
        let states = of_accounts("12_0|CANCELLED by 1000|n1\n12_1|TIMEOUT|n2\n12_[5-9]|PENDING|None assigned\n", "12");
        assert_eq!((states[&0].state, states[&0].said.as_str()), (JobState::Failed, "CANCELLED n1"));
        assert_eq!((states[&1].state, states.len()), (JobState::Failed, 2));
    }

    #[test]
    fn a_number_may_come_with_its_cluster() {
        for printed in ["12\n", "12;north\n", "Welcome!\nYour account: 7\n12\n"] {
            assert_eq!(answer(printed), Answer::Number("12".to_owned()));
        }
        let unclear = Answer::Unclear("sbatch: expected a job's number, found \"Submitted batch job\"".to_owned());
        assert_eq!(answer("Submitted batch job\n"), unclear);
        assert!(matches!(answer(""), Answer::Unclear(_)));
    }
}
