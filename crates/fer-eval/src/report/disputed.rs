//! What people voted for, and the images on which they disagree most.

use fer_artifact::{FeatureSet, Predictions, Split, VoteMetrics};
use png::ColorType;
use serde::Serialize;

use super::picture::{gray, picture};
use crate::Error;
use crate::format::percent;
use crate::scores::Outcome;
use crate::votes::most_disputed;

/// Most pictures that are shown of a split.
const SHOWN: usize = 24;

/// Predictions against single votes.
#[derive(Debug, Serialize)]
pub(crate) struct VotesView<'a> {
    of: &'static str,
    agreement: String,
    ceiling: String,
    cross_entropy: String,
    entropy: String,
    images: Vec<Disputed<'a>>,
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
            of: if predictions.split == Split::Train { "targets" } else { "votes" },
            agreement: percent(metrics.agreement),
            ceiling: percent(metrics.ceiling),
            cross_entropy: format!("{:.3}", metrics.cross_entropy),
            entropy: format!("{:.3}", metrics.entropy),
            images: images?,
        }))
    }
}

/// `happy 60 %`, the largest first.
fn shares(row: &[f32], classes: &[String]) -> Vec<String> {
    let mut shares: Vec<(f32, &String)> = row.iter().copied().zip(classes).filter(|(share, _)| *share > 0.0).collect();
    shares.sort_by(|a, b| b.0.total_cmp(&a.0));
    shares.iter().map(|(share, class)| format!("{class} {:.0}\u{202f}%", 100.0 * share)).collect()
}
