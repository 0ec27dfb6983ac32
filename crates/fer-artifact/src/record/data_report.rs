use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::Split;

/// The checks of a data set. All of it describes the sets as they were written; [`Self::skipped`] and
/// [`Self::dropped`] say what is not among them.
///
/// Images are equal, or copies of each other, if all their pixels are. Blank images are counted by themselves and are
/// nobody's copies: they are equal by defect, not because a face stands twice.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DataReport {
    /// Class names in label order.
    pub classes: Vec<String>,
    /// Rows of pixels in an image.
    pub height: usize,
    /// Pixels in a row.
    pub width: usize,
    /// Each split that has images.
    pub splits: BTreeMap<Split, SplitReport>,
    /// Images that stand in two splits, for each ordered pair of splits.
    pub overlaps: Vec<Overlap>,
    /// Groups of equal images, over all splits, whose labels differ; by their first row.
    pub contradictions: Listed<Contradiction>,
    /// Rows whose pixels are all of one value, over all splits, ascending.
    pub blank: Listed<u32>,
    /// Classes without an image in train, which no network can learn.
    pub absent_from_train: Vec<String>,
    /// Rows that could not be used, ascending.
    pub skipped: Listed<SkippedRow>,
    /// Rows of train left out as duplicates.
    pub dropped: Dropped,
    /// How many rows have a label that the classes do not choose, by label.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub other_labels: BTreeMap<String, usize>,
    /// Labels that were read as another word for a class (`happiness` for `happy`), and the class.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub synonyms: BTreeMap<String, String>,
    /// Files below the source that were not read, by reason.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub left_out: Vec<LeftOut>,
    /// What votes left out, where votes took the place of labels.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub votes: Option<VotesReport>,
    /// The groups, such as people, where the source has any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub groups: Option<GroupReport>,
    /// Near copies; none where images are too small to be compared, or where nobody looked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub near: Option<NearReport>,
    /// Where the rows that [`Self::contradictions`], [`Self::blank`] and [`Self::near`] name come from, as [`crate::Origins`] has it, where
    /// the source is of pictures. [`Self::skipped`] says it itself.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub origins: BTreeMap<u32, String>,
    /// What else a person should know before trusting the data, in sentences.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<String>,
}

/// Near copies: images of one picture whose pixels differ, by noise, compression, brightness, contrast, cropping or a
/// mirror.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct NearReport {
    /// Images of each split that have an equal or nearly equal one before them in the split.
    pub copies: BTreeMap<Split, usize>,
    /// Images that stand in two splits, exactly or nearly, for each ordered pair of splits.
    pub overlaps: Vec<Overlap>,
    /// The most and the least alike of the near copies, the most alike first: between train and the other splits, or
    /// within splits where there are none. Equal images are none of them.
    pub pairs: Vec<NearPair>,
}

/// Two near copies, of which one stands in train where there is such a pair.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct NearPair {
    /// Their rows in the source.
    pub rows: [u32; 2],
    /// The split of each.
    pub splits: [Split; 2],
    /// The label of each.
    pub labels: [u8; 2],
    /// How alike they are, up to 1.
    pub likeness: f64,
    /// One is like the mirror image of the other.
    pub mirrored: bool,
    /// Both side by side, as they are: a PNG in base64.
    pub picture: String,
}

/// Votes in the place of labels.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct VotesReport {
    /// How many rows of each split the votes left out, by reason: `no majority`, `outliers` (no vote is left without them), `no votes`,
    /// or what the votes are for that is no class (`unknown`, `no face`).
    pub left_out: BTreeMap<Split, BTreeMap<String, usize>>,
    /// Rows of votes that are for no row of the source.
    pub unused: usize,
    /// Columns of the file of votes that were not read.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub columns_not_read: Vec<String>,
}

/// The groups of a data set.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GroupReport {
    /// Groups of each split.
    pub splits: BTreeMap<Split, usize>,
    /// Groups that stand in more than one split, on which scores are too good.
    pub shared: Listed<String>,
}

/// Files of a source that were not read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeftOut {
    /// Why, as in `3 files left out: hidden`.
    pub why: String,
    /// Their paths in the source.
    pub files: Listed<String>,
}

/// The checks of one split.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SplitReport {
    /// Number of images.
    pub rows: usize,
    /// Images of each class, in label order.
    pub class_counts: Vec<usize>,
    /// Surplus copies: images that have an equal one before them in the split.
    pub copies: usize,
    /// Groups of equal images within the split whose labels differ.
    pub contradictions: usize,
    /// Images whose pixels are all of one value.
    pub blank: usize,
}

/// How many images of one split stand in another one too.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Overlap {
    /// The split whose images are counted.
    pub of: Split,
    /// The split in which they also stand.
    pub also_in: Split,
    /// Images of `of`.
    pub rows: usize,
}

/// Equal images with different labels.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contradiction {
    /// Their rows in the source, ascending.
    pub rows: Vec<u32>,
    /// The label of each.
    pub labels: Vec<u8>,
}

/// A row that could not be used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SkippedRow {
    /// The row, from 0.
    pub row: u32,
    /// Row, place and what was expected and found there.
    pub reason: String,
}

/// Rows of train left out as duplicates, blank ones too, each counted once, under the first that applies.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dropped {
    /// Rows that also stand in validation.
    pub also_in_validation: usize,
    /// Rows that also stand in test.
    pub also_in_test: usize,
    /// Rows that have a copy before them in train.
    pub copies: usize,
    /// Rows that stand nearly in validation.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub near_validation: usize,
    /// Rows that stand nearly in test.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub near_test: usize,
    /// Rows that have a near copy before them in train.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub near_copies: usize,
}

fn is_zero(count: &usize) -> bool {
    *count == 0
}

impl Dropped {
    /// All of them.
    pub fn total(self) -> usize {
        self.also_in_validation + self.also_in_test + self.copies + self.near()
    }

    /// Those that are near copies.
    pub fn near(self) -> usize {
        self.near_validation + self.near_test + self.near_copies
    }
}

/// A list cut short, so that a report stays one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Listed<T> {
    /// Number of entries.
    pub count: usize,
    /// The first twenty of them.
    pub first: Vec<T>,
}

impl<T> Listed<T> {
    /// Entries that a list names; the others are counted.
    pub const LENGTH: usize = 20;

    /// All entries, of which the first are kept.
    pub fn new(entries: Vec<T>) -> Self {
        Self { count: entries.len(), first: entries.into_iter().take(Self::LENGTH).collect() }
    }
}
