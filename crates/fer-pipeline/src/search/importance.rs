//! How much of the differences between trials goes with each parameter.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;

use super::space::Values;

/// With fewer trials, nothing is said.
const FEWEST: usize = 10;
/// Groups of a range's values, and trials that each must have.
const GROUPS: usize = 4;
const GROUP: usize = 5;

/// The importance of a parameter.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Importance {
    /// The parameter.
    pub name: String,
    /// Share of the variance of the scores that lies between groups of its values, less what chance alone would bring: ε²
    /// (Kelley, 1935), from 0 to 1.
    pub share: f64,
}

/// The importance of each parameter, the largest first, by the values and scores of trials; nothing of fewer than ten. A trial
/// without a score counts as the worst.
pub(super) fn importance(names: &[String], trials: &[(&Values, Option<f64>)]) -> Vec<Importance> {
    let worst = trials.iter().filter_map(|(_, score)| *score).fold(f64::INFINITY, f64::min);
    if trials.len() < FEWEST || worst == f64::INFINITY {
        return vec![];
    }
    let scores: Vec<f64> = trials.iter().map(|(_, score)| score.unwrap_or(worst)).collect();
    let of = |name: &String| {
        let values: Vec<Option<&Value>> = trials.iter().map(|(values, _)| values.get(name)).collect();
        Importance { name: name.clone(), share: epsilon_squared(&groups(&values), &scores) }
    };
    let mut all: Vec<Importance> = names.iter().map(of).collect();
    all.sort_by(|a, b| b.share.total_cmp(&a.share).then_with(|| a.name.cmp(&b.name)));
    all
}

/// The group of each value: a choice is one, so is a parameter that is left out; numbers of which there are many are cut
/// into groups of about as many trials.
fn groups(values: &[Option<&Value>]) -> Vec<usize> {
    let mut numbers: Vec<f64> = values.iter().flatten().filter_map(|value| value.as_f64()).collect();
    numbers.sort_by(f64::total_cmp);
    let count = (numbers.len() / GROUP).clamp(1, GROUPS);
    let mut distinct = numbers.clone();
    distinct.dedup();
    let name = |value: &Option<&Value>| match value.map(|value| (value, value.as_f64())) {
        // Equal numbers are in one group.
        Some((_, Some(number))) if distinct.len() > count => {
            let below = numbers.partition_point(|other| *other < number);
            format!("group {}", below * count / numbers.len())
        }
        Some((value, _)) => value.to_string(),
        None => String::new(),
    };
    let names: Vec<String> = values.iter().map(name).collect();
    let mut known: BTreeMap<&str, usize> = BTreeMap::new();
    names.iter().for_each(|name| {
        let next = known.len();
        known.entry(name).or_insert(next);
    });
    names.iter().map(|name| known[name.as_str()]).collect()
}

/// ε² = (between − (k − 1) · within / (n − k)) / all: sums of squares of one-way analysis of variance, for k groups of n
/// scores; 0 where it would be less.
fn epsilon_squared(groups: &[usize], scores: &[f64]) -> f64 {
    let n = scores.len() as f64;
    let mean = scores.iter().sum::<f64>() / n;
    let all: f64 = scores.iter().map(|score| (score - mean).powi(2)).sum();
    let k = groups.iter().max().map_or(0, |last| last + 1);
    let between: f64 = (0..k)
        .map(|group| {
            let own: Vec<f64> =
                groups.iter().zip(scores).filter(|(other, _)| **other == group).map(|(_, score)| *score).collect();
            own.len() as f64 * (own.iter().sum::<f64>() / own.len() as f64 - mean).powi(2)
        })
        .sum();
    if k < 2 || all <= 0.0 || scores.len() <= k {
        return 0.0;
    }
    let within = (all - between) / (n - k as f64);
    ((between - (k as f64 - 1.0) * within) / all).max(0.0)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_share_is_that_of_the_textbook() {
        // Groups with means 2 and 5 about 3.5: between 6 · 1.5² = 13.5; within 2 + 2; all 17.5.
        let share = epsilon_squared(&[0, 0, 0, 1, 1, 1], &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0]);
        assert!((share - (13.5 - 1.0 * 4.0 / 4.0) / 17.5).abs() < 1e-12, "{share}");
        assert_eq!(epsilon_squared(&[0, 1, 0, 1], &[1.0, 1.0, 2.0, 2.0]), 0.0);
        assert_eq!(epsilon_squared(&[0, 0, 0], &[1.0, 2.0, 3.0]), 0.0);
    }

    #[test]
    fn what_matters_stands_first() {
        let trials: Vec<(Values, Option<f64>)> = (0..40)
            .map(|index| {
                let rate = f64::from(index * 7 % 40) / 40.0;
                let values =
                    json!({"a.rate": rate, "a.batch": index % 3 * 16, "a.name": (["x", "y"][index as usize % 2])});
                let score = (index % 13 != 5).then_some(1.0 - (rate - 0.2).powi(2) + f64::from(index % 2) * 0.1);
                (serde_json::from_value(values).unwrap(), score)
            })
            .collect();
        let trials: Vec<(&Values, Option<f64>)> = trials.iter().map(|(values, score)| (values, *score)).collect();
        let names = ["a.batch", "a.name", "a.rate"].map(str::to_owned);
        let found = importance(&names, &trials);
        assert_eq!(found[0].name, "a.rate");
        assert!(found[0].share > 0.4 && found[2].share < 0.1, "{found:?}");
        assert!(importance(&names, &trials[..9]).is_empty());
    }

    #[test]
    fn equal_numbers_and_absent_values_are_groups() {
        let values = json!([1, 1, 2, 2, 3, null, 3]);
        let values: Vec<Option<&Value>> =
            values.as_array().unwrap().iter().map(|value| Some(value).filter(|value| !value.is_null())).collect();
        assert_eq!(groups(&values), [0, 0, 0, 0, 0, 1, 0], "too few for more groups");
        let many: Vec<Value> = (0..20).map(|index| json!(index / 4)).collect();
        let many: Vec<Option<&Value>> = many.iter().map(Some).collect();
        let found = groups(&many);
        assert!(found.chunks(4).all(|four| four.iter().all(|group| group == &four[0])), "{found:?}");
        assert_eq!(found.iter().max(), Some(&3));
    }
}
