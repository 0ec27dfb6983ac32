//! The rules by which rows become train, validation and test.

use fer_artifact::Count;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{Deserializer, Error as _};
use serde::ser::Serializer;
use serde::{Deserialize, Serialize};

use crate::InvalidParams;

/// Which rows become train, validation and test.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub enum SplitRule {
    /// What the source says, by its split column or its folders. Training or train, PublicTest,
    /// validation or val, PrivateTest or test, in any case of letters.
    Usage {
        /// The share of train that becomes validation, where the source has none. Drawn by the seed, each class in
        /// proportion; test stays as it is.
        #[schemars(example = 0.1)]
        #[serde(default, skip_serializing_if = "Option::is_none")]
        validation: Option<Share>,
    },
    /// The first rows train, the rest validation.
    Head {
        /// Number of rows of train, among the rows that can be used.
        #[schemars(example = 24000)]
        train: Count,
        /// Whether splits that the source has may be dealt out anew.
        #[serde(default, skip_serializing_if = "is_false")]
        #[schemars(!skip_serializing_if)]
        pool: bool,
    },
    /// Shares of the rows, which sum to 1, drawn by the seed, each class in proportion, rows of a
    /// group together.
    Stratified(Fractions),
    /// One of several folds is test, the others train; drawn by the seed, each class in
    /// proportion, rows of a group together.
    Folds(Folds),
}

fn is_false(value: &bool) -> bool {
    !value
}

impl Default for SplitRule {
    fn default() -> Self {
        Self::Usage { validation: None }
    }
}

/// Shares of the rows, which sum to 1, and whether splits that the source has may be dealt out anew (`pool`).
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(remote = "Self", deny_unknown_fields)]
pub struct Fractions {
    /// Share of train; the shares sum to 1.
    #[schemars(range(max = 1), extend("exclusiveMinimum" = 0), example = 0.8)]
    train: f64,
    /// Share of validation.
    #[serde(default)]
    #[schemars(range(min = 0, max = 1))]
    validation: f64,
    /// Share of test.
    #[serde(default)]
    #[schemars(range(min = 0, max = 1))]
    test: f64,
    /// Whether splits that the source has may be dealt out anew.
    #[serde(default, skip_serializing_if = "is_false")]
    #[schemars(!skip_serializing_if)]
    pool: bool,
}

impl Serialize for Fractions {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Self::serialize(self, serializer)
    }
}

impl<'de> Deserialize<'de> for Fractions {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Self { train, validation, test, pool } = Self::deserialize(deserializer)?;
        Self::new(train, validation, test).map(|fractions| Self { pool, ..fractions }).map_err(D::Error::custom)
    }
}

impl Fractions {
    /// These shares.
    ///
    /// # Errors
    /// [`InvalidParams::Fractions`] if one is negative or not finite, if train is 0, or if they do not sum to 1 within
    /// 1e-9.
    pub fn new(train: f64, validation: f64, test: f64) -> Result<Self, InvalidParams> {
        let valid = train > 0.0 && validation >= 0.0 && test >= 0.0 && (train + validation + test - 1.0).abs() <= 1e-9;
        if valid {
            Ok(Self { train, validation, test, pool: false })
        } else {
            Err(InvalidParams::Fractions { train, validation, test })
        }
    }

    /// These shares of all rows, whatever splits the source has.
    #[must_use]
    pub fn pooled(self) -> Self {
        Self { pool: true, ..self }
    }

    /// Whether splits that the source has may be dealt out anew.
    pub fn pool(self) -> bool {
        self.pool
    }

    /// Share of train, above 0.
    pub fn train(self) -> f64 {
        self.train
    }

    /// Share of validation.
    pub fn validation(self) -> f64 {
        self.validation
    }

    /// Share of test.
    pub fn test(self) -> f64 {
        self.test
    }
}

/// One of several folds.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(remote = "Self", deny_unknown_fields)]
pub struct Folds {
    /// Number of folds.
    #[schemars(range(min = 2, max = 1000), example = 10)]
    folds: usize,
    /// The fold that is test, counted from 0; `all` makes a sweep of the file, over every fold.
    #[schemars(schema_with = "one_or_all", example = 0)]
    fold: usize,
    /// Share of the other folds that becomes validation.
    #[schemars(example = 0.1)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    validation: Option<Share>,
    /// Whether splits that the source has may be dealt out anew.
    #[serde(default, skip_serializing_if = "is_false")]
    #[schemars(!skip_serializing_if)]
    pool: bool,
}

fn one_or_all(_: &mut SchemaGenerator) -> Schema {
    json_schema!({"anyOf": [{"type": "integer", "minimum": 0, "maximum": 999}, {"const": "all"}]})
}

impl Serialize for Folds {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Self::serialize(self, serializer)
    }
}

impl<'de> Deserialize<'de> for Folds {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Self { folds, fold, validation, pool } = Self::deserialize(deserializer)?;
        Self::new(folds, fold).map(|new| Self { validation, pool, ..new }).map_err(D::Error::custom)
    }
}

impl Folds {
    /// Fold `fold`, counted from 0, of so many.
    ///
    /// # Errors
    /// [`InvalidParams::Folds`] for fewer than 2 or more than 1000 folds, or a fold that is none of them.
    pub fn new(folds: usize, fold: usize) -> Result<Self, InvalidParams> {
        if (2..=1000).contains(&folds) && fold < folds {
            Ok(Self { folds, fold, validation: None, pool: false })
        } else {
            Err(InvalidParams::Folds { folds, fold })
        }
    }

    /// The same with this share of the other folds as validation.
    #[must_use]
    pub fn with_validation(self, share: Share) -> Self {
        Self { validation: Some(share), ..self }
    }

    /// The same of all rows, whatever splits the source has.
    #[must_use]
    pub fn pooled(self) -> Self {
        Self { pool: true, ..self }
    }

    /// Number of folds.
    pub fn folds(self) -> usize {
        self.folds
    }

    /// The fold that is test, counted from 0.
    pub fn fold(self) -> usize {
        self.fold
    }

    /// The share of the other folds that becomes validation.
    pub fn validation(self) -> Option<Share> {
        self.validation
    }

    /// Whether splits that the source has may be dealt out anew.
    pub fn pool(self) -> bool {
        self.pool
    }
}

/// A share of rows, above 0 and below 1.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "f64", into = "f64")]
pub struct Share(f64);

impl Share {
    /// This share.
    ///
    /// # Errors
    /// [`InvalidParams::Share`] for a number that is not above 0 and below 1.
    pub fn new(share: f64) -> Result<Self, InvalidParams> {
        if share > 0.0 && share < 1.0 { Ok(Self(share)) } else { Err(InvalidParams::Share { found: share }) }
    }

    /// The number.
    pub fn get(self) -> f64 {
        self.0
    }
}

fer_artifact::inline_schema!(Share, |_| json_schema!({"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 1}));

impl TryFrom<f64> for Share {
    type Error = InvalidParams;

    fn try_from(share: f64) -> Result<Self, InvalidParams> {
        Self::new(share)
    }
}

impl From<Share> for f64 {
    fn from(share: Share) -> Self {
        share.0
    }
}
