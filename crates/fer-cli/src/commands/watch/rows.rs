use std::io::{Write, stdout};

use anyhow::Result;
use fer_artifact::{csv_cell, escaped};
use fer_video::{Episode, TrackRecord, TrackedFace};
use indicatif::ProgressBar;
use serde::Serialize;

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

/// Which frame a row tells of; none if there was none yet.
#[derive(Debug, Clone, Copy, Serialize)]
pub(super) struct Moment {
    pub(super) time: f64,
    #[serde(rename = "frame")]
    pub(super) number: u64,
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
/// Columns of a face in CSV, between the track and the probabilities, without the class.
const LANDMARKS: [&str; 5] = ["left_eye", "right_eye", "nose", "left_mouth", "right_mouth"];

impl Rows {
    pub(super) fn new(form: Form, classes: &[String], bar: ProgressBar) -> Result<Self> {
        let mut rows = Self { form, classes: classes.to_vec(), out: vec![], bar };
        match form {
            Form::Json => {}
            Form::Csv => rows.head()?,
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

    fn head(&mut self) -> Result<()> {
        let place = ["time", "frame", "track", "x", "y", "width", "height", "score"].map(str::to_owned);
        let points = LANDMARKS.iter().flat_map(|name| [format!("{name}_x"), format!("{name}_y")]);
        let of = |letter: &str| self.classes.iter().map(|class| format!("{letter}_{class}")).collect::<Vec<_>>();
        let cells = place.into_iter().chain(points).chain(["class".to_owned()]);
        let cells: Vec<String> = cells.chain(of("p")).chain(of("s")).chain(["problem".to_owned()]).collect();
        self.cells(&cells)
    }

    /// A frame's faces; one without says so.
    pub(super) fn frame(&mut self, moment: Moment, faces: &[TrackedFace]) -> Result<()> {
        match (self.form, faces) {
            (Form::Table, _) => Ok(()),
            (_, []) => self.problem(Some(moment), "no face"),
            (Form::Json, faces) => faces.iter().try_for_each(|face| self.json(Some(moment), Ok(face))),
            (Form::Csv, faces) => faces.iter().try_for_each(|face| self.csv(moment, face)),
        }
    }

    /// What went wrong at a frame.
    pub(super) fn problem(&mut self, moment: Option<Moment>, problem: &str) -> Result<()> {
        match self.form {
            // It is said on standard error.
            Form::Table => Ok(()),
            Form::Json => self.json(moment, Err(problem)),
            Form::Csv => {
                let mut cells = vec![String::new(); 8 + 2 * LANDMARKS.len() + 1 + 2 * self.classes.len()];
                if let Some(Moment { number, time }) = moment {
                    (cells[0], cells[1]) = (time.to_string(), number.to_string());
                }
                cells.push(problem.to_owned());
                self.cells(&cells)
            }
        }
    }

    /// An episode that has ended.
    pub(super) fn episode(&mut self, episode: &Episode) -> Result<()> {
        if self.form == Form::Table {
            let Episode { track, class, from, to, probability, .. } = episode;
            let (width, class) = (self.class_width(), escaped(&self.classes[*class]));
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
        self.classes.iter().map(|class| escaped(class).chars().count()).max().unwrap_or(0).max(CLASS)
    }

    fn json(&mut self, moment: Option<Moment>, finding: Result<&TrackedFace, &str>) -> Result<()> {
        let face = finding.ok().map(|face| TrackRecord::new(&self.classes, face));
        let row = JsonRow { moment, face, problem: finding.err() };
        writeln!(self.out, "{}", serde_json::to_string(&row)?)?;
        Ok(())
    }

    fn csv(&mut self, Moment { number, time }: Moment, face: &TrackedFace) -> Result<()> {
        let place = &face.place;
        let mut cells = vec![time.to_string(), number.to_string(), face.number.unwrap_or_default().to_string()];
        cells.extend([place.x, place.y, place.width, place.height].map(|side| side.to_string()));
        cells.push(place.score.to_string());
        cells.extend(place.landmarks.iter().flatten().map(f64::to_string));
        cells.push(self.classes[face.top()].clone());
        cells.extend(face.probabilities.iter().chain(&face.smoothed).map(|share| format!("{share:.6}")));
        cells.push(String::new());
        self.cells(&cells)
    }

    fn cells(&mut self, cells: &[String]) -> Result<()> {
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

/// `1:02:03.50`, without the hours where there are none.
pub(super) fn clock(seconds: f64) -> String {
    let hundredths = (100.0 * seconds).round().max(0.0) as u64;
    let (hours, minutes, rest) = (hundredths / 360_000, hundredths / 6000 % 60, hundredths % 6000);
    let rest = format!("{:02}.{:02}", rest / 100, rest % 100);
    if hours > 0 { format!("{hours}:{minutes:02}:{rest}") } else { format!("{minutes}:{rest}") }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_told_as_on_a_clock() {
        let told = [0.0, 1.234, 59.999, 75.5, 3723.5].map(clock);
        assert_eq!(told, ["0:00.00", "0:01.23", "1:00.00", "1:15.50", "1:02:03.50"]);
    }
}
