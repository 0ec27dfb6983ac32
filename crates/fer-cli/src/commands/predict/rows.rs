use std::io::{Write, stdout};

use anyhow::Result;
use fer_artifact::{csv_cell, visible};
use fer_predict::{Face, FaceRecord, Place};
use indicatif::ProgressBar;
use serde::Serialize;

use crate::commands::pictures::Seen;

/// How rows are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// For a terminal.
    Table,
    /// An object a line.
    Json,
    /// With a head.
    Csv,
}

/// Which probabilities stand in a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Columns {
    /// One of each class.
    All,
    /// That of the predicted class, where all would leave no room for the file's name.
    Likeliest,
}

/// What a row tells of a file.
pub(super) enum Finding<'a> {
    /// A face.
    Face(&'a Face),
    /// Why there is none.
    Problem(&'a str),
}

/// Prints rows one by one. The file's name, which may have any length, stands last in the table.
pub(super) struct Rows<'a> {
    form: Form,
    classes: &'a [String],
    /// The classes as a terminal may show them.
    shown: Vec<String>,
    columns: Columns,
    /// What is to be printed at the next turn.
    out: Vec<u8>,
    /// Above which rows are printed.
    bar: ProgressBar,
}

const CLASS: usize = 8;
const BOX: usize = 20;
const PERCENT: usize = 7;
/// Fewest columns that are left for the file's name.
const FILE: usize = 20;

impl<'a> Rows<'a> {
    /// Prints the head, if there is one. A table has the columns that fit into this width, if it has to.
    pub(super) fn new(form: Form, classes: &'a [String], width: Option<usize>, bar: ProgressBar) -> Result<Self> {
        let shown: Vec<String> = classes.iter().map(|class| visible(class).into_owned()).collect();
        let all = CLASS.max(widest(&shown)) + BOX + shown.iter().map(|class| 2 + share_width(class)).sum::<usize>() + 4;
        let columns = if width.is_some_and(|width| width < all + FILE) { Columns::Likeliest } else { Columns::All };
        let mut rows = Self { form, classes, shown, columns, out: vec![], bar };
        match form {
            Form::Json => {}
            Form::Csv => {
                let head =
                    ["file", "row", "x", "y", "width", "height", "score", "class"].map(str::to_owned).into_iter();
                let head = head.chain(classes.iter().map(|class| format!("p_{class}")));
                rows.cells(head.chain(["problem".to_owned()]))?;
            }
            Form::Table => {
                let heads = match columns {
                    Columns::All => rows.shown.clone(),
                    Columns::Likeliest => vec!["sure".to_owned()],
                };
                rows.line("class", "box", &heads, "file")?;
            }
        }
        Ok(rows)
    }

    /// Prints what a picture shows, or a row of a CSV file.
    pub(super) fn print(&mut self, seen: &Seen<'_>, finding: Finding<'_>) -> Result<()> {
        let (file, row) = (seen.path.to_string_lossy(), seen.row);
        match self.form {
            Form::Json => {
                let told = match finding {
                    Finding::Face(face) => Told::Face(Box::new(FaceRecord::new(self.classes, face))),
                    Finding::Problem(problem) => Told::Problem { problem },
                };
                let row = JsonRow { file: &file, row, told };
                writeln!(self.out, "{}", serde_json::to_string(&row)?)?;
                Ok(())
            }
            Form::Csv => self.csv(&file, row, finding),
            Form::Table => match row {
                Some(row) => self.table(&format!("{file}, row {row}"), finding),
                None => self.table(&file, finding),
            },
        }
    }

    /// What stands in the buffer goes out.
    pub(super) fn flush(&mut self) -> Result<()> {
        self.bar.suspend(|| stdout().write_all(&self.out).and_then(|()| stdout().flush()))?;
        self.out.clear();
        Ok(())
    }

    fn csv(&mut self, file: &str, row: Option<u32>, finding: Finding<'_>) -> Result<()> {
        let nothing = |count| std::iter::repeat_n(String::new(), count);
        let mut cells = vec![file.to_owned(), row.map_or_else(String::new, |row| row.to_string())];
        match finding {
            Finding::Face(face) => {
                match &face.place {
                    Some(Place { x, y, width, height, score, .. }) => {
                        cells.extend([x, y, width, height].map(usize::to_string));
                        cells.push(score.to_string());
                    }
                    None => cells.extend(nothing(5)),
                }
                cells.push(self.classes[face.top()].clone());
                cells.extend(face.probabilities.iter().map(|probability| format!("{probability:.6}")));
                cells.extend(nothing(1));
            }
            Finding::Problem(problem) => {
                cells.extend(nothing(6 + self.classes.len()));
                cells.push(problem.to_owned());
            }
        }
        self.cells(cells)
    }

    fn cells(&mut self, cells: impl IntoIterator<Item = String>) -> Result<()> {
        let cells: Vec<String> = cells.into_iter().map(|cell| csv_cell(&cell).into_owned()).collect();
        writeln!(self.out, "{}", cells.join(","))?;
        Ok(())
    }

    fn table(&mut self, file: &str, finding: Finding<'_>) -> Result<()> {
        match finding {
            Finding::Face(face) => {
                let place = face
                    .place
                    .map_or("-".to_owned(), |Place { x, y, width, height, .. }| format!("{width}×{height} at {x},{y}"));
                let share = |share: &f64| format!("{:.1} %", 100.0 * share);
                let shares: Vec<String> = match self.columns {
                    Columns::All => face.probabilities.iter().map(share).collect(),
                    Columns::Likeliest => vec![share(&face.probabilities[face.top()])],
                };
                self.line(&self.shown[face.top()].clone(), &place, &shares, file)
            }
            Finding::Problem(problem) => {
                let shares = if self.columns == Columns::All { self.classes.len() } else { 1 };
                self.line("-", "-", &vec!["-".to_owned(); shares], &format!("{file}: {problem}"))
            }
        }
    }

    fn line(&mut self, class: &str, place: &str, shares: &[String], file: &str) -> Result<()> {
        let class_width = widest(&self.shown).max(CLASS);
        write!(self.out, "{class:<class_width$}  {place:<BOX$}")?;
        for (index, share) in shares.iter().enumerate() {
            let width = match self.columns {
                Columns::All => share_width(&self.shown[index]),
                Columns::Likeliest => PERCENT,
            };
            write!(self.out, "  {share:>width$}")?;
        }
        writeln!(self.out, "  {}", visible(file))?;
        Ok(())
    }
}

fn widest(classes: &[String]) -> usize {
    classes.iter().map(|class| class.chars().count()).max().unwrap_or(0)
}

/// Width of the column of a class.
fn share_width(class: &str) -> usize {
    class.chars().count().max(PERCENT)
}

/// A row as JSON: `file`, `row` of a CSV file, and `problem` or what is known of a face.
#[derive(Serialize)]
struct JsonRow<'a> {
    file: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    row: Option<u32>,
    #[serde(flatten)]
    told: Told<'a>,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Told<'a> {
    Face(Box<FaceRecord<'a>>),
    Problem { problem: &'a str },
}
