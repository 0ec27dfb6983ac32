use std::collections::BTreeMap;

use fer_artifact::names::{DATA_REPORT, METRICS, MODEL, REPORT, SUBSETS, predictions_file, split_file};
use fer_artifact::{FeatureSet, Kind, Metrics, Model, Split, Violation, check_evaluate};
use fer_eval::{EvaluateParams, ReportInput, Splits, add_subsets, doubts, evaluate, report};
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::path::Path;

use crate::StageKind;
use crate::context::Context;
use crate::error::StageError;
use crate::slot::{Input, Output};
use crate::stage::{Failure, Place, Stage, StageEntry, resolved};

pub(crate) static ENTRY: StageEntry = StageEntry {
    kind: StageKind::Evaluate,
    place: Place::Needed,
    reads: &[
        Input::optional(Kind::Features, split_file(Split::Train)),
        Input::optional(Kind::Features, split_file(Split::Validation)),
        Input::optional(Kind::Features, split_file(Split::Test)),
        Input::required(Kind::Model, MODEL),
        Input::optional(Kind::Images, DATA_REPORT),
        Input::optional(Kind::Images, SUBSETS),
    ],
    leaves: Some(Kind::Predictions),
    outputs: &[
        Output::required(METRICS),
        Output::required(REPORT),
        Output::optional(predictions_file(Split::Train)),
        Output::optional(predictions_file(Split::Validation)),
        Output::optional(predictions_file(Split::Test)),
    ],
    schema: |generator| generator.subschema_for::<EvaluateParams>(),
    parse: |params| Ok(Box::new(Evaluate { params: params.parse()? })),
    check,
};

fn check(features: &Path, output: &Path) -> Result<(), Violation> {
    check_evaluate(features, output)?;
    let path = output.join(METRICS);
    let unlike = |error: &dyn std::fmt::Display| Violation::File {
        path: path.clone(),
        expected: format!("the scores: {error}"),
    };
    let bytes = std::fs::read(&path).map_err(|error| unlike(&error))?;
    let metrics: Result<Metrics, _> = serde_json::from_slice(&bytes);
    metrics.map(drop).map_err(|error| unlike(&error))
}

/// A model and features → scores, predictions and report.
struct Evaluate {
    params: EvaluateParams,
}

impl Evaluate {
    fn splits(&self) -> Vec<Split> {
        match &self.params.splits {
            Splits::HeldOut => vec![Split::Validation, Split::Test],
            Splits::Named(splits) => splits.iter().copied().collect(),
        }
    }
}

impl Stage for Evaluate {
    fn entry(&self) -> &'static StageEntry {
        &ENTRY
    }

    fn version(&self) -> u32 {
        6
    }

    fn params(&self) -> Value {
        resolved(&self.params)
    }

    fn inputs(&self) -> Vec<Input> {
        let splits = self.splits();
        let is_read =
            |input: &&Input| input.of != Kind::Features || splits.iter().any(|split| split_file(*split) == input.file);
        ENTRY.reads.iter().filter(is_read).copied().collect()
    }

    fn check_splits(&self, splits: &[Split]) -> Result<(), StageError> {
        self.params.splits.among(splits)?;
        Ok(())
    }

    fn run(&self, context: &mut Context<'_>) -> Result<(), Failure> {
        let model: Model = context.read(MODEL)?;
        let mut features: BTreeMap<Split, FeatureSet> = BTreeMap::new();
        for split in self.splits() {
            features.extend(context.open_optional(split_file(split))?.map(|set| (split, set)));
        }
        let mut evaluation = evaluate(&self.params, &model, &features)?;
        if let Some(subsets) = record(context, SUBSETS)? {
            add_subsets(&mut evaluation.metrics, &evaluation.predictions, &subsets);
        }
        for (split, predictions) in &evaluation.predictions {
            context.write(predictions_file(*split), predictions)?;
        }
        let metrics = serde_json::to_string_pretty(&evaluation.metrics)?;
        context.write_text(METRICS, &(metrics + "\n"))?;
        doubts(&evaluation.metrics).iter().for_each(|doubt| context.note(&format!("warning: {doubt}")));
        let data_report: Option<Value> = record(context, DATA_REPORT)?;
        let html = report(&ReportInput {
            title: "Facial expressions",
            model: &model,
            evaluation: &evaluation,
            features: &features,
            data_report: data_report.as_ref(),
            configuration: &context.configuration()?,
        })?;
        context.write_text(REPORT, &html)?;
        Ok(())
    }
}

/// A record that the images' stage may have left.
fn record<T: DeserializeOwned>(context: &Context<'_>, file: &'static str) -> Result<Option<T>, Failure> {
    match context.has(Kind::Images, file) {
        true => Ok(Some(serde_json::from_str(&context.read_text(Kind::Images, file)?)?)),
        false => Ok(None),
    }
}
