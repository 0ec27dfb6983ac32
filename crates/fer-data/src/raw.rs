//! The parameters as YAML fills them, before they are checked.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use serde::Deserialize;
use serde::de::{Deserializer, Error as _, Unexpected};

use crate::{Classes, CsvSource, DropDuplicates, Fractions, IngestParams, InvalidParams, OnBadRow, Source, SplitRule};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawIngestParams {
    source: Source,
    #[serde(default)]
    split: SplitRule,
    #[serde(default)]
    classes: Classes,
    #[serde(default)]
    on_bad_row: OnBadRow,
    #[serde(default)]
    drop_duplicates: DropDuplicates,
}

// Nothing is left to check here, but the raw form stays private, as in every crate.
impl From<RawIngestParams> for IngestParams {
    fn from(raw: RawIngestParams) -> Self {
        let RawIngestParams { source, split, classes, on_bad_row, drop_duplicates } = raw;
        Self { source, split, classes, on_bad_row, drop_duplicates }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
enum SourceKind {
    Csv,
    Folder,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawSource {
    kind: SourceKind,
    path: PathBuf,
    label_column: Option<String>,
    pixels_column: Option<String>,
    split_column: Option<String>,
}

impl TryFrom<RawSource> for Source {
    type Error = InvalidParams;

    fn try_from(raw: RawSource) -> Result<Self, InvalidParams> {
        let RawSource { kind, path, label_column, pixels_column, split_column } = raw;
        match kind {
            SourceKind::Csv => Ok(Self::Csv(CsvSource { path, label_column, pixels_column, split_column })),
            SourceKind::Folder => {
                absent("folder", "label_column", &label_column)?;
                absent("folder", "pixels_column", &pixels_column)?;
                absent("folder", "split_column", &split_column)?;
                Ok(Self::Folder { path })
            }
        }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
enum SplitKind {
    Usage,
    Head,
    Stratified,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawSplitRule {
    kind: SplitKind,
    #[serde(default, deserialize_with = "amount")]
    train: Option<f64>,
    #[serde(default, deserialize_with = "amount")]
    validation: Option<f64>,
    #[serde(default, deserialize_with = "amount")]
    test: Option<f64>,
}

impl TryFrom<RawSplitRule> for SplitRule {
    type Error = InvalidParams;

    fn try_from(RawSplitRule { kind, train, validation, test }: RawSplitRule) -> Result<Self, InvalidParams> {
        let required = |field: Option<f64>| field.ok_or(InvalidParams::Missing { field: "train" });
        match kind {
            SplitKind::Usage => {
                absent("usage", "train", &train)?;
                absent("usage", "validation", &validation)?;
                absent("usage", "test", &test)?;
                Ok(Self::Usage)
            }
            SplitKind::Head => {
                absent("head", "validation", &validation)?;
                absent("head", "test", &test)?;
                Ok(Self::Head { train: whole(required(train)?)? })
            }
            SplitKind::Stratified => {
                let fractions = Fractions::new(required(train)?, validation.unwrap_or(0.0), test.unwrap_or(0.0))?;
                Ok(Self::Stratified(fractions))
            }
        }
    }
}

fn absent<T>(kind: &'static str, field: &'static str, value: &Option<T>) -> Result<(), InvalidParams> {
    if value.is_some() { Err(InvalidParams::DoesNotApply { field, kind }) } else { Ok(()) }
}

fn whole(rows: f64) -> Result<NonZeroUsize, InvalidParams> {
    // The cast saturates, and any file has far fewer rows than that.
    Some(rows)
        .filter(|rows| rows.fract() == 0.0)
        .and_then(|rows| NonZeroUsize::new(rows as usize))
        .ok_or(InvalidParams::HeadRows { found: rows })
}

/// A share or a number of rows, whichever the kind will want.
fn amount<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<f64>, D::Error> {
    match Option::<f64>::deserialize(deserializer)? {
        Some(found) if !found.is_finite() || found < 0.0 => {
            Err(D::Error::invalid_value(Unexpected::Float(found), &"a number from 0"))
        }
        amount => Ok(amount),
    }
}
