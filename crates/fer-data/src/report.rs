//! What ingest found in the data: [`DataReport`] and its parts.

use std::collections::BTreeMap;

use fer_artifact::{Digest, ImageSet, Split};
use serde::{Deserialize, Serialize};

use crate::{BadRow, Classes, duplicates};

/// Entries that a list in the report names; the others are counted.
pub(crate) const LISTED: usize = 20;

/// The checks of a data set. All of it describes the sets as they were written; [`Self::skipped`] and
/// [`Self::dropped`] say what is not among them.
///
/// Images are equal, or copies of each other, if all their pixels are. Blank images are counted by themselves and are
/// nobody's copies: they are equal by defect, not because a face stands twice. Displayed, it is a summary for a terminal.
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
}

impl Dropped {
    /// All of them.
    pub fn total(self) -> usize {
        self.also_in_validation + self.also_in_test + self.copies
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
    fn new(entries: Vec<T>) -> Self {
        Self { count: entries.len(), first: entries.into_iter().take(LISTED).collect() }
    }
}

impl DataReport {
    pub(crate) fn new(
        classes: &Classes,
        sets: &BTreeMap<Split, ImageSet>,
        skipped: Listed<SkippedRow>,
        dropped: Dropped,
    ) -> Self {
        let size = sets.values().next().map_or((0, 0), |set| (set.height, set.width));
        let mut report = Self {
            classes: classes.names().to_vec(),
            height: size.0,
            width: size.1,
            splits: sets.iter().map(|(&split, set)| (split, counts(set))).collect(),
            overlaps: pairs(sets),
            contradictions: Listed::new(vec![]),
            blank: Listed::new(ascending(sets.values().flat_map(blank_rows))),
            absent_from_train: vec![],
            skipped,
            dropped,
        };
        let train = report.splits.get(&Split::Train);
        let absent = |label: &usize| train.is_none_or(|train| train.class_counts[*label] == 0);
        report.absent_from_train =
            (0..report.classes.len()).filter(absent).map(|label| report.classes[label].clone()).collect();
        report.count_copies(sets);
        report
    }

    /// Fills in what concerns equal images.
    fn count_copies(&mut self, sets: &BTreeMap<Split, ImageSet>) {
        let mut contradictions = vec![];
        for group in groups(sets) {
            for (split, report) in &mut self.splits {
                let members: Vec<&Member> = group.iter().filter(|member| member.split == *split).collect();
                report.copies += members.len().saturating_sub(1);
                report.contradictions += usize::from(members.iter().any(|member| member.label != members[0].label));
            }
            let count = |split| group.iter().filter(|member| member.split == split).count();
            for overlap in self.overlaps.iter_mut().filter(|overlap| count(overlap.also_in) > 0) {
                overlap.rows += count(overlap.of);
            }
            if group.iter().any(|member| member.label != group[0].label) {
                let mut group = group;
                group.sort_unstable_by_key(|member| member.row);
                let rows = group.iter().map(|member| member.row).collect();
                let labels = group.iter().map(|member| member.label).collect();
                contradictions.push(Contradiction { rows, labels });
            }
        }
        contradictions.sort_unstable_by(|a, b| a.rows.cmp(&b.rows));
        self.contradictions = Listed::new(contradictions);
    }
}

impl From<&BadRow> for SkippedRow {
    fn from(bad: &BadRow) -> Self {
        Self { row: bad.row, reason: bad.to_string() }
    }
}

fn counts(set: &ImageSet) -> SplitReport {
    let mut class_counts = vec![0; set.classes.len()];
    set.labels.iter().for_each(|&label| class_counts[usize::from(label)] += 1);
    SplitReport { rows: set.len(), class_counts, copies: 0, contradictions: 0, blank: blank_rows(set).count() }
}

fn blank_rows(set: &ImageSet) -> impl Iterator<Item = u32> {
    (0..set.len()).filter(|&index| is_blank(set.image(index))).map(|index| set.rows[index])
}

fn is_blank(pixels: &[u8]) -> bool {
    pixels.iter().all(|&pixel| pixel == pixels[0])
}

fn ascending(rows: impl Iterator<Item = u32>) -> Vec<u32> {
    let mut rows: Vec<u32> = rows.collect();
    rows.sort_unstable();
    rows
}

fn pairs(sets: &BTreeMap<Split, ImageSet>) -> Vec<Overlap> {
    let others = |of: Split| sets.keys().copied().filter(move |&also_in| also_in != of);
    sets.keys().flat_map(|&of| others(of).map(move |also_in| Overlap { of, also_in, rows: 0 })).collect()
}

/// An image in a group of equal ones.
struct Member {
    split: Split,
    row: u32,
    label: u8,
}

/// The groups of two or more equal images, without the blank ones.
fn groups(sets: &BTreeMap<Split, ImageSet>) -> Vec<Vec<Member>> {
    let mut by_pixels: BTreeMap<Digest, Vec<Member>> = BTreeMap::new();
    for (&split, set) in sets {
        let digests = duplicates::digests(set).into_iter().enumerate();
        for (index, digest) in digests.filter(|&(index, _)| !is_blank(set.image(index))) {
            let member = Member { split, row: set.rows[index], label: set.labels[index] };
            by_pixels.entry(digest).or_default().push(member);
        }
    }
    by_pixels.into_values().filter(|group| group.len() > 1).collect()
}
