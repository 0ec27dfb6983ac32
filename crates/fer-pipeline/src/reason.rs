use std::collections::BTreeMap;
use std::fmt;

use fer_artifact::Digest;
use serde::{Serialize, Serializer};
use serde_json::Value;

use crate::StageName;
use crate::run_folder::state::Activity;

/// Why a stage is not fresh.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Reason {
    /// The lock does not know the stage.
    NeverRan,
    /// `--force`.
    Forced,
    /// The stage's outputs are made in another way now.
    Version {
        /// In the lock.
        from: u32,
        /// Now.
        to: u32,
    },
    /// Another seed.
    Seed {
        /// In the lock.
        from: u64,
        /// Now.
        to: u64,
    },
    /// Another value of a parameter; `None` where it does not stand.
    Parameter {
        /// The parameter's place below `params`.
        path: String,
        /// In the lock.
        from: Option<Value>,
        /// Now.
        to: Option<Value>,
    },
    /// An input that the stage needs is not there.
    InputMissing(String),
    /// An input that was there is not any more.
    InputGone(String),
    /// An input that was not there now is.
    InputNew(String),
    /// An input has other contents.
    InputChanged(String),
    /// An output, by its name in the stage's folder, is not there.
    OutputMissing(String),
    /// An output has other contents than the stage wrote.
    OutputAltered(String),
    /// A stage before this one will run.
    MayChange(StageName),
    /// The stage was interrupted, and left something to go on from.
    Interrupted {
        /// The epoch that was under way.
        epoch: usize,
        /// Epochs planned.
        epochs: usize,
    },
    /// An earlier run came to an end that this one can go on from.
    Continues {
        /// The epoch that it came to.
        epoch: usize,
    },
    /// Why an earlier run is nothing to go on from.
    StartsAnew(&'static str),
    /// The store has the outputs.
    Stored,
    /// A process is at it.
    Running {
        /// The process.
        process: String,
        /// What it is at.
        activity: Activity,
    },
    /// It was interrupted before it left a checkpoint.
    Lost(Activity),
    /// Its last run failed with this error.
    Failed(String),
}

impl Reason {
    /// Whether the stage's outputs would be others than those that it had made: not so if they are only missing,
    /// altered or to be made again.
    pub(crate) fn changes_outputs(&self) -> bool {
        !matches!(self, Reason::OutputMissing(_) | Reason::OutputAltered(_) | Reason::Forced)
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Reason::NeverRan => f.write_str("never ran"),
            Reason::Forced => f.write_str("forced"),
            Reason::Version { from, to } => write!(f, "version {from} → {to}"),
            Reason::Seed { from, to } => write!(f, "seed {from} → {to}"),
            Reason::Parameter { path, from, to } => {
                write!(f, "parameter {path} {} → {}", shown(from.as_ref()), shown(to.as_ref()))
            }
            Reason::InputMissing(path) => write!(f, "input {path} missing"),
            Reason::InputGone(path) => write!(f, "input {path} gone"),
            Reason::InputNew(path) => write!(f, "input {path} new"),
            Reason::InputChanged(path) => write!(f, "input {path} changed"),
            Reason::OutputMissing(path) => write!(f, "output {path} missing"),
            Reason::OutputAltered(path) => write!(f, "output {path} altered"),
            Reason::MayChange(stage) => write!(f, "may change: depends on {stage}"),
            Reason::Interrupted { epoch, epochs } => write!(f, "interrupted at epoch {epoch} of {epochs}, will resume"),
            Reason::Continues { epoch } => write!(f, "continues from epoch {epoch}"),
            Reason::StartsAnew(why) => write!(f, "starts anew: {why}"),
            Reason::Stored => f.write_str("earlier outputs are in the store"),
            Reason::Running { process, activity } if activity.epoch.is_some() => write!(f, "{activity}, {process}"),
            Reason::Running { process, .. } => f.write_str(process),
            Reason::Lost(activity) => write!(f, "interrupted at {activity}, before its first checkpoint"),
            Reason::Failed(message) => write!(f, "its last run failed: {message}"),
        }
    }
}

impl Serialize for Reason {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

fn shown(value: Option<&Value>) -> String {
    match value {
        None => "absent".to_owned(),
        Some(Value::String(text)) => text.clone(),
        Some(Value::Null) => "none".to_owned(),
        Some(other) => other.to_string(),
    }
}

/// The leaves in which two parameter trees differ.
pub(crate) fn parameter_changes(from: &Value, to: &Value) -> Vec<Reason> {
    let mut changes = vec![];
    compare(String::new(), Some(from), Some(to), &mut changes);
    changes
}

fn compare(path: String, from: Option<&Value>, to: Option<&Value>, changes: &mut Vec<Reason>) {
    match (from, to) {
        (Some(Value::Object(from)), Some(Value::Object(to))) => {
            let keys: std::collections::BTreeSet<&String> = from.keys().chain(to.keys()).collect();
            for key in keys {
                let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
                compare(path, from.get(key), to.get(key), changes);
            }
        }
        (from, to) if from != to => {
            changes.push(Reason::Parameter { path, from: from.cloned(), to: to.cloned() });
        }
        _ => {}
    }
}

/// How the inputs differ from those in the lock.
pub(crate) fn input_changes(from: &BTreeMap<String, Digest>, to: &BTreeMap<String, Digest>) -> Vec<Reason> {
    let now = to.iter().filter_map(|(path, digest)| match from.get(path) {
        None => Some(Reason::InputNew(path.clone())),
        Some(before) if before != digest => Some(Reason::InputChanged(path.clone())),
        Some(_) => None,
    });
    let gone = from.keys().filter(|path| !to.contains_key(*path)).map(|path| Reason::InputGone(path.clone()));
    now.chain(gone).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn texts(reasons: Vec<Reason>) -> Vec<String> {
        reasons.iter().map(Reason::to_string).collect()
    }

    #[test]
    fn every_changed_parameter_is_named_with_its_values() {
        let from =
            json!({"optimizer": {"name": "sgd", "learning_rate": 0.1, "momentum": 0.0}, "init": null, "epochs": 2});
        let to = json!({"optimizer": {"name": "adamw", "learning_rate": 0.05}, "init": "a.safetensors", "epochs": 2});
        let expected = [
            "parameter init none → a.safetensors",
            "parameter optimizer.learning_rate 0.1 → 0.05",
            "parameter optimizer.momentum 0.0 → absent",
            "parameter optimizer.name sgd → adamw",
        ];
        assert_eq!(texts(parameter_changes(&from, &to)), expected);
    }

    #[test]
    fn inputs_change_appear_and_go() {
        let map = |pairs: &[(&str, &str)]| {
            pairs.iter().map(|(path, text)| ((*path).to_owned(), Digest::of_bytes(text.as_bytes()))).collect()
        };
        let (from, to) = (map(&[("a", "1"), ("b", "1"), ("c", "1")]), map(&[("a", "1"), ("b", "2"), ("d", "1")]));
        assert_eq!(texts(input_changes(&from, &to)), ["input b changed", "input d new", "input c gone"]);
    }
}
