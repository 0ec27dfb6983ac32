//! Curves of the training.

use plotters::coord::ranged1d::Ranged;
use plotters::prelude::*;
use plotters::style::text_anchor::HPos;

use super::axis::Axis;
use super::coordinates::{Grid, coordinates};
use super::ink::{Canvas, DrawError, Ink, SCALE, draw, text};
use super::training::{Epoch, Training};
use crate::Error;
use crate::format::percent;

const SIZE: (i32, i32) = (330, 220);
/// Free space at the right for the names of the lines.
const NAMES: i32 = 66;
/// The same where a line has no name.
const BARE: i32 = 12;
/// With at most so many points a line shows them as dots.
const DOTS: usize = 40;

/// One curve: its name at its end, its points by epoch.
struct Line {
    name: &'static str,
    ink: Ink,
    points: Vec<(f64, f64)>,
}

impl Line {
    fn new(name: &'static str, ink: Ink, training: &Training, value: fn(&Epoch) -> Option<f64>) -> Self {
        let points = training.history.iter().filter_map(|epoch| Some((epoch.epoch, value(epoch)?)));
        Self { name, ink, points: points.collect() }
    }
}

/// A chart of one quantity over the epochs.
struct Chart {
    figure: &'static str,
    description: &'static str,
    lines: Vec<Line>,
    /// The axis starts at 0 whatever the values.
    from_zero: bool,
    label: fn(f64) -> String,
}

/// Loss on train over the epochs, and on validation where it was measured; `None` if no epoch has one.
pub(crate) fn loss(training: &Training) -> Result<Option<String>, Error> {
    Chart {
        figure: "loss",
        description: "Loss on train and validation over the epochs",
        lines: vec![
            Line::new("train", Ink::First, training, |epoch| epoch.loss),
            Line::new("validation", Ink::Second, training, |epoch| epoch.validation_loss),
        ],
        from_zero: true,
        label: |value| format!("{value}"),
    }
    .draw(training)
}

/// Accuracy on train and validation over the epochs, where it was measured.
pub(crate) fn accuracy(training: &Training) -> Result<Option<String>, Error> {
    Chart {
        figure: "accuracy",
        description: "Accuracy on train and validation over the epochs",
        lines: vec![
            Line::new("train", Ink::First, training, |epoch| epoch.train_accuracy),
            Line::new("validation", Ink::Second, training, |epoch| epoch.validation_accuracy),
        ],
        from_zero: false,
        label: |value| format!("{} %", percent(value).trim_end_matches(".0")),
    }
    .draw(training)
}

/// Learning rate over the epochs.
pub(crate) fn learning_rate(training: &Training) -> Result<Option<String>, Error> {
    Chart {
        figure: "learning-rate",
        description: "Learning rate over the epochs",
        lines: vec![Line::new("", Ink::First, training, |epoch| epoch.learning_rate)],
        from_zero: true,
        label: |value| if value != 0.0 && value < 1e-3 { format!("{value:.0e}") } else { format!("{value}") },
    }
    .draw(training)
}

impl Chart {
    fn draw(mut self, training: &Training) -> Result<Option<String>, Error> {
        self.lines.retain(|line| !line.points.is_empty());
        if self.lines.is_empty() {
            return Ok(None);
        }
        draw(self.figure, self.description, SIZE, |canvas| self.fill(canvas, training)).map(Some)
    }

    fn fill(&self, canvas: &Canvas<'_>, training: &Training) -> Result<(), DrawError> {
        let (x, y) = (training.axis(), self.axis());
        let ends = y.range();
        let right = if self.lines.iter().any(|line| !line.name.is_empty()) { NAMES } else { BARE };
        let x_label = |epoch: &f64| format!("{epoch:.0}");
        let y_label = |value: &f64| (self.label)((value * 1e12).round() / 1e12);
        let mut chart = coordinates(canvas, [8, right], (x, y), Grid::Level, [&x_label, &y_label])?;
        if let Some(epoch) = training.marked() {
            let line = [(epoch, ends.start), (epoch, ends.end)];
            chart.draw_series(DashedLineSeries::new(line, 3 * SCALE, 3 * SCALE, Ink::Muted.line(10)))?;
        }
        for line in &self.lines {
            chart.draw_series(LineSeries::new(line.points.iter().copied(), Ink::line(line.ink, 20)))?;
            let dots = if line.points.len() <= DOTS { &line.points[..] } else { &[] };
            chart.draw_series(dots.iter().map(|&point| Circle::new(point, 5 * SCALE / 2, line.ink.fill())))?;
        }
        let ends = self.lines.iter().map(|line| chart.backend_coord(&line.points[line.points.len() - 1]));
        for (line, place) in self.lines.iter().zip(apart(ends.collect())) {
            canvas.draw(&Text::new(line.name, place, text(line.ink, HPos::Left)))?;
        }
        Ok(())
    }

    fn axis(&self) -> Axis {
        let values = || self.lines.iter().flat_map(|line| &line.points).map(|point| point.1);
        let start = if self.from_zero { 0.0 } else { f64::INFINITY };
        let (low, high) = (values().fold(start, f64::min), values().fold(f64::NEG_INFINITY, f64::max));
        if low < high { Axis::around(low, high, 5) } else { Axis::around(low - 0.5, low + 0.5, 5) }
    }
}

/// Places for names right of these points, moved apart where they would overlap.
fn apart(mut places: Vec<(i32, i32)>) -> Vec<(i32, i32)> {
    let least = 14 * SCALE;
    if let [(_, one), (_, two)] = &mut places[..]
        && (*one - *two).abs() < least
    {
        let (middle, sign) = ((*one + *two) / 2, if *one <= *two { 1 } else { -1 });
        (*one, *two) = (middle - sign * least / 2, middle + sign * least / 2);
    }
    places.into_iter().map(|(x, y)| (x + 8 * SCALE, y)).collect()
}
