//! HyperQueue: a job file with a task for each group of cells, and one that prints the table after them.

use anyhow::{Context, Result};
use fer_pipeline::sweep::engine::JobState;
use serde_json::{Value, json};

use super::answer::Answer;
use super::job::{CELLS_SCRIPT, Job, TABLE_SCRIPT, words};
use super::program::output_of;
use super::state::{TaskState, TaskStates};

const JOB_FILE: &str = "job.toml";

/// The files of the job.
pub(super) fn files(job: &Job) -> Vec<(&'static str, String)> {
    let [cells, table] = job.plain_scripts();
    vec![cells, table, (JOB_FILE, job_file(job))]
}

/// The job in TOML, whose texts and lists are written as in JSON.
fn job_file(job: &Job) -> String {
    let path = |name: &str| job.folder.join(name).to_string_lossy().into_owned();
    let mut text = format!("# Written by fer sweep submit.\nname = {}\n", json!(job.name));
    for task in 0..job.tasks.len() {
        let command = json!(["bash", path(CELLS_SCRIPT), task.to_string()]);
        text.push_str(&format!("\n[[task]]\nid = {task}\ncommand = {command}\nstdout = \"none\"\nstderr = \"none\"\n"));
        text.extend(job.params.time.map(|time| format!("time_limit = \"{}s\"\n", time.seconds())));
        let memory = job.params.memory.map_or(String::new(), |memory| format!(", \"mem\" = {}", memory.mebibytes()));
        let cores = job.params.cores.get();
        text.push_str(&format!("[[task.request]]\nresources = {{ \"cpus\" = {cores}{memory} }}\n"));
    }
    let (id, before) = (job.tasks.len(), (0..job.tasks.len()).collect::<Vec<_>>());
    let command = json!(["bash", path(TABLE_SCRIPT)]);
    text.push_str(&format!(
        "\n[[task]]\nid = {id}\ndeps = {}\ncommand = {command}\nstdout = \"none\"\nstderr = \"none\"\n",
        json!(before)
    ));
    text
}

fn submit(job: &Job) -> Vec<String> {
    let file = job.folder.join(JOB_FILE).to_string_lossy().into_owned();
    let directives = job.params.directives.iter().map(ToString::to_string);
    let start = ["--output-mode", "json", "job", "submit-file"].map(str::to_owned);
    start.into_iter().chain(directives).chain([file]).collect()
}

/// What will be called.
pub(super) fn commands(job: &Job) -> Vec<String> {
    vec![format!("hq {}", words(&submit(job)))]
}

/// Submits the job.
pub(super) fn start(job: &Job) -> Result<Answer> {
    output_of("hq", &submit(job)).map(|printed| answer(&printed))
}

/// `{"id": 3}`
fn answer(printed: &str) -> Answer {
    match read(printed).ok().and_then(|printed| printed["id"].as_u64()) {
        Some(number) => Answer::Number(number.to_string()),
        None => Answer::Unclear(format!("hq: expected a job's number as JSON, found {:?}", printed.trim())),
    }
}

/// How the tasks stand.
pub(super) fn states(id: &str) -> Result<TaskStates> {
    let arguments = ["--output-mode", "json", "task", "list", id].map(str::to_owned);
    Ok(of_tasks(&read(&output_of("hq", &arguments)?)?, id))
}

fn read(text: &str) -> Result<Value> {
    serde_json::from_str(text).with_context(|| format!("hq: expected JSON, found {:?}", text.trim()))
}

/// `{"1": [{"id": 0, "state": "running", …}, …]}`
fn of_tasks(printed: &Value, id: &str) -> TaskStates {
    let tasks = printed[id].as_array().into_iter().flatten();
    let task = |task: &Value| {
        let (number, said) = (task["id"].as_u64()?, task["state"].as_str()?);
        let state = match said {
            "waiting" => JobState::Queued,
            "running" => JobState::Running,
            "finished" => JobState::Done,
            _ => JobState::Failed,
        };
        Some((usize::try_from(number).ok()?, TaskState { state, said: said.to_owned() }))
    };
    tasks.filter_map(task).collect()
}

/// Ends what is left of the job.
pub(super) fn cancel(id: &str) -> Result<()> {
    output_of("hq", &["job", "cancel", id].map(str::to_owned)).map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn states_are_read_as_hyperqueue_prints_them() {
        let printed = json!({"3": [{"id": 0, "state": "finished"}, {"id": 1, "state": "running", "worker": 1},
            {"id": 2, "state": "waiting"}, {"id": 3, "state": "canceled"}]});
        let states: Vec<JobState> = of_tasks(&printed, "3").into_values().map(|task| task.state).collect();
        assert_eq!(states, [JobState::Done, JobState::Running, JobState::Queued, JobState::Failed]);
        assert!(of_tasks(&printed, "4").is_empty());
    }

    #[test]
    fn a_number_stands_in_the_answer_or_it_is_unclear() {
        assert_eq!(answer("{\"id\": 3}\n"), Answer::Number("3".to_owned()));
        for printed in ["", "submitted", "{\"job\": 3}", "{\"id\": \"3\"}"] {
            assert!(
                matches!(answer(printed), Answer::Unclear(said) if said.starts_with("hq: expected a job's number"))
            );
        }
    }
}
