//! `search`: as it stands in a pipeline file.

use std::collections::BTreeMap;
use std::path::Path;

use fer_artifact::Count;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::Error;
use crate::yaml::document::Document;

/// A search: runs with drawn values of parameters, of which the validation scores choose one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawSearch {
    /// What is searched: a range or choices by parameter, `STAGE.PATH`.
    #[schemars(extend("examples" = [{"train.optimizer.learning_rate": {"kind": "log", "low": 0.001, "high": 0.3}}]))]
    #[schemars(extend("minProperties" = 1, "propertyNames" = {"pattern": r"^[a-z][a-z0-9_-]*(\.[^.]+)+$"}))]
    pub(crate) parameters: BTreeMap<String, Range>,
    /// Trials: drawn combinations of values.
    #[schemars(example = 24)]
    pub(crate) trials: Count,
    /// How trials are drawn.
    #[serde(default)]
    pub(crate) sampler: Sampler,
    /// Trials that `tpe` may draw ahead: trial n is drawn from the results of trials 0 to n − `parallel`. So many can run at
    /// the same time.
    #[serde(default = "one")]
    pub(crate) parallel: Count,
    /// Seed of the draws; without it, the file's `seed`.
    #[serde(default)]
    #[schemars(example = 1)]
    pub(crate) seed: Option<u64>,
    /// Stops the worse trials early; without it, each trial is trained for all epochs.
    #[serde(default)]
    #[schemars(extend("examples" = [{"epochs": 3, "factor": 3}]))]
    pub(crate) halving: Option<Halving>,
}

/// How trials are drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
pub(crate) enum Sampler {
    /// Each value with the same probability.
    Random,
    /// More often where earlier trials did well: a tree-structured Parzen estimator (Bergstra et al., 2011). With fewer than ten
    /// results to learn from, as by `random`.
    #[default]
    Tpe,
}

/// Successive halving (Jamieson and Talwalkar, 2016): all trials are trained for a few epochs, the better ones for more. With
/// several brackets, it is Hyperband (Li et al., 2018).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Halving {
    /// Epochs of the first rung.
    #[schemars(example = 3)]
    pub(crate) epochs: Count,
    /// How many times as many epochs the next rung has; one in so many trials goes on to it.
    #[serde(default = "three")]
    #[schemars(extend("minimum" = 2))]
    pub(crate) factor: Count,
    /// Groups of trials that are halved each by itself. The first begins on the first rung, each next one a rung later, with
    /// fewer trials and more epochs.
    #[serde(default = "one")]
    #[schemars(example = 3)]
    pub(crate) brackets: Count,
}

/// Values of a parameter.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) enum Range {
    /// A number from `low` to `high`.
    Linear {
        /// The smallest.
        low: f64,
        /// The largest.
        high: f64,
        /// Values of other parameters, one of which each of them must have: else the parameter is left as the file has it.
        #[serde(default)]
        when: When,
    },
    /// A number from `low` to `high`, its logarithm drawn evenly.
    Log {
        /// The smallest, above 0.
        low: f64,
        /// The largest.
        high: f64,
        /// As of `linear`.
        #[serde(default)]
        when: When,
    },
    /// A whole number from `low` to `high`.
    Int {
        /// The smallest.
        low: i64,
        /// The largest.
        high: i64,
        /// As of `linear`.
        #[serde(default)]
        when: When,
    },
    /// A whole number from `low` to `high`, its logarithm drawn evenly.
    LogInt {
        /// The smallest, above 0.
        low: i64,
        /// The largest.
        high: i64,
        /// As of `linear`.
        #[serde(default)]
        when: When,
    },
    /// One of these values.
    Choice {
        /// The values.
        #[schemars(length(min = 1))]
        values: Vec<Value>,
        /// As of `linear`.
        #[serde(default)]
        when: When,
    },
}

/// Values by parameter.
pub(crate) type When = BTreeMap<String, Vec<Value>>;

/// Why a file with `search` is nothing for what needs one run, or numbered cells.
pub(crate) fn not_a_sweep(document: &Document, path: &Path) -> Error {
    let file = path.display();
    let message = format!(
        "`search` makes a search of this file: `fer sweep run {file}` runs it, on each of several machines if you like, \
         and `fer sweep status {file}` shows it. Its trials follow from one another and have no numbers beforehand, so \
         `fer sweep submit` and `--cell` are for `matrix` and `seeds` alone"
    );
    Error::Invalid { problems: vec![document.problem_with_key(&["search".into()], message)] }
}

const fn one() -> Count {
    Count::of(1)
}

const fn three() -> Count {
    Count::of(3)
}

impl Range {
    pub(crate) fn when(&self) -> &When {
        let (Self::Linear { when, .. }
        | Self::Log { when, .. }
        | Self::Int { when, .. }
        | Self::LogInt { when, .. }
        | Self::Choice { when, .. }) = self;
        when
    }
}
