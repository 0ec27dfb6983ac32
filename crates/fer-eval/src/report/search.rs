//! The report of a search: what was tried, what was chosen, and by what.

use plotters::prelude::*;
use serde::Serialize;

use super::axis::Axis;
use super::coordinates::{Grid, coordinates};
use super::ink::{Canvas, DrawError, Ink, SCALE, draw};
use super::page::STYLE;
use super::template::render;
use crate::Error;
use crate::format::{percent, percentage};

const SIZE: (i32, i32) = (1000, 340);

/// What the report of a search is made of.
#[derive(Debug, Clone, Default)]
pub struct SearchReport {
    /// What it is called.
    pub title: String,
    /// A few words each, below the title.
    pub facts: Vec<String>,
    /// What was chosen, in sentences; nothing as long as the search goes on.
    pub chosen: Vec<String>,
    /// Names of the parameters.
    pub parameters: Vec<String>,
    /// The trials, the best first.
    pub trials: Vec<SearchTrial>,
    /// Share of the scores' variance by parameter, the largest first.
    pub importance: Vec<(String, f64)>,
    /// How to read it, in sentences.
    pub notes: Vec<String>,
    /// The pipeline file.
    pub configuration: String,
}

/// A trial in the report of a search.
#[derive(Debug, Clone, Default)]
pub struct SearchTrial {
    /// Its number.
    pub trial: usize,
    /// Values of the parameters, in their order.
    pub values: Vec<String>,
    /// Epochs that it was trained for, in words.
    pub epochs: String,
    /// Its score; none if it failed.
    pub score: Option<f64>,
    /// Its standard deviation over seeds; none of a single seed.
    pub deviation: Option<f64>,
    /// Why it failed, or nothing.
    pub remark: String,
    /// Its validation accuracy by epoch.
    pub points: Vec<(usize, f64)>,
    /// Whether it was chosen.
    pub is_chosen: bool,
}

#[derive(Serialize)]
struct Page<'a> {
    style: &'static str,
    title: &'a str,
    facts: &'a [String],
    chosen: &'a [String],
    curves: Option<String>,
    importance: Vec<Bar<'a>>,
    parameters: &'a [String],
    trials: Vec<Row<'a>>,
    notes: &'a [String],
    configuration: &'a str,
}

#[derive(Serialize)]
struct Bar<'a> {
    name: &'a str,
    share: String,
    /// Of the widest possible, in per cent.
    width: String,
}

#[derive(Serialize)]
struct Row<'a> {
    trial: usize,
    values: &'a [String],
    epochs: &'a str,
    score: String,
    remark: &'a str,
    is_chosen: bool,
}

/// The report as an HTML page without scripts or links to other files: equal input gives equal bytes.
///
/// # Errors
/// [`Error::Figure`] and [`Error::Template`], if a part cannot be made.
pub fn search_report(input: &SearchReport) -> Result<String, Error> {
    let page = Page {
        style: STYLE,
        title: &input.title,
        facts: &input.facts,
        chosen: &input.chosen,
        curves: curves(&input.trials)?,
        importance: input
            .importance
            .iter()
            .map(|(name, share)| Bar { name, share: percentage(*share), width: percent(*share) })
            .collect(),
        parameters: &input.parameters,
        trials: input.trials.iter().map(Row::of).collect(),
        notes: &input.notes,
        configuration: &input.configuration,
    };
    render("search.html", include_str!("search.html"), &page)
}

impl<'a> Row<'a> {
    fn of(trial: &'a SearchTrial) -> Self {
        let spread = trial.deviation.map_or(String::new(), |deviation| format!(" ± {}", percent(deviation)));
        Self {
            trial: trial.trial,
            values: &trial.values,
            epochs: &trial.epochs,
            score: trial.score.map_or("–".to_owned(), |score| format!("{}{spread}", percentage(score))),
            remark: &trial.remark,
            is_chosen: trial.is_chosen,
        }
    }
}

/// Validation accuracy of each trial over the epochs; nothing if no trial has any.
fn curves(trials: &[SearchTrial]) -> Result<Option<String>, Error> {
    let points = || trials.iter().flat_map(|trial| &trial.points);
    let last = points().map(|point| point.0).max();
    let Some(last) = last else { return Ok(None) };
    let (low, high) = points().fold((1.0_f64, 0.0_f64), |(low, high), point| (low.min(point.1), high.max(point.1)));
    let y = if low < high { Axis::around(low, high, 5) } else { Axis::shares() };
    let x = if last > 1 { Axis::whole(1.0, last as f64, 8) } else { Axis::single(1.0) };
    let description = "Validation accuracy of each trial over the epochs";
    draw("trials", description, SIZE, |canvas| fill(canvas, trials, x, y)).map(Some)
}

fn fill(canvas: &Canvas<'_>, trials: &[SearchTrial], x: Axis, y: Axis) -> Result<(), DrawError> {
    let x_label = |epoch: &f64| format!("{epoch:.0}");
    let y_label = |share: &f64| format!("{} %", percent(*share).trim_end_matches(".0"));
    let mut chart = coordinates(canvas, [8, 12], (x, y), Grid::Level, [&x_label, &y_label])?;
    // The chosen one over the others.
    let others = trials.iter().filter(|trial| !trial.is_chosen);
    for trial in others.chain(trials.iter().filter(|trial| trial.is_chosen)) {
        let points: Vec<(f64, f64)> = trial.points.iter().map(|&(epoch, score)| (epoch as f64, score)).collect();
        let (ink, width) = if trial.is_chosen { (Ink::Second, 25) } else { (Ink::FirstSoft, 10) };
        chart.draw_series(LineSeries::new(points.iter().copied(), ink.line(width)))?;
        let end = points.last().into_iter();
        chart.draw_series(end.map(|&point| Circle::new(point, 5 * SCALE / 2, ink.fill())))?;
    }
    Ok(())
}
