//! Axes with round numbers.

use std::ops::Range;

use plotters::coord::ranged1d::{DefaultFormatting, KeyPointHint, Ranged};

/// A range of numbers with ticks of our choice.
#[derive(Debug, Clone)]
pub(crate) struct Axis {
    low: f64,
    high: f64,
    ticks: Vec<f64>,
}

impl Axis {
    /// From `low` to `high`, with at most about `most` round ticks between them.
    pub(crate) fn new(low: f64, high: f64, most: usize) -> Self {
        Self { low, high, ticks: multiples(low, high, step(high - low, most)) }
    }

    /// As [`Self::new`], but the ticks are whole numbers.
    pub(crate) fn whole(low: f64, high: f64, most: usize) -> Self {
        Self { low, high, ticks: multiples(low, high, step(high - low, most).max(1.0)) }
    }

    /// As [`Self::new`], the ends moved outwards to a tick.
    pub(crate) fn around(low: f64, high: f64, most: usize) -> Self {
        let step = step(high - low, most);
        Self::new((low / step + 1e-9).floor() * step, (high / step - 1e-9).ceil() * step, most)
    }

    /// One number, in the middle.
    pub(crate) fn single(value: f64) -> Self {
        Self { low: value - 1.0, high: value + 1.0, ticks: vec![value] }
    }

    /// 0 to 1 in quarters.
    pub(crate) fn shares() -> Self {
        Self { low: 0.0, high: 1.0, ticks: vec![0.0, 0.25, 0.5, 0.75, 1.0] }
    }
}

impl Ranged for Axis {
    type FormatOption = DefaultFormatting;
    type ValueType = f64;

    fn map(&self, value: &f64, limit: (i32, i32)) -> i32 {
        let share = (value - self.low) / (self.high - self.low);
        limit.0 + (share * f64::from(limit.1 - limit.0)).round() as i32
    }

    fn key_points<Hint: KeyPointHint>(&self, _hint: Hint) -> Vec<f64> {
        self.ticks.clone()
    }

    fn range(&self) -> Range<f64> {
        self.low..self.high
    }
}

/// The smallest of 1, 2, 5 times a power of ten that cuts the span into at most `most` pieces.
fn step(span: f64, most: usize) -> f64 {
    let rough = (span / most as f64).max(f64::MIN_POSITIVE);
    let power = libm::pow(10.0, libm::log10(rough).floor());
    let steps = [1.0, 2.0, 5.0, 10.0].map(|factor| factor * power);
    steps.into_iter().find(|&step| step >= rough * 0.999_999).unwrap_or(rough)
}

fn multiples(low: f64, high: f64, step: f64) -> Vec<f64> {
    let (first, last) = ((low / step - 1e-9).ceil() as i64, (high / step + 1e-9).floor() as i64);
    (first..=last).map(|index| index as f64 * step).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(axis: &Axis) -> String {
        axis.ticks.iter().map(|value| format!("{value:.2}")).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn ticks_are_round_and_inside() {
        assert_eq!(shown(&Axis::new(0.0, 1.0, 5)), "0.00 0.20 0.40 0.60 0.80 1.00");
        assert_eq!(shown(&Axis::new(0.31, 0.78, 5)), "0.40 0.50 0.60 0.70");
        assert_eq!(shown(&Axis::whole(1.0, 3.0, 5)), "1.00 2.00 3.00");
        assert_eq!(shown(&Axis::whole(1.0, 100.0, 5)), "20.00 40.00 60.00 80.00 100.00");
    }

    #[test]
    fn an_axis_is_rounded_outwards_but_not_past_a_tick() {
        assert_eq!(shown(&Axis::around(0.31, 1.94, 4)), "0.00 0.50 1.00 1.50 2.00");
        let axis = Axis::around(0.5, 1.5, 2);
        assert!((axis.low - 0.5).abs() < 1e-9 && (axis.high - 1.5).abs() < 1e-9, "{axis:?}");
    }

    #[test]
    fn values_are_mapped_linearly_to_pixels() {
        let axis = Axis::new(1.0, 3.0, 2);
        assert_eq!([1.0, 2.0, 3.0].map(|value| axis.map(&value, (100, 0))), [100, 50, 0]);
    }
}
