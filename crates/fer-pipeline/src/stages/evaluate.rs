use std::collections::BTreeMap;

use fer_artifact::{FeatureSet, Model, Split};
use fer_eval::{EvaluateParams, ReportInput, Splits, evaluate, report};
use serde_json::Value;

use super::{file, resolved};
use crate::{Context, Slot, Stage, StageError, StageKind};

const DATA_REPORT: &str = "ingest/data-report.json";

/// `train/model.safetensors`, `preprocess/<split>.safetensors` → scores, predictions and report.
pub(crate) struct Evaluate {
    params: EvaluateParams,
}

impl Evaluate {
    pub(crate) fn new(params: EvaluateParams) -> Self {
        Self { params }
    }

    fn splits(&self) -> Vec<Split> {
        match &self.params.splits {
            Splits::HeldOut => vec![Split::Validation, Split::Test],
            Splits::Named(splits) => splits.iter().copied().collect(),
        }
    }
}

impl Stage for Evaluate {
    fn kind(&self) -> StageKind {
        StageKind::Evaluate
    }

    fn version(&self) -> u32 {
        4
    }

    fn params(&self) -> Value {
        resolved(&self.params)
    }

    fn inputs(&self) -> Vec<Slot> {
        let features = self.splits().into_iter().map(|split| match split {
            Split::Train => Slot::if_there("preprocess/train.safetensors"),
            Split::Validation => Slot::if_there("preprocess/validation.safetensors"),
            Split::Test => Slot::if_there("preprocess/test.safetensors"),
        });
        [Slot::always("train/model.safetensors"), Slot::if_there(DATA_REPORT)].into_iter().chain(features).collect()
    }

    fn run(&self, context: &mut Context<'_>) -> Result<(), StageError> {
        let model: Model = context.read("train/model.safetensors")?;
        let mut features: BTreeMap<Split, FeatureSet> = BTreeMap::new();
        for split in self.splits() {
            let path = format!("preprocess/{}", file(split));
            if context.has(&path) {
                features.insert(split, context.read(&path)?);
            }
        }
        let evaluation = evaluate(&self.params, &model, &features)?;
        for (split, predictions) in &evaluation.predictions {
            context.write(&format!("predictions-{}", file(*split)), predictions)?;
        }
        let metrics = serde_json::to_string_pretty(&evaluation.metrics)?;
        context.write_text("metrics.json", &(metrics + "\n"))?;
        let data_report: Option<Value> = match context.has(DATA_REPORT) {
            true => Some(serde_json::from_str(&context.read_text(DATA_REPORT)?)?),
            false => None,
        };
        let html = report(&ReportInput {
            title: "Facial expressions",
            model: &model,
            evaluation: &evaluation,
            features: &features,
            data_report: data_report.as_ref(),
            configuration: &context.configuration()?,
        })?;
        context.write_text("report.html", &html)?;
        Ok(())
    }
}
