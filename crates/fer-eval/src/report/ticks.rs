//! Round numbers for an axis.

/// At most `most` + 1 multiples of 1, 2 or 5 times a power of ten within `[low, high]`; ascending.
pub(crate) fn ticks(low: f64, high: f64, most: usize) -> Vec<f64> {
    let step = step(high - low, most);
    multiples(low, high, step)
}

/// As [`ticks`], but whole numbers.
pub(crate) fn whole_ticks(low: f64, high: f64, most: usize) -> Vec<f64> {
    multiples(low, high, step(high - low, most).max(1.0))
}

/// The next tick at or outside each end.
pub(crate) fn rounded_out(low: f64, high: f64, most: usize) -> (f64, f64) {
    let step = step(high - low, most);
    ((low / step + 1e-9).floor() * step, (high / step - 1e-9).ceil() * step)
}

fn step(span: f64, most: usize) -> f64 {
    let rough = (span / most as f64).max(f64::MIN_POSITIVE);
    let power = 10f64.powf(rough.log10().floor());
    [1.0, 2.0, 5.0, 10.0]
        .into_iter()
        .map(|factor| factor * power)
        .find(|&step| step >= rough * 0.999_999)
        .unwrap_or(rough)
}

fn multiples(low: f64, high: f64, step: f64) -> Vec<f64> {
    let (first, last) = ((low / step - 1e-9).ceil() as i64, (high / step + 1e-9).floor() as i64);
    (first..=last).map(|index| index as f64 * step).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_round_and_inside() {
        let rounded = |values: Vec<f64>| values.iter().map(|value| format!("{value:.2}")).collect::<Vec<_>>().join(" ");
        assert_eq!(rounded(ticks(0.0, 1.0, 5)), "0.00 0.20 0.40 0.60 0.80 1.00");
        assert_eq!(rounded(ticks(0.31, 0.78, 5)), "0.40 0.50 0.60 0.70");
        assert_eq!(rounded(whole_ticks(1.0, 3.0, 5)), "1.00 2.00 3.00");
        assert_eq!(rounded(whole_ticks(1.0, 100.0, 5)), "20.00 40.00 60.00 80.00 100.00");
    }

    #[test]
    fn an_axis_is_rounded_outwards_but_not_past_a_tick() {
        let (low, high) = rounded_out(0.31, 1.94, 4);
        assert!((low - 0.0).abs() < 1e-9 && (high - 2.0).abs() < 1e-9, "{low} {high}");
        let (low, high) = rounded_out(0.5, 1.5, 2);
        assert!((low - 0.5).abs() < 1e-9 && (high - 1.5).abs() < 1e-9, "{low} {high}");
    }
}
