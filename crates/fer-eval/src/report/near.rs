//! The near copies that ingest found.

use fer_artifact::{NearPair, NearReport, Split};
use serde::Serialize;

/// The near copies on the page.
#[derive(Debug, Serialize)]
pub(crate) struct NearView {
    lead: String,
    pairs: Vec<PairView>,
    note: &'static str,
}

#[derive(Debug, Serialize)]
struct PairView {
    /// A PNG as a data URI.
    picture: String,
    rows: String,
    /// What is said of each of the two.
    sides: [String; 2],
    detail: String,
}

const NOTE: &str = "The most and the least alike of the pairs found, the most alike first: between train and the other splits \
     where there are such pairs, or else within a split. Equal images are left out. 1 means that brightness and contrast alone \
     differ. Look at the last pairs: they say how far to trust the counts.";

impl NearView {
    pub(crate) fn new(near: &NearReport, classes: &[String]) -> Self {
        let between = near.pairs.iter().any(|pair| pair.splits[0] != pair.splits[1]);
        let lead = match near.pairs.is_empty() {
            true => "No two images are near copies: of one picture, with other pixels.",
            false if between => "Images of one picture, with other pixels, stand in train and outside of it.",
            false => "Images of one picture, with other pixels, stand within a split more than once.",
        };
        let pairs = near.pairs.iter().map(|pair| PairView::new(pair, classes)).collect();
        Self { lead: lead.into(), pairs, note: NOTE }
    }
}

impl PairView {
    fn new(pair: &NearPair, classes: &[String]) -> Self {
        let [first, second] = pair.rows;
        let class = |label: u8| classes.get(usize::from(label)).map_or("?", String::as_str);
        let side = |split: Split, row: u32, label: u8| format!("{split} {row}: {}", class(label));
        let mirrored = if pair.mirrored { ", mirrored" } else { "" };
        Self {
            // What the file holds must not end the attribute that it stands in.
            picture: format!("data:image/png;base64,{}", pair.picture.replace(|c: char| !is_base64(c), "")),
            rows: format!("{first} and {second}"),
            sides: [0, 1].map(|index| side(pair.splits[index], pair.rows[index], pair.labels[index])),
            detail: format!("likeness {:.3}{mirrored}", pair.likeness),
        }
    }
}

fn is_base64(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || "+/=".contains(letter)
}
