//! The addresses of runs.

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::path::Path;
use std::sync::Arc;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::get;
use fer_artifact::names::REPORT;
use fer_pipeline::compare::{Curves, Diff, differing_parameters};
use fer_pipeline::sweep::FoundSweep;
use fer_pipeline::{LOG_FILE, StageName};
use schemars::JsonSchema;
use serde::Deserialize;

use super::answer::{
    AllCurves, Log, PairedSplit, RunList, RunProblem, RunRow, SweepRow, TwoRuns, WholeRun, WholeSweep,
};
use super::files::tail;
use super::report::report;
use super::shelf::Runs;
use crate::answer::json;
use crate::house::House;
use crate::limits::LOG_END;
use crate::page::no_runs;
use crate::problem::Problem;
use crate::query::Asks;

/// Which run is asked for.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct OfRun {
    /// The run's name, as `/v1/runs` has it.
    run: String,
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

impl Asks for OfRun {
    const EXPECTED: &str = "`run=NAME`";
}

impl Asks for OfTwo {
    const EXPECTED: &str = "`from=NAME&to=NAME`";
}

impl Asks for OfSweep {
    const EXPECTED: &str = "`sweep=NAME`";
}

impl Asks for Nothing {
    const EXPECTED: &str = "no query";
}

/// What `/runs` asks.
pub(crate) fn routes() -> Router<Arc<House>> {
    Router::new()
        .route("/v1/runs", get(async |house, request| answer(house, request, list).await))
        .route("/v1/runs/run", get(async |house, request| answer(house, request, run).await))
        .route("/v1/runs/curves", get(async |house, request| answer(house, request, curves).await))
        .route("/v1/runs/log", get(async |house, request| answer(house, request, log).await))
        .route("/v1/runs/report", get(async |house, request| answer(house, request, report).await))
        .route("/v1/runs/diff", get(async |house, request| answer(house, request, diff).await))
        .route("/v1/runs/sweep", get(async |house, request| answer(house, request, sweep).await))
}

async fn answer<Asked: Asks + Send + 'static>(
    State(house): State<Arc<House>>,
    request: Request,
    work: fn(&Runs, Asked) -> Result<Response, Problem>,
) -> Result<Response, Problem> {
    let runs = house.runs.clone().ok_or_else(no_runs)?;
    let asked = Asked::of(request.uri())?;
    house.read(move || work(&runs, asked)).await?
}

fn list(runs: &Runs, Nothing {}: Nothing) -> Result<Response, Problem> {
    let (mut found, mut problems) = (vec![], vec![]);
    let mut sweeps: BTreeMap<String, BTreeMap<&'static str, usize>> = BTreeMap::new();
    for (path, read) in runs.all() {
        let state = read.as_ref().map_or("unreadable", |run| run.state.name());
        let sweep = runs.sweep(&path);
        if let Some(sweep) = &sweep {
            *sweeps.entry(sweep.clone()).or_default().entry(state).or_default() += 1;
        }
        match read {
            Err(problem) => problems.push(RunProblem { name: runs.name(&path), problem }),
            Ok(run) if sweep.is_none() => found.push(run),
            Ok(_) => {}
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
    let refused = |error: std::io::Error| match error.kind() {
        ErrorKind::NotFound => {
            let detail = "expected a cell of a sweep, which has a log, found a run without one";
            Problem::new(StatusCode::NOT_FOUND, detail)
        }
        _ => Problem::new(StatusCode::UNPROCESSABLE_ENTITY, format!("{}: {LOG_FILE}: {error}", asked.run)),
    };
    let log = runs.below_root(&run).join(LOG_FILE);
    let (end, bytes) = tail(runs.root(), &log, LOG_END).map_err(refused)?;
    let is_whole = bytes <= LOG_END;
    let text = String::from_utf8_lossy(&end);
    // It begins somewhere in a line.
    let text = if is_whole { &*text } else { text.split_once('\n').map_or(&*text, |(_, rest)| rest) };
    Ok(json(&Log { text: text.to_owned(), bytes, is_whole }))
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
    let (mut cells, mut problems) = (vec![], vec![]);
    for (path, read) in runs.cells(&asked.sweep)? {
        match read {
            Ok(run) => cells.push(run),
            Err(problem) => problems.push(RunProblem { name: runs.name(&path), problem }),
        }
    }
    let FoundSweep { names, combinations } = FoundSweep::of(&cells);
    let rows = cells.iter().map(|run| RunRow::new(runs.name(&run.path), run, &names)).collect();
    Ok(json(&WholeSweep { name: asked.sweep, parameters: names, cells: rows, combinations, problems }))
}
