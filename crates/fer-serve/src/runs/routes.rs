//! The addresses of runs.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use axum::Router;
use axum::extract::{Query, Request, State};
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::get;
use fer_pipeline::compare::{Curves, Diff, Run, differing_parameters};
use fer_pipeline::sweep::FoundSweep;
use fer_pipeline::{LOG_FILE, StageName};
use schemars::JsonSchema;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::answer::{
    AllCurves, Log, PairedSplit, RunList, RunProblem, RunRow, SweepRow, TwoRuns, WholeRun, WholeSweep, word,
};
use super::files::{tail, whole};
use super::pages;
use super::shelf::Runs;
use crate::answer::json;
use crate::house::House;
use crate::problem::Problem;

/// What an evaluate stage leaves for people.
const REPORT: &str = "report.html";
/// Most bytes of a report, and of the end of a log.
const LARGEST_REPORT: u64 = 64 << 20;
const LOG_END: u64 = 256 << 10;

/// Which run is asked for.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct OfRun {
    /// The run's name, as `/v1/runs` has it.
    run: String,
}

/// Which report is asked for.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct OfReport {
    /// The run's name, as `/v1/runs` has it.
    run: String,
    /// The evaluate stage that left it.
    stage: StageName,
}

/// Which runs are compared.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct OfTwo {
    /// The first run's name, as `/v1/runs` has it.
    from: String,
    /// The second run's name.
    to: String,
}

/// Which sweep is asked for.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct OfSweep {
    /// The sweep's name, as `/v1/runs` has it.
    sweep: String,
}

/// No question at all.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Nothing {}

/// `/runs` and what it asks.
pub(crate) fn routes() -> Router<Arc<House>> {
    Router::new()
        .route("/runs", get(pages::page))
        .route("/runs/{file}", get(pages::file))
        .route("/v1/runs", get(async |house, request| answer(house, request, list).await))
        .route("/v1/runs/run", get(async |house, request| answer(house, request, run).await))
        .route("/v1/runs/curves", get(async |house, request| answer(house, request, curves).await))
        .route("/v1/runs/log", get(async |house, request| answer(house, request, log).await))
        .route("/v1/runs/report", get(async |house, request| answer(house, request, report).await))
        .route("/v1/runs/diff", get(async |house, request| answer(house, request, diff).await))
        .route("/v1/runs/sweep", get(async |house, request| answer(house, request, sweep).await))
}

/// Files are read apart from requests that wait for nothing, by a few at a time.
async fn answer<Asked: DeserializeOwned + Send + 'static>(
    State(house): State<Arc<House>>,
    request: Request,
    work: fn(&Runs, Asked) -> Result<Response, Problem>,
) -> Result<Response, Problem> {
    let runs = house.runs.clone().ok_or_else(|| {
        let detail = "expected a service that was started with --runs DIR, found one without";
        Problem::new(StatusCode::NOT_FOUND, detail)
    })?;
    let Query(asked) = Query::<Asked>::try_from_uri(request.uri())
        .map_err(|error| Problem::new(StatusCode::BAD_REQUEST, error.body_text()))?;
    let _turn = house.reading.acquire().await.map_err(|_| Problem::defect())?;
    tokio::task::spawn_blocking(move || work(&runs, asked)).await.map_err(|_| Problem::defect())?
}

fn list(runs: &Runs, Nothing {}: Nothing) -> Result<Response, Problem> {
    let (mut found, mut problems) = (vec![], vec![]);
    let mut sweeps: BTreeMap<String, BTreeMap<&'static str, usize>> = BTreeMap::new();
    for (name, read) in runs.all() {
        match read {
            Err(problem) => problems.push(RunProblem { name, problem }),
            Ok(run) => match runs.sweep(&run.path) {
                Some(sweep) => *sweeps.entry(sweep).or_default().entry(word(&run.state)).or_default() += 1,
                None => found.push(run),
            },
        }
    }
    let differing = differing_parameters(&found);
    let rows = found.iter().map(|run| RunRow::new(runs.name(&run.path), run, &differing)).collect();
    let sweeps = sweeps.into_iter().map(|(name, states)| SweepRow { name, states }).collect();
    Ok(json(&RunList { runs: rows, sweeps, problems }))
}

