//! What a reader must know before believing a number.
use fer_artifact::{Metrics, Split, SplitMetrics, Tta};

use super::data::DataSection;
use super::input::{ReportInput, Scope};
use super::training::Training;
use crate::doubts;
use crate::format::{count, counted, percentage};

/// Sentences for the page, the weightiest first.
pub(crate) fn notes(input: &ReportInput<'_>, training: &Training, data: Option<&DataSection>) -> Vec<String> {
    let metrics = &input.evaluation.metrics;
    let has = |split| metrics.splits.contains_key(&split);
    let mut notes = doubts(metrics);
    notes.push(match input.scope {
        Scope::Run => selection(metrics, training),
        Scope::Given => GIVEN.into(),
    });
    notes.extend(overlaps(metrics, data));
    let trained = if input.models.len() > 1 { "each network was trained once" } else { "this is one training run" };
    notes.push(format!(
        "The 95\u{202f}% interval (Wilson's) is about chance in which images were drawn. It does not tell how far another \
         seed or another data set would move the number: {trained}."
    ));
    notes.push(looks(metrics.tta, input.models.len()));
    notes.extend(temperature(metrics));
    if has(Split::Train) && input.scope == Scope::Run {
        notes.push("Scores on train tell how much was memorised, not how well new faces are recognised.".into());
    }
    notes.extend(empty_classes(metrics));
    notes.push(
        "All scores but loss and calibration error are ratios of counts over the whole split. A class that is never \
         predicted, or has no image, scores 0 and counts in the means."
            .into(),
    );
    notes
}

fn selection(metrics: &Metrics, training: &Training) -> String {
    let has = |split| metrics.splits.contains_key(&split);
    let weights = match (training.select.as_deref(), training.epoch) {
        (Some("best"), Some(epoch)) => {
            format!("The weights are those of epoch {epoch}, the best by accuracy on validation")
        }
        (Some("best"), None) => "The weights are the best by accuracy on validation".to_owned(),
        (Some("last"), _) => "The weights are the last ones; no score chose the epoch".to_owned(),
        _ => "The model does not say how its weights were chosen".to_owned(),
    };
    let chosen_by_validation = training.select.as_deref() == Some("best");
    let consequence = match (has(Split::Validation), has(Split::Test)) {
        (true, true) if chosen_by_validation => {
            ", so validation flatters. Test is the number to quote, as long as no choice was made on it"
        }
        (true, true) => {
            ". If settings were tuned on validation, it flatters; test is the number to quote, as long as no choice was \
             made on it"
        }
        (true, false) if chosen_by_validation => ", so validation flatters, and no score on test sets it right",
        (true, false) => ". If settings were tuned on validation, it flatters, and no score on test sets it right",
        (false, true) => ". Test is the number to quote, as long as no choice was made on it",
        (false, false) => ". Nothing scored here was held out from training",
    };
    format!("{weights}{consequence}.")
}

/// Of images that someone gave.
const GIVEN: &str = "These images were given by hand. Whether the network was trained on some of them, or chosen by them, is not known here.";

fn looks(tta: Option<Tta>, models: usize) -> String {
    let networks = match models {
        1 => "One network, no ensemble".to_owned(),
        _ => format!("{models} networks, whose probabilities are averaged"),
    };
    let looks = match tta {
        None => "Whether pictures were looked at once is not told.",
        Some(Tta::None) => "One look at each picture: no test-time augmentation.",
        Some(Tta::Flip) => {
            "Test-time augmentation: probabilities are the mean of those for each picture and its mirror image."
        }
        Some(Tta::TenCrop) => {
            "Test-time augmentation: probabilities are the mean of those for ten crops of each picture, from the corners \
             and the centre, and their mirror images."
        }
    };
    format!("{networks}. {looks}")
}

/// What dividing by a temperature does, and where its effect is measured fairly.
fn temperature(metrics: &Metrics) -> Option<String> {
    let temperature = metrics.temperature?;
    let sure = if temperature > 1.0 { "too sure of itself" } else { "not sure enough" };
    Some(format!(
        "Logits divided by a temperature of {temperature:.2} give the best loss on validation: the network was {sure}. The \
         calibration error with it is too good on validation, where it was fitted. No other score changes but loss; all \
         others here are without it."
    ))
}

/// How much of the splits scored was seen in training, or in choosing.
fn overlaps(metrics: &Metrics, data: Option<&DataSection>) -> Option<String> {
    let Some(data) = data else {
        return Some(
            "Whether the same image stands in two splits is not known here: there is no data report that tells.".into(),
        );
    };
    let exact = shared(metrics, &|of, also_in| data.overlap(of, also_in));
    let near = shared(metrics, &|of, also_in| data.near_overlap(of, also_in));
    match (exact, near) {
        (_, Some(found)) if !found.is_empty() => Some(format!(
            "The same pictures stand in two splits, exactly or nearly: {}. On them the scores are too good{}.",
            found.join("; "),
            if metrics.splits.values().any(has_twins) { "; the table has those without them" } else { "" }
        )),
        (_, Some(_)) => Some(
            "No picture stands in two splits, exactly or nearly. Other pictures of the same person were not looked for."
                .into(),
        ),
        (Some(found), None) if !found.is_empty() => Some(format!(
            "The same images, pixel for pixel, stand in two splits: {}. On them the scores are too good. Near copies were not \
             looked for.",
            found.join("; ")
        )),
        (Some(_), None) => Some(
            "No image stands in two splits, pixel for pixel. Near copies, or other pictures of the same person, were \
             not looked for."
                .into(),
        ),
        (None, None) => None,
    }
}

fn has_twins(metrics: &SplitMetrics) -> bool {
    metrics.without_twins.is_some_and(|rest| rest.n < metrics.n)
}

/// Of the splits scored, how many images stand in a split that was seen before; `None` where nobody knows.
fn shared(metrics: &Metrics, overlap: &dyn Fn(Split, Split) -> Option<(usize, usize)>) -> Option<Vec<String>> {
    let pairs = [(Split::Test, Split::Train), (Split::Validation, Split::Train), (Split::Test, Split::Validation)];
    let scored = pairs.into_iter().filter(|(of, _)| metrics.splits.contains_key(of));
    let known: Vec<(Split, Split, usize, usize)> =
        scored.filter_map(|(of, also_in)| overlap(of, also_in).map(|(rows, both)| (of, also_in, rows, both))).collect();
    let found = known.iter().filter(|(.., both)| *both > 0).map(|(of, also_in, rows, both)| {
        let share = percentage(*both as f64 / *rows as f64);
        format!("{share} of {of} in {also_in} ({} of {})", count(*both), count(*rows))
    });
    (!known.is_empty()).then(|| found.collect())
}

fn empty_classes(metrics: &Metrics) -> Vec<String> {
    let note = |(split, metrics): (&Split, &fer_artifact::SplitMetrics)| {
        let (n, names) = (counted(metrics.n, "image"), metrics.absent_classes.join(", "));
        (!metrics.absent_classes.is_empty()).then(|| {
            format!(
                "Among the {n} of {split} none is of: {names}. Its balanced accuracy leaves these classes out, and its \
                 macro F1 does where they are not predicted either."
            )
        })
    };
    metrics.splits.iter().filter_map(note).collect()
}
