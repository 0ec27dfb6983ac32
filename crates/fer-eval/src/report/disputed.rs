//! What people voted for, and the images on which they disagree most.

use std::collections::BTreeMap;

use fer_artifact::{FeatureSet, Predictions, VoteMetrics};
use png::ColorType;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::picture::{gray, picture};
use crate::Error;
use crate::format::{count, counted, percent};
use crate::scores::Outcome;
use crate::votes::most_disputed;

/// Most pictures that are shown of a split.
const SHOWN: usize = 24;

/// Predictions against single votes.
#[derive(Debug, Serialize)]
pub(crate) struct VotesView<'a> {
    agreement: String,
    ceiling: String,
    cross_entropy: String,
    entropy: String,
    images: Vec<Disputed<'a>>,
    missing: Option<String>,
}

/// An image on which people disagree.
#[derive(Debug, Serialize)]
struct Disputed<'a> {
    /// A PNG as a data URI.
    picture: String,
    /// The classes that have votes, those with the most first.
    shares: Vec<String>,
    predicted: &'a str,
    row: u32,
    /// Where the image comes from, if the features say so.
    origin: Option<&'a str>,
}

impl<'a> VotesView<'a> {
    /// None where the predictions have no targets.
    pub(crate) fn new(
        metrics: Option<&VoteMetrics>,
        predictions: &'a Predictions,
        outcomes: &[Outcome],
        features: &FeatureSet,
        data: Option<&Value>,
    ) -> Result<Option<Self>, Error> {
        let (Some(metrics), Some(targets)) = (metrics, &predictions.targets) else { return Ok(None) };
        let image = |&index: &usize| {
            Ok(Disputed {
                picture: picture(features, index, ColorType::Grayscale, &gray(&features.image(index)?))?,
                shares: shares(targets.row(index), &predictions.classes),
                predicted: &predictions.classes[outcomes[index].predicted],
                row: predictions.rows[index],
                origin: predictions.origins.as_ref().map(|origins| origins.get(index)),
            })
        };
        let order = most_disputed(targets, &predictions.rows);
        let images: Result<Vec<Disputed<'_>>, Error> = order.iter().take(SHOWN).map(image).collect();
        Ok(Some(Self {
            agreement: percent(metrics.agreement),
            ceiling: percent(metrics.ceiling),
            cross_entropy: format!("{:.3}", metrics.cross_entropy),
            entropy: format!("{:.3}", metrics.entropy),
            images: images?,
            missing: data.and_then(|data| missing(&data["votes"]["left_out"][predictions.split.name()])),
        }))
    }
}

/// What the images of a split do not show, since their votes left them out, by reason in the report of the data.
fn missing(left_out: &Value) -> Option<String> {
    let reasons = BTreeMap::<String, usize>::deserialize(left_out).ok()?;
    let each: Vec<String> = reasons.iter().map(|(why, n)| format!("{} {why}", count(*n))).collect();
    let (all, each) = (counted(reasons.values().sum(), "image"), each.join(", "));
    Some(format!(
        "Without the {all} that the votes left out of this split ({each}), on which people may disagree more."
    ))
}

/// `happy 60 %`, the largest first.
fn shares(row: &[f32], classes: &[String]) -> Vec<String> {
    let mut shares: Vec<(f32, &String)> = row.iter().copied().zip(classes).filter(|(share, _)| *share > 0.0).collect();
    shares.sort_by(|a, b| b.0.total_cmp(&a.0));
    shares.iter().map(|(share, class)| format!("{class} {:.0}\u{202f}%", 100.0 * share)).collect()
}