fn run(runs: &Runs, asked: OfRun) -> Result<Response, Problem> {
    let run = runs.one(&asked.run)?;
    let is_there = |relative: &Path| run.path.join(relative).symlink_metadata().is_ok_and(|found| found.is_file());
    let stages = run.evaluations.iter().map(|evaluated| evaluated.stage);
    Ok(json(&WholeRun {
        row: RunRow::new(asked.run, &run, []),
        sweep: runs.sweep(&run.path),
        parameters: run.parameters.clone(),
        data: run.data.clone(),
        reports: stages.filter(|stage| is_there(&Path::new(stage.as_str()).join(REPORT))).collect(),
        has_log: is_there(Path::new(LOG_FILE)),
    }))
}

fn curves(runs: &Runs, asked: OfRun) -> Result<Response, Problem> {
    let run = runs.one(&asked.run)?;
    let read = |stage: &StageName| {
        Curves::read(&run.path, *stage)
            .map_err(|error| Problem::new(StatusCode::UNPROCESSABLE_ENTITY, runs.own_words(&error)))
    };
    let trainings = run.trainings.iter().map(read).collect::<Result<_, _>>()?;
    Ok(json(&AllCurves { state: run.state.clone(), trainings }))
}

fn log(runs: &Runs, asked: OfRun) -> Result<Response, Problem> {
    let run = runs.one(&asked.run)?;
    let (end, bytes) = tail(runs.root(), &below(runs, &run).join(LOG_FILE), LOG_END).map_err(|_| {
        let detail = "expected a cell of a sweep, which has a log, found a run without one";
        Problem::new(StatusCode::NOT_FOUND, detail)
    })?;
    let is_whole = end.len() as u64 == bytes;
    let text = String::from_utf8_lossy(&end);
    // It begins somewhere in a line.
    let text = if is_whole { &*text } else { text.split_once('\n').map_or(&*text, |(_, rest)| rest) };
    Ok(json(&Log { text: text.to_owned(), bytes, is_whole }))
}

fn report(runs: &Runs, asked: OfReport) -> Result<Response, Problem> {
    let run = runs.one(&asked.run)?;
    let relative = below(runs, &run).join(asked.stage.as_str()).join(REPORT);
    let page = whole(runs.root(), &relative, LARGEST_REPORT).map_err(|error| {
        let stage = asked.stage;
        Problem::new(StatusCode::NOT_FOUND, format!("expected a report of `{stage}` in the run's folder: {error}"))
    })?;
    Ok(pages::report(page))
}

fn diff(runs: &Runs, asked: OfTwo) -> Result<Response, Problem> {
    let (from, to) = (runs.one(&asked.from)?, runs.one(&asked.to)?);
    let found = Diff::between(&from, &to)
        .map_err(|error| Problem::new(StatusCode::UNPROCESSABLE_ENTITY, runs.own_words(&error)))?;
    let paired = found.paired.iter().map(|(split, pair)| PairedSplit {
        split: split.to_string(),
        images: pair.images,
        only_first: pair.only_first,
        only_second: pair.only_second,
        p_value: pair.p_value,
    });
    Ok(json(&TwoRuns {
        from: RunRow::new(asked.from, &from, []),
        to: RunRow::new(asked.to, &to, []),
        paired: paired.collect(),
        versions: found.versions,
        parameters: found.parameters,
        data: found.data,
        scores: found.scores,
    }))
}

fn sweep(runs: &Runs, asked: OfSweep) -> Result<Response, Problem> {
    let (cells, problems) = runs.cells(&asked.sweep)?;
    let FoundSweep { names, combinations } = FoundSweep::of(&cells);
    let rows = cells.iter().map(|run| RunRow::new(runs.name(&run.path), run, &names)).collect();
    let problems = problems.into_iter().map(|(name, problem)| RunProblem { name, problem }).collect();
    Ok(json(&WholeSweep { name: asked.sweep, parameters: names, cells: rows, combinations, problems }))
}

/// The run's folder below the root.
fn below<'a>(runs: &Runs, run: &'a Run) -> &'a Path {
    run.path.strip_prefix(runs.root()).expect("a run of this folder")
}
