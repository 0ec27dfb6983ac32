//! Conditions on runs, and orders of them.

use std::cmp::Ordering;
use std::str::FromStr;

use fer_artifact::Split;
use fer_pipeline::compare::Run;
use serde_json::Value;

/// Longer ones first: `<=` is no `<`.
const OPERATORS: [&str; 7] = ["!=", "<=", ">=", "=", "<", ">", "~"];

/// `train.epochs>10`.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Condition {
    pub(super) name: String,
    operator: &'static str,
    value: Value,
    /// The value as it is written, which a text is compared with even where it looks like a number.
    text: String,
}

/// By which value runs are sorted.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Order {
    pub(super) name: String,
}

impl FromStr for Condition {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let usage = || format!("expected NAME=VALUE, as in train.epochs>10 or state=failed, found `{text}`");
        let place = text.find(['=', '!', '<', '>', '~']).filter(|place| *place > 0).ok_or_else(usage)?;
        let rest = &text[place..];
        let operator = OPERATORS.into_iter().find(|operator| rest.starts_with(operator)).ok_or_else(usage)?;
        let written = rest[operator.len()..].trim();
        let value: Value = serde_json::from_str(written).unwrap_or_else(|_| written.into());
        let as_text = value.as_str().unwrap_or(written).to_owned();
        Ok(Self { name: text[..place].trim().to_owned(), operator, value, text: as_text })
    }
}

impl FromStr for Order {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        Ok(Self { name: name.trim().to_owned() })
    }
}

impl Condition {
    /// Whether the run has the value and fits.
    pub(super) fn fits(&self, run: &Run) -> bool {
        value(run, &self.name).is_some_and(|found| self.holds(&found))
    }

    fn holds(&self, found: &Value) -> bool {
        let order = match found {
            Value::String(found) => Some(found.cmp(&self.text)),
            found => compare(found, &self.value),
        };
        match self.operator {
            "=" => order == Some(Ordering::Equal),
            "!=" => order != Some(Ordering::Equal),
            "<" => order == Some(Ordering::Less),
            "<=" => matches!(order, Some(Ordering::Less | Ordering::Equal)),
            ">" => order == Some(Ordering::Greater),
            ">=" => matches!(order, Some(Ordering::Greater | Ordering::Equal)),
            _ => plain(found).contains(&self.text),
        }
    }
}

impl Order {
    /// Sorts the runs: numbers before texts; those without the value stand last.
    pub(super) fn apply(&self, runs: &mut [Run], is_reversed: bool) {
        let score = self.name.rsplit_once('.').map_or("accuracy", |(_, score)| score);
        let is_score = runs.iter().all(|run| !run.parameters.contains_key(&self.name))
            && self.name.split('.').next().and_then(split).is_some()
            && !["loss", "ece", "n"].contains(&score);
        runs.sort_by(|one, other| match (value(one, &self.name), value(other, &self.name)) {
            (Some(one), Some(other)) => {
                let order = compare(&one, &other).unwrap_or_else(|| other.is_number().cmp(&one.is_number()));
                if is_score == is_reversed { order } else { order.reverse() }
            }
            (one, other) => one.is_none().cmp(&other.is_none()),
        });
    }
}

/// Whether none of the runs has such a value.
pub(super) fn unknown(name: &str, runs: &[Run]) -> bool {
    runs.iter().all(|run| value(run, name).is_none()) && !["note", "finished"].contains(&name)
}

/// What a run has under this name.
fn value(run: &Run, name: &str) -> Option<Value> {
    match name {
        "run" => Some(run.path.display().to_string().into()),
        "state" => serde_json::to_value(&run.state).ok()?.get("state").cloned(),
        "note" => run.note.clone().map(Value::from),
        "finished" => run.finished.clone().map(Value::from),
        _ => run.parameters.get(name).cloned().or_else(|| score(run, name)),
    }
}

/// `validation`, `test.macro_f1`: scores of the last evaluation.
fn score(run: &Run, name: &str) -> Option<Value> {
    let (of, score) = name.split_once('.').unwrap_or((name, "accuracy"));
    let scores = run.metrics.as_ref()?.splits.get(&split(of)?)?;
    serde_json::to_value(scores).ok()?.get(score).filter(|score| score.is_number()).cloned()
}

fn split(name: &str) -> Option<Split> {
    Split::ALL.into_iter().find(|split| split.name() == name)
}

/// Numbers by their size, all else by its text.
fn compare(one: &Value, other: &Value) -> Option<Ordering> {
    match (one.as_f64(), other.as_f64()) {
        (Some(one), Some(other)) => one.partial_cmp(&other),
        (None, None) => Some(plain(one).cmp(&plain(other))),
        _ => None,
    }
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_condition_is_a_name_an_operator_and_a_value() {
        let parsed = |text: &str| text.parse::<Condition>().map(|parsed| (parsed.name, parsed.operator, parsed.value));
        assert_eq!(parsed("train.epochs>=10"), Ok(("train.epochs".to_owned(), ">=", 10.into())));
        assert_eq!(parsed("train.model.name = face-cnn"), Ok(("train.model.name".to_owned(), "=", "face-cnn".into())));
        assert_eq!(parsed("note~a=b"), Ok(("note".to_owned(), "~", "a=b".into())));
        for wrong in ["train.epochs", "=3", "a!3"] {
            assert!(parsed(wrong).unwrap_err().ends_with(&format!("found `{wrong}`")), "{wrong}");
        }
    }

    #[test]
    fn a_text_is_compared_with_what_is_written() {
        let holds = |condition: &str, found: &str| condition.parse::<Condition>().unwrap().holds(&found.into());
        let finished = "2026-05-17T08:00:00Z";
        assert!(holds("finished>2026", finished) && !holds("finished<2026-05", finished));
        assert!(holds("note=5", "5") && !holds("note!=5", "5") && holds("note~1.50", "at 1.50"));
    }

    #[test]
    fn numbers_are_compared_by_size_and_texts_by_letters() {
        assert_eq!(compare(&9.into(), &10.into()), Some(Ordering::Less));
        assert_eq!(compare(&"9".into(), &"10".into()), Some(Ordering::Greater));
        assert_eq!(compare(&9.into(), &"nine".into()), None);
    }
}
