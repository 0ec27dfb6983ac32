//! Curves of the training.

use plotters::coord::combinators::BindKeyPoints;
use plotters::prelude::*;
use plotters::style::text_anchor::HPos;
use serde_json::Value;

use super::ink::{Canvas, DrawError, Ink, SCALE, draw, text};
use super::ticks::{rounded_out, ticks, whole_ticks};
use crate::Error;
use crate::format::percent;

const SIZE: (i32, i32) = (330, 220);
/// Free space at the right for the names of the lines.
const NAMES: i32 = 66;
/// With at most so many points a line shows them as dots.
const DOTS: usize = 40;

/// What the model's header says of its training, as far as it says it.
#[derive(Debug, Default)]
pub(crate) struct Training {
    /// Epochs planned.
    pub(crate) epochs: Option<u64>,
    /// Epoch of the weights.
    pub(crate) epoch: Option<u64>,
    /// `last` or `best`.
    pub(crate) select: Option<String>,
    pub(crate) history: Vec<Epoch>,
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct Epoch {
    epoch: f64,
    loss: Option<f64>,
    learning_rate: Option<f64>,
    train_accuracy: Option<f64>,
    validation_accuracy: Option<f64>,
}

impl Training {
    /// Takes what is there: a model from a program of the user's own may say less, or other things.
    pub(crate) fn of_header(training: &Value) -> Self {
        let history = training["history"].as_array().map_or(&[][..], Vec::as_slice);
        Self {
            epochs: training["epochs"].as_u64(),
            epoch: training["epoch"].as_u64(),
            select: training["select"].as_str().map(str::to_owned),
            history: history.iter().filter_map(Epoch::of_record).collect(),
        }
    }
}

impl Training {
    /// Whether the epoch of the weights lies inside the curves, where a line marks it.
    pub(crate) fn is_marked(&self) -> bool {
        let epochs = || self.history.iter().map(|epoch| epoch.epoch);
        self.epoch.is_some_and(|epoch| epochs().any(|e| e < epoch as f64) && epochs().any(|e| e > epoch as f64))
    }
}

impl Epoch {
    fn of_record(record: &Value) -> Option<Self> {
        Some(Self {
            epoch: record["epoch"].as_u64()? as f64,
            loss: record["loss"].as_f64(),
            learning_rate: record["learning_rate"].as_f64(),
            train_accuracy: record["train_accuracy"].as_f64(),
            validation_accuracy: record["validation_accuracy"].as_f64(),
        })
    }
}

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

/// Loss over the epochs; `None` if no epoch has one.
pub(crate) fn loss(training: &Training) -> Result<Option<String>, Error> {
    Chart {
        figure: "loss",
        description: "Training loss over the epochs",
        lines: vec![Line::new("train", Ink::First, training, |epoch| epoch.loss)],
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
        let ((first, last), (low, high)) = (self.epochs(), self.range());
        let x = (first..last).with_key_points(whole_ticks(first, last, 6));
        let y = (low..high).with_key_points(ticks(low, high, 5));
        let mut chart = ChartBuilder::on(canvas)
            .margin_top(8 * SCALE)
            .margin_right(NAMES * SCALE)
            .x_label_area_size(24 * SCALE)
            .y_label_area_size(44 * SCALE)
            .build_cartesian_2d(x, y)?;
        chart
            .configure_mesh()
            .disable_x_mesh()
            .bold_line_style(Ink::Grid.line(10))
            .light_line_style(TRANSPARENT)
            .axis_style(Ink::Grid.line(10))
            .set_all_tick_mark_size(5 * SCALE)
            .x_label_style(text(Ink::Muted, HPos::Center))
            .y_label_style(text(Ink::Muted, HPos::Right))
            .x_label_formatter(&|epoch| format!("{epoch:.0}"))
            .y_label_formatter(&|value| (self.label)((value * 1e12).round() / 1e12))
            .draw()?;
        if let Some(epoch) = training.epoch.map(|epoch| epoch as f64).filter(|&epoch| first < epoch && epoch < last) {
            let line = [(epoch, low), (epoch, high)];
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

    /// First and last epoch, with room for a single one.
    fn epochs(&self) -> (f64, f64) {
        let epochs = || self.lines.iter().flat_map(|line| &line.points).map(|point| point.0);
        let (first, last) = (epochs().fold(f64::INFINITY, f64::min), epochs().fold(0.0, f64::max));
        if first < last { (first, last) } else { (first - 1.0, first + 1.0) }
    }

    fn range(&self) -> (f64, f64) {
        let values = || self.lines.iter().flat_map(|line| &line.points).map(|point| point.1);
        let start = if self.from_zero { 0.0 } else { f64::INFINITY };
        let (low, high) = (values().fold(start, f64::min), values().fold(f64::NEG_INFINITY, f64::max));
        if low < high { rounded_out(low, high, 5) } else { (low - 0.5, low + 0.5) }
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
