use std::io::{Write, stdout};

use anyhow::Result;
use fer_artifact::{csv_cell, visible};
use fer_data::Cell;
use fer_video::{Episode, TrackRecord, TrackedFace, clock};
use indicatif::ProgressBar;
use serde::Serialize;

use super::columns::{Moment, columns, of_face, of_problem};

/// How rows are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// Episodes, for a terminal.
    Table,
    /// An object a line.
    Json,
    /// With a head.
    Csv,
}

/// Prints rows as they come.
pub(super) struct Rows {
    form: Form,
    classes: Vec<String>,
    out: Vec<u8>,
    bar: ProgressBar,
}

/// Columns of the table of episodes, but for the last.
const FACE: usize = 4;
const TIME: usize = 10;
const CLASS: usize = 8;

impl Rows {
    pub(super) fn new(form: Form, classes: &[String], bar: ProgressBar) -> Result<Self> {
        let mut rows = Self { form, classes: classes.to_vec(), out: vec![], bar };
        match form {
            Form::Json => {}
            Form::Csv => {
                let names = columns(&rows.classes).into_iter().map(|(name, _)| name);
                rows.line(names.collect())?;
            }
            Form::Table => {
                let width = rows.class_width();
                writeln!(
                    rows.out,
                    "{:>FACE$}  {:<width$}  {:>TIME$}  {:>TIME$}  {:>TIME$}  probability",
                    "face", "class", "from", "to", "seconds"
                )?;
            }
        }
        rows.flush()?;
        Ok(rows)
    }

    /// A frame's faces; one without says so.
    pub(super) fn frame(&mut self, moment: Moment, faces: &[TrackedFace]) -> Result<()> {
        match (self.form, faces) {
            (Form::Table, _) => Ok(()),
            (_, []) => self.problem(Some(moment), "no face"),
            (Form::Json, faces) => faces.iter().try_for_each(|face| self.json(Some(moment), Ok(face))),
            (Form::Csv, faces) => faces.iter().try_for_each(|face| {
                let cells = texts(&of_face(moment, face, &self.classes));
                self.line(cells)
            }),
        }
    }

    /// What went wrong at a frame.
    pub(super) fn problem(&mut self, moment: Option<Moment>, problem: &str) -> Result<()> {
        match self.form {
            // It is said on standard error.
            Form::Table => Ok(()),
            Form::Json => self.json(moment, Err(problem)),
            Form::Csv => self.line(texts(&of_problem(moment, problem, &self.classes))),
        }
    }

    /// An episode that has ended.
    pub(super) fn episode(&mut self, episode: &Episode) -> Result<()> {
        if self.form == Form::Table {
            let Episode { track, class, from, to, probability, .. } = episode;
            let (width, class) = (self.class_width(), visible(&self.classes[*class]));
            let [start, end] = [from, to].map(|time| clock(*time));
            writeln!(
                self.out,
                "{track:>FACE$}  {class:<width$}  {start:>TIME$}  {end:>TIME$}  {:>TIME$.1}  {:>9.0} %",
                to - from,
                100.0 * probability
            )?;
        }
        Ok(())
    }

    fn class_width(&self) -> usize {
        self.classes.iter().map(|class| visible(class).chars().count()).max().unwrap_or(0).max(CLASS)
    }

    fn json(&mut self, moment: Option<Moment>, finding: Result<&TrackedFace, &str>) -> Result<()> {
        let face = finding.ok().map(|face| TrackRecord::new(&self.classes, face));
        let row = JsonRow { moment, face, problem: finding.err() };
        writeln!(self.out, "{}", serde_json::to_string(&row)?)?;
        Ok(())
    }

    fn line(&mut self, cells: Vec<String>) -> Result<()> {
        let cells: Vec<_> = cells.iter().map(|cell| csv_cell(cell)).collect();
        writeln!(self.out, "{}", cells.join(","))?;
        Ok(())
    }

    /// What stands in the buffer goes out.
    pub(super) fn flush(&mut self) -> Result<()> {
        self.bar.suspend(|| stdout().write_all(&self.out).and_then(|()| stdout().flush()))?;
        self.out.clear();
        Ok(())
    }
}

/// Cells as CSV has them: of the probabilities, which are the numbers behind the class, six digits.
fn texts(cells: &[Cell<'_>]) -> Vec<String> {
    let class = cells.iter().position(|cell| matches!(cell, Cell::Text(_)));
    let text = |(at, cell): (usize, &Cell<'_>)| match cell {
        Cell::Empty => String::new(),
        Cell::Number(share) if class.is_some_and(|class| at > class) => format!("{share:.6}"),
        Cell::Number(value) => value.to_string(),
        Cell::Whole(value) => value.to_string(),
        Cell::Text(text) => (*text).to_owned(),
    };
    cells.iter().enumerate().map(text).collect()
}

/// A row as JSON: time and frame, and `problem` or what is known of a face.
#[derive(Serialize)]
struct JsonRow<'a> {
    #[serde(flatten)]
    moment: Option<Moment>,
    #[serde(flatten)]
    face: Option<TrackRecord<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<&'a str>,
}
