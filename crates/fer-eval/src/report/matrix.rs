//! The confusion matrix as a table: counts, coloured by their share of the row.

use fer_artifact::SplitMetrics;
use serde::Serialize;

use crate::format::{count, percent, percentage};

/// From this share on a cell is so dark, in light mode, that its text must be light (contrast of at least 4.5).
const DARK_HIT: f64 = 0.74;
const DARK_MISS: f64 = 0.83;
/// Names at the heads of columns lie flat up to so many classes and characters, else they stand.
const FLAT_CLASSES: usize = 8;
const FLAT_NAME: usize = 9;
/// From so many classes on the cells are small, and from so many tiny.
const SMALL: usize = 11;
const TINY: usize = 15;

/// The table.
#[derive(Debug, Serialize)]
pub(crate) struct Matrix {
    names: Vec<String>,
    rows: Vec<Row>,
    upright: bool,
    /// Size of the cells, a class of the style sheet.
    size: &'static str,
}

#[derive(Debug, Serialize)]
struct Row {
    name: String,
    cells: Vec<Cell>,
    support: String,
    recall: String,
}

#[derive(Debug, Serialize)]
struct Cell {
    count: String,
    /// Share of the row, as CSS takes it.
    share: String,
    hit: bool,
    empty: bool,
    dark: bool,
    title: String,
}

impl Matrix {
    pub(crate) fn new(metrics: &SplitMetrics) -> Self {
        let names: Vec<String> = metrics.per_class.iter().map(|class| class.name.clone()).collect();
        let upright = names.len() > FLAT_CLASSES || names.iter().any(|name| name.chars().count() > FLAT_NAME);
        let rows = (0..names.len()).map(|class| Row::new(metrics, class)).collect();
        let size = match names.len() {
            TINY.. => "tiny",
            SMALL.. => "small",
            _ => "",
        };
        Self { names, rows, upright, size }
    }
}

impl Row {
    fn new(metrics: &SplitMetrics, class: usize) -> Self {
        let scores = &metrics.per_class[class];
        let cell = |(predicted, &n): (usize, &usize)| {
            let share = if scores.support == 0 { 0.0 } else { n as f64 / scores.support as f64 };
            let hit = predicted == class;
            let other = &metrics.per_class[predicted].name;
            Cell {
                count: count(n),
                share: format!("{share:.3}"),
                hit,
                empty: n == 0,
                dark: share >= if hit { DARK_HIT } else { DARK_MISS },
                title: format!("{} predicted as {other}: {} ({})", scores.name, count(n), percentage(share)),
            }
        };
        Self {
            name: scores.name.clone(),
            cells: metrics.confusion[class].iter().enumerate().map(cell).collect(),
            support: count(scores.support),
            recall: percent(scores.recall),
        }
    }
}
