//! From a place in a range to a value.

use serde_json::{Number, Value};

use super::raw::Range;
use crate::yaml::twice::repeated;

/// Largest whole number of a range: all up to it are exact as floating-point numbers.
const LARGEST: i64 = 1 << 53;

impl Range {
    /// Values of a choice; none of a range of numbers.
    pub(super) fn choices(&self) -> Option<&[Value]> {
        match self {
            Self::Choice { values, .. } => Some(values),
            _ => None,
        }
    }

    /// The value at a place: of a choice, its index; of a range, how far it is from the low to the high end, from 0 to 1.
    /// Numbers that are not whole have four digits, so that they can be read and written again.
    pub(super) fn value(&self, place: f64) -> Value {
        let number = |value: f64| Number::from_f64(value).map_or(Value::Null, Value::Number);
        match *self {
            Self::Linear { low, high, .. } => number(rounded(low + place * (high - low)).clamp(low, high)),
            Self::Log { low, high, .. } => number(rounded(between_logarithms(low, high, place)).clamp(low, high)),
            Self::Int { low, high, .. } => {
                let count = (high - low) as f64 + 1.0;
                Value::from((low + (place * count).floor() as i64).min(high))
            }
            Self::LogInt { low, high, .. } => {
                // Each whole number has the room from half below it to half above it.
                let value = between_logarithms(low as f64 - 0.5, high as f64 + 0.5, place).round() as i64;
                Value::from(value.clamp(low, high))
            }
            Self::Choice { ref values, .. } => values.get(place as usize).cloned().unwrap_or_default(),
        }
    }

    /// The values that are checked before the first trial: all of a choice, both ends of a range. With the last steps of
    /// each one's place in the file.
    pub(super) fn tried(&self) -> Vec<(f64, Vec<crate::yaml::locate::Segment>)> {
        match self {
            Self::Choice { values, .. } => {
                (0..values.len()).map(|index| (index as f64, vec!["values".into(), index.into()])).collect()
            }
            _ => vec![(0.0, vec!["low".into()]), (1.0, vec!["high".into()])],
        }
    }

    /// What is wrong with it, and at which of its keys.
    pub(super) fn fault(&self) -> Option<(&'static str, String)> {
        let order = |low: String, high: String| {
            Some(("high", format!("expected a number above `low`, which is {low}, found {high}")))
        };
        match self {
            Self::Linear { low, high, .. } | Self::Log { low, high, .. } if low >= high => {
                order(low.to_string(), high.to_string())
            }
            Self::Linear { low, high, .. } if !(high - low).is_finite() => Some((
                "high",
                format!("expected a number at most {:e} above `low`, which is {low:e}, found {high:e}", f64::MAX),
            )),
            Self::Int { low, high, .. } | Self::LogInt { low, high, .. } if low >= high => {
                order(low.to_string(), high.to_string())
            }
            Self::Int { low, high, .. } | Self::LogInt { low, high, .. } if low.min(&-high) < &-LARGEST => {
                Some(("high", format!("expected numbers from -{LARGEST} to {LARGEST}")))
            }
            Self::Log { low, .. } if *low <= 0.0 => Some(("low", format!("expected a number above 0, found {low}"))),
            Self::LogInt { low, .. } if *low < 1 => {
                Some(("low", format!("expected a whole number from 1, found {low}")))
            }
            Self::Choice { values, .. } if values.is_empty() => {
                Some(("values", "expected at least one value, found none".to_owned()))
            }
            Self::Choice { values, .. } => repeated(values).next().map(|(_, message)| ("values", message)),
            _ => None,
        }
    }
}

fn between_logarithms(low: f64, high: f64, place: f64) -> f64 {
    let (low, high) = (libm::log(low), libm::log(high));
    libm::exp(low + place * (high - low))
}

/// To four significant digits.
fn rounded(value: f64) -> f64 {
    format!("{value:.3e}").parse().unwrap_or(value)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn range(json: Value) -> Range {
        serde_json::from_value(json).unwrap()
    }

    fn at(range: &Range, places: &[f64]) -> Vec<Value> {
        places.iter().map(|&place| range.value(place)).collect()
    }

    #[test]
    fn places_are_spread_as_the_kind_says() {
        let linear = range(json!({"kind": "linear", "low": -1, "high": 3}));
        assert_eq!(at(&linear, &[0.0, 0.5, 1.0]), [json!(-1.0), json!(1.0), json!(3.0)]);
        let log = range(json!({"kind": "log", "low": 0.001, "high": 0.1}));
        assert_eq!(at(&log, &[0.0, 0.25, 0.5, 1.0]), [json!(0.001), json!(0.003162), json!(0.01), json!(0.1)]);
        let int = range(json!({"kind": "int", "low": -1, "high": 2}));
        assert_eq!(at(&int, &[0.0, 0.24, 0.26, 0.51, 0.99, 1.0]), [-1, -1, 0, 1, 2, 2].map(Value::from));
        // The middle of ln 0.5 and ln 8.5 is that of 2.06.
        let log_int = range(json!({"kind": "log-int", "low": 1, "high": 8}));
        assert_eq!(at(&log_int, &[0.0, 0.38, 0.4, 0.5, 1.0]), [1, 1, 2, 2, 8].map(Value::from));
        let choice = range(json!({"kind": "choice", "values": ["a", {"b": 1}]}));
        assert_eq!(at(&choice, &[0.0, 1.0]), [json!("a"), json!({"b": 1})]);
    }

    #[test]
    fn what_is_no_range_is_refused() {
        let fault = |json: Value| range(json).fault().map(|(key, message)| format!("{key}: {message}"));
        let is = |json: Value, expected: &str| assert_eq!(fault(json).as_deref(), Some(expected));
        is(json!({"kind": "linear", "low": 1, "high": 1}), "high: expected a number above `low`, which is 1, found 1");
        is(json!({"kind": "log", "low": 0, "high": 1}), "low: expected a number above 0, found 0");
        is(json!({"kind": "log-int", "low": 0, "high": 4}), "low: expected a whole number from 1, found 0");
        is(json!({"kind": "int", "low": 4, "high": 2}), "high: expected a number above `low`, which is 4, found 2");
        is(json!({"kind": "choice", "values": []}), "values: expected at least one value, found none");
        is(json!({"kind": "choice", "values": [1, 2, 1]}), "values: 1 stands in this list for the second time");
        assert_eq!(fault(json!({"kind": "choice", "values": [1]})), None);
        is(
            json!({"kind": "linear", "low": -1e308, "high": 1e308}),
            "high: expected a number at most 1.7976931348623157e308 above `low`, which is -1e308, found 1e308",
        );
        assert_eq!(fault(json!({"kind": "linear", "low": -1e307, "high": 1e308})), None);
        assert!(fault(json!({"kind": "int", "low": 0, "high": i64::MAX})).is_some());
    }
}
