use std::collections::BTreeMap;

use fer_artifact::names::{DATA_REPORT, METRICS, MODEL, REPORT, SUBSETS, mistakes_file, predictions_file, split_file};
use fer_artifact::{
    FeatureSet, ImageSet, Kind, Metrics, Model, RECORD, Split, Violation, check_evaluate, read_regular,
};
use fer_eval::{
    EvaluateParams, ReportInput, Scope, Sheet, Splits, add_subsets, doubts, evaluate, mistakes_table, report,
};
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::path::Path;

use crate::StageKind;
use crate::context::Context;
use crate::error::StageError;
use crate::sheets::{Recipe, augmented, by_class, for_page, recipe_of};
use crate::slot::{Input, Output};
use crate::stage::{Failure, Place, Stage, StageEntry, resolved};

/// Classes whose faces the report shows, and how many of each.
const CLASSES: usize = 28;
const OF_CLASS: usize = 12;

pub(crate) static ENTRY: StageEntry = StageEntry {
    kind: StageKind::Evaluate,
    place: Place::Needed,
    reads: &[
        Input::optional(Kind::Features, split_file(Split::Train)),
        Input::optional(Kind::Features, split_file(Split::Validation)),
        Input::optional(Kind::Features, split_file(Split::Test)),
        Input::required(Kind::Model, MODEL),
        Input::optional(Kind::Images, split_file(Split::Train)),
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
        Output::optional(mistakes_file(Split::Train)),
        Output::optional(mistakes_file(Split::Validation)),
        Output::optional(mistakes_file(Split::Test)),
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
    let bytes = read_regular(&path, RECORD).map_err(|error| unlike(&error))?;
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
        8
    }

    fn params(&self) -> Value {
        resolved(&self.params)
    }

    fn inputs(&self) -> Vec<Input> {
        let splits = self.splits();
        // The report shows faces of train.
        let is_read = |input: &&Input| {
            let of_split = |split: &Split| split_file(*split) == input.file;
            input.of != Kind::Features || of_split(&Split::Train) || splits.iter().any(of_split)
        };
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
            context.write_text(mistakes_file(*split), &mistakes_table(predictions))?;
        }
        let metrics = serde_json::to_string_pretty(&evaluation.metrics)?;
        context.write_text(METRICS, &(metrics + "\n"))?;
        doubts(&evaluation.metrics).iter().for_each(|doubt| context.note(&format!("warning: {doubt}")));
        let data_report: Option<Value> = record(context, DATA_REPORT)?;
        let html = report(&ReportInput {
            title: &title(context)?,
            models: std::slice::from_ref(&model),
            scope: Scope::Run,
            baseline: None,
            sheets: &sheets(context, &model)?,
            evaluation: &evaluation,
            features: &features,
            data_report: data_report.as_ref(),
            configuration: &context.configuration()?,
        })?;
        context.write_text(REPORT, &html)?;
        Ok(())
    }
}

/// What the page is called: the run and its data, as the configuration names them.
fn title(context: &Context<'_>) -> Result<String, Failure> {
    Ok(match context.names()? {
        [Some(run), Some(data)] => format!("{run} on {data}"),
        _ => "Facial expressions".to_owned(),
    })
}

/// Faces of train, and what the training made of some.
fn sheets(context: &Context<'_>, model: &Model) -> Result<Vec<Sheet>, Failure> {
    let images: Option<ImageSet> = context.open_optional(split_file(Split::Train))?;
    let features: Option<FeatureSet> = context.open_optional(split_file(Split::Train))?;
    let classes: Vec<usize> = (0..model.classes.len().min(CLASSES)).collect();
    let mut sheets = vec![];
    // A stage of the user's own may change the classes on the way.
    if let Some(images) = images.as_ref().filter(|images| images.classes == model.classes) {
        sheets.push(for_page(by_class(images, &classes, OF_CLASS)?));
    }
    let features = features.filter(|features| features.classes == model.classes);
    if let (Some(features), Some(params)) = (features, recipe_of(&model.training["params"])) {
        let seed = context.header(&Input::required(Kind::Model, MODEL))?.map(|header| header.seed);
        let recipe = Recipe { params, seed: seed.unwrap_or_else(|| context.seed()) };
        sheets.push(for_page(augmented(&features, images.as_ref(), &recipe, &classes)?));
    }
    Ok(sheets)
}

/// A record that the images' stage may have left.
fn record<T: DeserializeOwned>(context: &Context<'_>, file: &'static str) -> Result<Option<T>, Failure> {
    match context.has(Kind::Images, file) {
        true => Ok(Some(serde_json::from_str(&context.read_text(Kind::Images, file)?)?)),
        false => Ok(None),
    }
}
