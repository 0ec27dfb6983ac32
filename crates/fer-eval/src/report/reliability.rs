//! Whether probabilities can be taken at their word.

use plotters::prelude::*;

use super::axis::Axis;
use super::coordinates::{Grid, coordinates};
use super::ink::{Canvas, DrawError, Ink, SCALE, draw};
use crate::Error;
use crate::scores::{Bin, CALIBRATION_BINS, Outcome, calibration};

const SIZE: (i32, i32) = (330, 330);
/// Radius of a dot that holds every image, in pixels.
const LARGEST: f64 = 18.0;

/// Accuracy against mean probability, a dot a bin of the calibration error; a dot's area says how many images it holds.
/// Where a temperature was fitted, the dots are with it, and rings show what was before.
pub(crate) fn reliability(outcomes: &[Outcome], calibrated: Option<&[Outcome]>) -> Result<String, Error> {
    let before = calibration(outcomes);
    let bins = match calibrated {
        Some(calibrated) => [(calibration(calibrated), Ink::First.fill()), (before, Ink::Second.line(15))].to_vec(),
        None => vec![(before, Ink::First.fill())],
    };
    draw("reliability", "Accuracy against probability", SIZE, |canvas| fill(canvas, &bins))
}

fn fill(canvas: &Canvas<'_>, series: &[([Bin; CALIBRATION_BINS], ShapeStyle)]) -> Result<(), DrawError> {
    let label = |share: &f64| format!("{:.0}{}", 100.0 * share, if *share == 1.0 { " %" } else { "" });
    let axes = (Axis::shares(), Axis::shares());
    let mut chart = coordinates(canvas, [10, 18], axes, Grid::Both, [&label, &label])?;
    chart.draw_series(LineSeries::new([(0.0, 0.0), (1.0, 1.0)], Ink::Muted.line(10)))?;
    for (bins, style) in series {
        chart.draw_series(dots(bins, *style))?;
    }
    Ok(())
}

fn dots(bins: &[Bin], style: ShapeStyle) -> impl Iterator<Item = Circle<(f64, f64), i32>> {
    let all: usize = bins.iter().map(|bin| bin.n).sum();
    bins.iter().filter(|bin| bin.n > 0).map(move |bin| {
        let n = bin.n as f64;
        let radius = (LARGEST * (n / all as f64).sqrt()).max(2.0);
        Circle::new((bin.probability / n, bin.correct as f64 / n), (radius * f64::from(SCALE)) as i32, style)
    })
}
